// The whole server on a database of its own, spoken to over HTTP as any client would.
import { defaultOptions, type ApiOptions, type Logger } from '../../api/context.ts';
import { startApi } from '../../api/main.ts';
import type { ApiServer } from '../../api/server.ts';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import { createAgent } from '../../commands/agent.ts';
import { createKey } from '../../commands/key.ts';
import { newId } from '../../kernel/id.ts';
import { newKey } from '../../kernel/secret.ts';
import { readFeedEpoch } from '../../sql/feed-position.ts';
import type { Ledger } from '../../sql/ledger.ts';
import type { RequestOptions, SoftAuthenticator } from '../../boot/software-authenticator.ts';
import { type Teardown, type TestDatabase, wholeFile } from './database.ts';
import { type Bench, openLedgerOn, openTestLedger, request, testMasterKey } from './ledger.ts';
import { neverLateMs } from './pace.ts';
import { confirmation, newAuthenticator, newOperator } from './person.ts';

export interface Founded {
  readonly tenantId: string;
  /** Of the tenant's operator. */
  readonly authenticator: SoftAuthenticator;
  /** Holds the two keys that are not the user's. */
  readonly agentId: string;
  /** Secrets of keys that are in force. */
  readonly userKey: string;
  readonly orchestratorKey: string;
  readonly agentKey: string;
}

export interface Said {
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Confirms the request before it is sent. */
  readonly stepUp?: SoftAuthenticator;
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

/** `beside` is the database of another one, as if it were another process. */
export async function startTestServer(
  t: Teardown,
  options: Partial<ApiOptions> = {},
  beside?: TestDatabase,
): Promise<TestServer> {
  const bench = beside === undefined ? await openTestLedger(t) : { urls: beside, ...openLedgerOn(t, beside.appUrl) };
  const { database, ledger, tenantKeys } = bench;
  const logged: string[] = [];
  let tenants = 0;
  const running = await startApi(
    {
      database,
      ledger,
      tenantKeys,
      options: {
        ...defaultOptions,
        version: '0.0.0',
        masterKey: testMasterKey,
        // Shedding has specs of its own.
        maxLoopDelayMs: neverLateMs,
        webhookTestWaitMs: 100,
        ...options,
      },
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
    say: (method, path, said = {}) => sayConfirmed(running.url, method, path, said),
    found: () => found(bench, (tenants += 1)),
  };
}

let shared: Promise<TestServer> | undefined;

/** One for all tests of a file, for those that look at nothing but the tenants that they found themselves. */
export function shareTestServer(t: Teardown): Promise<TestServer> {
  shared ??= startTestServer(wholeFile(t));
  return shared;
}

async function sayConfirmed(url: string, method: string, path: string, said: Said): Promise<Heard> {
  const { stepUp, headers, ...plain } = said;
  if (stepUp === undefined) return say(url, method, path, said);
  const { body } = plain;
  const ask = async (place: string, asked: unknown) => {
    const answer = await say(url, 'POST', place, { ...said, body: asked });
    return answer.body as unknown as Asked;
  };
  const confirmed = await confirmation(ask, stepUp, { method, path, ...(body === undefined ? {} : { body }) });
  return say(url, method, path, { ...plain, headers: { ...headers, 'loopledger-step-up': confirmed } });
}

interface Asked {
  readonly ceremony_id: string;
  readonly options: RequestOptions;
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

async function found({ ledger, tenantKeys }: Bench, number: number): Promise<Founded> {
  const [tenantId, authenticator] = [newId(), newAuthenticator()];
  const operator = newOperator(tenantId, authenticator);
  const tenant = { tenantId, name: `Tenant ${number}`, slug: `tenant-${number}`, operator };
  const { secret: userKey } = await foundTenantOn(ledger, tenantKeys, tenant);
  const agentId = newId();
  await ledger.execute(request(tenantId, createAgent, { agent_id: agentId, name: 'worker' }));
  const [orchestratorKey, agentKey] = await Promise.all([
    addKey(ledger, { tenantId, agentId, role: 'orchestrator' }),
    addKey(ledger, { tenantId, agentId, role: 'agent' }),
  ]);
  return { tenantId, authenticator, agentId, userKey, orchestratorKey, agentKey };
}

interface AddedKey {
  readonly tenantId: string;
  readonly agentId: string;
  readonly role: 'orchestrator' | 'agent';
}

/** By the ledger and not over HTTP: quotas belong to the test. */
async function addKey(ledger: Ledger, { tenantId, agentId, role }: AddedKey): Promise<string> {
  const { secret, hash, prefix } = newKey('live');
  const command = { key_id: newId(), name: role, role, agent_id: agentId, prefix, secret_hash: hash.toString('hex') };
  await ledger.execute(request(tenantId, createKey, command));
  return secret;
}

function memoryLogger(lines: string[]): Logger {
  const keep = (fields: object, message: string): void => void lines.push(JSON.stringify({ ...fields, message }));
  return { level: 'info', info: keep, warn: keep, error: keep };
}
