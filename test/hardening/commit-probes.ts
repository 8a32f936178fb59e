// Attacks on the one function that writes. A call as the ledger sends it is caught on its way, bent, and sent; then
// nothing that belongs to a tenant outside the bent call may have changed.
import pg from 'pg';
import { changeProject } from '../../commands/project.ts';
import { newId } from '../../kernel/id.ts';
import { registry } from '../../projections/index.ts';
import { type LedgerDatabase, openDatabase } from '../../sql/database.ts';
import { createLedger } from '../../sql/ledger.ts';
import type { Encoded } from '../../sql/parameter-writer.ts';
import type { Values } from '../../sql/scoped-query.ts';
import type { Statement } from '../../sql/statement.ts';
import { keyActor, request } from '../support/ledger.ts';
import type { Finding } from './finding.ts';
import type { Site } from './site.ts';
import { differences, findTenantTables, fingerprint, type TenantTable } from './tenant-tables.ts';

/** In the order of the function's parameters. */
interface CommitCall {
  readonly query: Statement;
  readonly tenants: readonly string[];
  readonly expected: readonly number[];
  readonly events: string;
  readonly requests: string;
  readonly views: string;
}

interface Attack {
  readonly name: string;
  /** Tenants that the bent call may still write. */
  readonly mayWrite: (site: Site) => readonly string[];
  readonly bend: (call: CommitCall, site: Site) => Record<number, unknown>;
  readonly mustFail?: true;
}

const nil = '00000000-0000-0000-0000-000000000000';
const nobody = (): readonly string[] => [];
const onlyA = ({ a }: Site): readonly string[] => [a];

/** Lines and fields of the call; the first field of a line is the place of its tenant. */
function moveLines(text: string, from: string, to: string): string {
  return text
    .split('\u001e')
    .map((line) => (line.startsWith(`${from}\u001f`) ? to + line.slice(from.length) : line))
    .join('\u001e');
}

function onlyLines(text: string, place: string): string {
  return text
    .split('\u001e')
    .filter((line) => line.startsWith(`${place}\u001f`))
    .join('\u001e');
}

/** Names of views and lists of their rows stand in turn. */
function withoutRows(views: string, place: number): string {
  const parts = views.split('\u001e').map((part, at) => {
    if (at % 2 === 0) return part;
    return JSON.stringify((JSON.parse(part) as { t: number }[]).filter(({ t }) => t !== place));
  });
  return parts.join('\u001e');
}

function moveRows(views: string, from: number, to: unknown): string {
  return views.replaceAll(`{"t":${from},`, `{"t":${JSON.stringify(to)},`);
}

