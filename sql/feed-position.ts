// Where a tenant's log stands, and which history the positions belong to.
import type { Database } from './database.ts';
import { statement } from './statement.ts';

const positionStatement = statement('head_position', 'select h.position from ledger.heads h where h.tenant_id = $1');
const epochStatement = statement('feed_epoch', 'select platform.feed_epoch() as epoch');

export async function readPosition(database: Database, tenantId: string): Promise<number> {
  const rows = await database.read<{ position: number }>(tenantId, positionStatement, [tenantId]);
  return rows[0]?.position ?? 0;
}

export async function readFeedEpoch(database: Database): Promise<string> {
  const rows = await database.platform<{ epoch: string | null }>(epochStatement, []);
  const epoch = rows[0]?.epoch;
  if (epoch === null || epoch === undefined) throw new Error('the setting feed_epoch is missing');
  return epoch;
}

const positionsStatement = statement('head_positions', 'select tenant_id, head from ledger.positions($1)');
const movedStatement = statement(
  'moved_positions',
  `select tenant_id, head from ledger.moved_positions(make_interval(secs => $1))`,
);

export interface TenantPosition extends Record<string, unknown> {
  readonly tenant_id: string;
  readonly head: number;
}

/** One question takes a bounded number of tenants. */
const maxTenants = 1_000;

export async function readPositions(database: Database, tenantIds: readonly string[]): Promise<TenantPosition[]> {
  const found: TenantPosition[] = [];
  for (let start = 0; start < tenantIds.length; start += maxTenants) {
    const some = tenantIds.slice(start, start + maxTenants);
    found.push(...(await database.platform<TenantPosition>(positionsStatement, [some])));
  }
  return found;
}

/** All tenants whose log moved within that many seconds; every tenant there is when it is null. */
export function readMovedPositions(database: Database, seconds: number | null): Promise<TenantPosition[]> {
  return database.platform<TenantPosition>(movedStatement, [seconds]);
}
