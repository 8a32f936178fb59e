// The whole server on a database of its own, spoken to over HTTP as any client would.
import { defaultOptions, type ApiOptions, type Logger } from '../../api/context.ts';
import { startApi } from '../../api/main.ts';
import type { ApiServer } from '../../api/server.ts';
import type { Role } from '../../kernel/actor.ts';
import { newId } from '../../kernel/id.ts';
import { newKey } from '../../kernel/secret.ts';
import { readFeedEpoch } from '../../sql/feed-position.ts';
import { administer, type Teardown, type TestDatabase } from './database.ts';
import { type Bench, openTestLedger } from './ledger.ts';

export interface Founded {
  readonly tenantId: string;
  /** Secrets of keys that are in force. */
  readonly userKey: string;
  readonly orchestratorKey: string;
  readonly agentKey: string;
}

export interface Said {
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Heard {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body; undefined when there is none. */
  readonly body: Body;
  readonly text: string;
}

export type Body = Record<string, unknown> & {
  readonly id: string;
  readonly version: number;
  readonly code: string;
  readonly data: readonly Body[];
};

export interface TestServer extends Bench {
  readonly url: string;
  readonly server: ApiServer;
  readonly logged: string[];
  /** `say('POST', '/api/v1/projects', {key, body})` */
  say(method: string, path: string, said?: Said): Promise<Heard>;
  /** A tenant with one key of each role. */
  found(): Promise<Founded>;
}

export const testMasterKey = Buffer.from('a master key for tests, 32 bytes');

export async function startTestServer(t: Teardown, options: Partial<ApiOptions> = {}): Promise<TestServer> {
  const bench = await openTestLedger(t);
  const { database, ledger, urls } = bench;
  const logged: string[] = [];
  const running = await startApi(
    {
      database,
      ledger,
      options: { ...defaultOptions, version: '0.0.0', masterKey: testMasterKey, ...options },
      logger: memoryLogger(logged),
      checks: [],
      feedEpoch: await readFeedEpoch(database),
    },
    { host: '127.0.0.1', port: 0 },
  );
  t.teardown(() => running.close(500));
  return {
    ...bench,
    url: running.url,
    server: running.server,
    logged,
    say: (method, path, said = {}) => say(running.url, method, path, said),
    found: () => found(urls),
  };
}

async function say(url: string, method: string, path: string, { key, body, headers }: Said): Promise<Heard> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (text === '' ? undefined : JSON.parse(text)) as Body,
  };
}

async function found(urls: TestDatabase): Promise<Founded> {
  const tenantId = newId();
  const [userKey, orchestratorKey, agentKey] = await Promise.all([
    addKey(urls, tenantId, 'user'),
    addKey(urls, tenantId, 'orchestrator'),
    addKey(urls, tenantId, 'agent'),
  ]);
  return { tenantId, userKey, orchestratorKey, agentKey };
}

async function addKey({ adminUrl }: TestDatabase, tenantId: string, role: Role): Promise<string> {
  const { secret, hash } = newKey('live');
  await administer(adminUrl, (client) =>
    client.query(
      `insert into platform.key_hashes (key_hash, tenant_id, key_id, role, active) values ($1, $2, $3, $4, true)`,
      [hash, tenantId, newId(), role],
    ),
  );
  return secret;
}

function memoryLogger(lines: string[]): Logger {
  const keep = (fields: object, message: string): void => void lines.push(JSON.stringify({ ...fields, message }));
  return { level: 'info', info: keep, warn: keep, error: keep };
}