/** Each begins with a whole call for A and B that would be accepted as it is. */
const attacks: readonly Attack[] = [
  {
    name: 'B is left out of the tenants, and its lines stay',
    mayWrite: nobody,
    bend: ({ tenants, expected }) => ({ 0: tenants.slice(0, 1), 1: expected.slice(0, 1) }),
    mustFail: true,
  },
  {
    name: 'B is left out, and only its rows of views stay',
    mayWrite: onlyA,
    bend: ({ tenants, expected, events, requests }) => ({
      0: tenants.slice(0, 1),
      1: expected.slice(0, 1),
      2: onlyLines(events, '1'),
      3: onlyLines(requests, '1'),
    }),
  },
  {
    name: 'B is left out, and only its answers stay',
    mayWrite: onlyA,
    bend: ({ tenants, expected, events, views }) => ({
      0: tenants.slice(0, 1),
      1: expected.slice(0, 1),
      2: onlyLines(events, '1'),
      4: withoutRows(views, 2),
    }),
  },
  {
    name: 'B is expected somewhere else, so that its part is not accepted',
    mayWrite: onlyA,
    bend: ({ expected }) => ({ 1: [expected[0], Number(expected[1]) + 7] }),
  },
  {
    name: 'B is expected behind where it is',
    mayWrite: onlyA,
    bend: ({ expected }) => ({ 1: [expected[0], Number(expected[1]) - 1] }),
  },
  { name: 'nothing is said of where B is', mayWrite: onlyA, bend: ({ expected }) => ({ 1: expected.slice(0, 1) }) },
  {
    name: 'the tenants stand in the wrong order',
    mayWrite: nobody,
    bend: ({ tenants }) => ({ 0: tenants.toReversed() }),
    mustFail: true,
  },
  {
    name: 'a tenant stands twice',
    mayWrite: nobody,
    bend: ({ tenants }) => ({ 0: [tenants[0], tenants[0]] }),
    mustFail: true,
  },
  { name: 'a tenant is null', mayWrite: nobody, bend: ({ tenants }) => ({ 0: [tenants[0], null] }), mustFail: true },
  {
    name: 'the first tenant is null',
    mayWrite: nobody,
    bend: ({ tenants }) => ({ 0: [null, tenants[1]] }),
    mustFail: true,
  },
  {
    name: 'a tenant is the nil id',
    mayWrite: nobody,
    bend: ({ tenants }) => ({ 0: [nil, tenants[1]], 1: [0, 0] }),
    mustFail: true,
  },
  { name: 'a tenant is no id', mayWrite: nobody, bend: ({ tenants }) => ({ 0: [tenants[0], 'B'] }), mustFail: true },
  {
    name: 'a tenant is an empty text',
    mayWrite: nobody,
    bend: ({ tenants }) => ({ 0: [tenants[0], ''] }),
    mustFail: true,
  },
  { name: 'there is no tenant', mayWrite: nobody, bend: () => ({ 0: [], 1: [] }), mustFail: true },
  {
    name: 'events of B are said to be of no place',
    mayWrite: nobody,
    bend: ({ events }) => ({ 2: moveLines(events, '2', '0') }),
    mustFail: true,
  },
  {
    name: 'events of B are said to be of a later place',
    mayWrite: nobody,
    bend: ({ events }) => ({ 2: moveLines(events, '2', '3') }),
    mustFail: true,
  },
  {
    name: 'the place of an event is no number',
    mayWrite: nobody,
    bend: ({ events }) => ({ 2: moveLines(events, '2', 'B') }),
    mustFail: true,
  },
  {
    name: 'events of B come before those of A',
    mayWrite: nobody,
    bend: ({ events }) => ({ 2: events.split('\u001e').toReversed().join('\u001e') }),
    mustFail: true,
  },
  {
    name: 'an answer is said to be of a later place',
    mayWrite: nobody,
    bend: ({ requests }) => ({ 3: moveLines(requests, '2', '9') }),
    mustFail: true,
  },
  {
    name: 'rows of views are said to be of places that are not there',
    mayWrite: ({ a, b }) => [a, b],
    bend: ({ views }) => ({ 4: moveRows(moveRows(views, 2, 9), 1, 0) }),
  },
  {
    name: 'rows of views are said to be of B by its id',
    mayWrite: nobody,
    bend: ({ views }, { b }) => ({ 4: moveRows(views, 1, b) }),
    mustFail: true,
  },
  {
    name: 'a view is not known',
    mayWrite: nobody,
    bend: ({ views }) => ({ 4: `unknown\u001e[]\u001e${views}` }),
    mustFail: true,
  },
];

export async function probeCommit(site: Site, isProbed: (name: string) => boolean = () => true): Promise<Finding[]> {
  const admin = new pg.Client({ connectionString: site.urls.adminUrl });
  const app = new pg.Client({ connectionString: site.urls.appUrl });
  await admin.connect();
  await app.connect();
  const tables = await findTenantTables(admin);
  const findings: Finding[] = [];
  try {
    for (const attack of attacks.filter(({ name }) => isProbed(name)))
      findings.push(...(await attempt({ admin, app, tables }, site, attack)));
    findings.push(...(await checkContextAfter(app, site)));
  } finally {
    await Promise.all([admin.end(), app.end()]);
  }
  return findings;
}

interface Probe {
  readonly admin: pg.Client;
  readonly app: pg.Client;
  readonly tables: readonly TenantTable[];
}

