// API processes that follow each other's commits: several of them on one database, each with its own pool and ledger.
import { defaultOptions, type ApiOptions } from '../../api/context.ts';
import { startApi } from '../../api/main.ts';
import type { Role } from '../../kernel/actor.ts';
import { newId } from '../../kernel/id.ts';
import { newKey } from '../../kernel/secret.ts';
import { registry } from '../../projections/index.ts';
import { openDatabase } from '../../sql/database.ts';
import { readFeedEpoch } from '../../sql/feed-position.ts';
import { createLedger } from '../../sql/ledger.ts';
import { createTenantKeys } from '../../sql/tenant-keys.ts';
import { createWakeUps } from '../../sql/wake-up.ts';
import { administer, type Teardown, type TestDatabase } from './database.ts';
import { neverLateMs } from './pace.ts';

export interface ProcessOptions {
  /** Whether it hears other processes; without, it looks by itself. */
  readonly listens: boolean;
  readonly options?: Partial<ApiOptions>;
}

const silent = { level: 'silent', info: () => undefined, warn: () => undefined, error: () => undefined };

export async function startProcess(t: Teardown, urls: TestDatabase, { listens, options }: ProcessOptions) {
  const database = openDatabase({ url: urls.appUrl, max: 6, applicationName: 'loopledger-test' });
  const wakeUps = createWakeUps();
  const masterKey = Buffer.alloc(32, 9);
  const tenantKeys = createTenantKeys({ database, masterKey });
  const ledger = createLedger({ database, registry, tenantKeys, onCommitted: wakeUps.committed });
  if (listens) wakeUps.start(database, urls.appUrl);
  const api = await startApi(
    {
      database,
      ledger,
      tenantKeys,
      wakeUps,
      options: {
        ...defaultOptions,
        version: '0.0.0',
        masterKey,
        ratePerKey: null,
        ratePerTenant: null,
        maxLoopDelayMs: neverLateMs,
        ...options,
      },
      logger: silent,
      checks: [],
      feedEpoch: await readFeedEpoch(database),
    },
    { host: '127.0.0.1', port: 0 },
  );
  let open = true;
  const close = async (): Promise<void> => {
    if (!open) return;
    open = false;
    await api.close(500);
    await wakeUps.close();
    await database.close();
  };
  t.teardown(close);
  return { database, ledger, wakeUps, url: api.url, server: api.server, close };
}

export interface Changes {
  readonly data: readonly (Record<string, unknown> & { readonly position: number; readonly type: string })[];
  readonly next_cursor: string;
  readonly has_more: boolean;
  readonly head: number;
  readonly code?: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Changes;
}

export type Reader = (query?: string, options?: RequestInit) => Promise<Reply>;

/** Reads `/changes` of one process with one key. */
export function readerOf(url: string, secret: string): Reader {
  return async (query = '', options = {}) => {
    const response = await fetch(`${url}/api/v1/changes?${query}`, {
      ...options,
      headers: { authorization: `Bearer ${secret}` },
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Changes };
  };
}

/** A key without the agent and the tenant that would stand behind it. */
export async function plantKey(urls: TestDatabase, tenantId: string, role: Role = 'agent'): Promise<string> {
  const { secret, hash } = newKey('live');
  await administer(urls.adminUrl, (client) =>
    client.query(
      `insert into platform.key_hashes (key_hash, tenant_id, key_id, role, active) values ($1, $2, $3, $4, true)`,
      [hash, tenantId, newId(), role],
    ),
  );
  return secret;
}

export async function revokeKeys(urls: TestDatabase, tenantId: string): Promise<void> {
  await administer(urls.adminUrl, (client) =>
    client.query('update platform.key_hashes set active = false where tenant_id = $1', [tenantId]),
  );
}
