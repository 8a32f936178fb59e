// A ledger on a database of its own, and the shortest way to run commands on it.
import type { Actor, Role } from '../../kernel/actor.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import { newId } from '../../kernel/id.ts';
import { registry as domain } from '../../projections/index.ts';
import type { ExecuteRequest } from '../../sql/batch.ts';
import { type LedgerDatabase, openDatabase } from '../../sql/database.ts';
import type { Result } from '../../sql/lane.ts';
import { createLedger, type Ledger, type LedgerOptions } from '../../sql/ledger.ts';
import { createTenantKeys, type TenantKeys } from '../../sql/tenant-keys.ts';
import { createTestDatabase, type Teardown, type TestDatabase } from './database.ts';

export interface Bench {
  readonly urls: TestDatabase;
  readonly database: LedgerDatabase;
  readonly ledger: Ledger;
  readonly tenantKeys: TenantKeys;
}

export const testMasterKey = Buffer.from('a master key for tests, 32 bytes');

export async function openTestLedger(t: Teardown, options: Partial<LedgerOptions> = {}): Promise<Bench> {
  const urls = await createTestDatabase(t);
  return { urls, ...openLedgerOn(t, urls.appUrl, options) };
}

/** Another process would do the same: its own pool, its own memory. */
export function openLedgerOn(t: Teardown, url: string, options: Partial<LedgerOptions> = {}) {
  const database = openDatabase({ url, max: 4, applicationName: 'loopledger-test' });
  t.teardown(() => database.close());
  const tenantKeys = createTenantKeys({ database, masterKey: testMasterKey });
  return { database, tenantKeys, ledger: createLedger({ database, registry: domain, tenantKeys, ...options }) };
}

export function keyActor(role: Role, keyId = newId()): Actor {
  return { kind: 'key', key_id: keyId, agent_id: null, role, lineage: [] };
}

export interface RunOptions {
  readonly actor?: Actor;
  readonly key?: string;
  /** What the body was; another one under the same key is another request. */
  readonly said?: string;
  readonly ifMatch?: number;
}

const anyone = keyActor('user');

export function request<Command>(
  tenantId: string,
  definition: CommandDefinition<Command>,
  command: Command,
  options: RunOptions = {},
): ExecuteRequest {
  return {
    tenantId,
    definition,
    command,
    actor: options.actor ?? anyone,
    correlationId: 'test',
    expectedVersion: options.ifMatch ?? null,
    idempotency: {
      key: options.key ?? newId(),
      requestHash: Buffer.alloc(32, options.said ?? 'x'),
      supplied: options.key !== undefined,
    },
    render: ({ id, state, version, created_at, updated_at }) => ({
      status: version === 1 ? 201 : 200,
      body: JSON.stringify({ id, version, created_at, updated_at, ...(state as object) }),
    }),
  };
}

export type Shown = Record<string, unknown> & { readonly id: string; readonly version: number };

export function shown(result: Result): Shown {
  return JSON.parse(result.body) as Shown;
}

/** The code of the refusal that a promise ends in; undefined when it ends well. */
export async function codeOfRefusal(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