async function attempt({ admin, app, tables }: Probe, site: Site, attack: Attack): Promise<Finding[]> {
  const call = await catchCall(site);
  const before = await fingerprint(admin, tables);
  const code = await send(app, call, attack.bend(call, site));
  const after = await fingerprint(admin, tables);
  const mayWrite = attack.mayWrite(site);
  const details = differences(before, after, (tenant) => !mayWrite.includes(tenant)).map((name) => `wrote ${name}`);
  if (attack.mustFail && code === null) details.push('was not refused');
  const left = await contextOf(app);
  if (left !== '') details.push(`left the tenant ${left} behind`);
  return details.map((detail) => ({ check: 'commit', object: attack.name, detail }));
}

/** What the ledger sends for one command of A and one of B: the call is caught and never reaches the database. */
async function catchCall(site: Site): Promise<CommitCall> {
  const database = openDatabase({ url: site.urls.appUrl, max: 1, applicationName: 'loopledger-probe' });
  let holding = false;
  const caught = Promise.withResolvers<CommitCall>();
  const held: LedgerDatabase = {
    ...database,
    platform: (query, values) => {
      if (!holding || !query.text.includes('ledger.commit(')) return database.platform(query, values);
      caught.resolve(asCall(query, values));
      // The ledger waits for an answer that never comes, and is forgotten with it.
      return new Promise(() => undefined);
    },
  };
  const ledger = createLedger({ database: held, registry, callsInFlight: 1 });
  const rename = (tenantId: string) => {
    const command = { project_id: site.shared.project, changes: { name: `Renamed ${newId()}` } };
    return ledger.execute(request(tenantId, changeProject, command, { actor: keyActor('user'), key: newId() }));
  };
  // Once for both tenants to be in memory: what needs no loading is decided in one turn, and goes in one call.
  for (const tenantId of [site.a, site.b]) await rename(tenantId);
  holding = true;
  for (const tenantId of [site.a, site.b]) void rename(tenantId);
  const call = await caught.promise;
  await database.close();
  if (call.tenants.length !== 2) throw new Error('the ledger sent the two tenants in two calls');
  return call;
}

function asCall(query: Statement, values: Values): CommitCall {
  if (!('count' in values)) throw new Error('the call was not encoded');
  const [tenants = '', expected = '', events = '', requests = '', views = ''] = textsOf(values);
  return { query, tenants: itemsOf(tenants), expected: itemsOf(expected).map(Number), events, requests, views };
}

function textsOf({ count, bytes }: Encoded): string[] {
  let at = 0;
  return Array.from({ length: count }, () => {
    const start = at + 4;
    at = start + bytes.readInt32BE(at);
    return bytes.toString('utf8', start, at);
  });
}

function itemsOf(array: string): string[] {
  return array.slice(1, -1).split(',');
}

/** The code of the error, or null when the call went through. */
async function send(app: pg.Client, call: CommitCall, bent: Readonly<Record<number, unknown>>): Promise<string | null> {
  const values = [call.tenants, call.expected, call.events, call.requests, call.views].map((value, at) =>
    at in bent ? bent[at] : value,
  );
  try {
    await app.query(call.query.text, values);
    return null;
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}

async function contextOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ tenant: string | null }>(
    `select current_setting('app.tenant_id', true) as tenant`,
  );
  return rows[0]?.tenant ?? '';
}

/** In one transaction with the call, so that nothing but the function itself can have cleared it; and after a failure. */
async function checkContextAfter(app: pg.Client, site: Site): Promise<Finding[]> {
  const findings: Finding[] = [];
  const call = await catchCall(site);
  for (const [name, bent] of [
    ['a commit', {}],
    ['a failed commit', { 0: call.tenants.toReversed() }],
  ] as const) {
    await app.query('begin');
    await app.query('savepoint call');
    const code = await send(app, call, bent);
    if (code !== null) await app.query('rollback to savepoint call');
    const left = await contextOf(app);
    await app.query('rollback');
    if (left !== '') findings.push({ check: 'commit', object: name, detail: `left the tenant ${left} behind` });
    if ((code === null) !== (name === 'a commit'))
      findings.push({ check: 'commit', object: name, detail: `ended with ${code}` });
  }
  return findings;
}
