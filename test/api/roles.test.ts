import { readFile } from 'node:fs/promises';
import { test } from 'tap';
import { documentedRoutes, rolesPath, rolesText } from '../../api/platform/documents.ts';
import { type Route, templateOf } from '../../api/route.ts';
import { platformId } from '../../kernel/actor.ts';
import { newId } from '../../kernel/id.ts';
import { newKey } from '../../kernel/secret.ts';
import { administer } from '../support/database.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

type Table = ReadonlyMap<string, ReadonlyMap<string, boolean>>;

/** The document as it is committed: by method and path, who may call. */
async function readTable(): Promise<Table> {
  const lines = (await readFile(rolesPath, 'utf8')).split('\n').filter((line) => line.startsWith('|'));
  const [head = [], , ...rows] = lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const callers = head.slice(2);
  return new Map(
    rows.map(([method, path = '', ...marks]) => [
      `${method} ${path.replaceAll('`', '')}`,
      new Map(callers.map((caller, at) => [caller, marks[at] === 'yes'])),
    ]),
  );
}

interface Caller {
  readonly key: string | null;
  readonly tenantId: string | null;
}

async function callersOf(server: TestServer): Promise<Map<string, Caller>> {
  const { tenantId, userKey, orchestratorKey, agentKey } = await server.found();
  const { secret, hash } = newKey('live');
  await administer(server.urls.adminUrl, (client) =>
    client.query(
      `insert into platform.key_hashes (key_hash, tenant_id, key_id, role, active) values ($1, $2, $3, 'superadmin', true)`,
      [hash, platformId, newId()],
    ),
  );
  return new Map([
    ['anybody', { key: null, tenantId: null }],
    ['superadmin', { key: secret, tenantId }],
    ['user', { key: userKey, tenantId: null }],
    ['orchestrator', { key: orchestratorKey, tenantId: null }],
    ['agent', { key: agentKey, tenantId: null }],
  ]);
}

/** Whether the door let the caller in; what becomes of the request after it is another matter. */
async function isLetIn(
  server: TestServer,
  { method, url, examples, body }: Route,
  { key, tenantId }: Caller,
): Promise<boolean> {
  const path = url.replace(/:([a-z_]+)/g, (_, name: string) => String(examples.params?.[name]));
  const response = await fetch(server.url + path, {
    method,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(tenantId === null ? {} : { 'loopledger-tenant': tenantId }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(examples.body) }),
  });
  if (response.status < 400) {
    await response.body?.cancel();
    return true;
  }
  const { code } = (await response.json()) as { readonly code: string };
  if (response.status === 401) return code !== 'unauthenticated';
  return !(response.status === 403 && code === 'role_forbidden');
}

test('the committed table of roles is the one that the routes make (npm run documents)', async (t) => {
  t.equal(await readFile(rolesPath, 'utf8'), rolesText());
});

test('every route of the server is in the table, and nothing else is', async (t) => {
  const server = await startTestServer(t);
  const { body } = await server.say('GET', '/api/v1/routes');
  const live = body.data.map(({ method, path }) => `${method as string} ${path as string}`);
  t.same([...(await readTable()).keys()].sort(compare), live.sort(compare));
});

test('every caller is let in at every route as the table says', async (t) => {
  const server = await startTestServer(t, { ratePerKey: null, ratePerTenant: null, failedLoginsPerAddress: 1e6 });
  const table = await readTable();
  const callers = await callersOf(server);
  let pairs = 0;
  for (const route of documentedRoutes()) {
    const place = `${route.method} ${templateOf(route.url)}`;
    const expected = table.get(place);
    t.same(
      [...(expected?.keys() ?? [])].sort(compare),
      [...callers.keys()].sort(compare),
      `${place} names every caller`,
    );
    for (const [name, caller] of callers) {
      pairs += 1;
      t.equal(await isLetIn(server, route, caller), expected?.get(name), `${name} at ${place}`);
    }
  }
  t.equal(pairs, table.size * callers.size);
});

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
