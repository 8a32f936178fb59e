// Forgets old answers to requests, a few rows of one tenant at a time.
import type { Database } from './database.ts';
import { statement } from './statement.ts';

/** Where a walk through a tenant's requests goes on. */
export interface PurgePlace {
  readonly scope: string;
  readonly command_id: string;
}

interface PurgeRow extends PurgePlace, Record<string, unknown> {
  readonly removed: number;
}

const purgeStatement = statement(
  'purge_requests',
  'select scope, command_id, removed from ledger.purge_requests($1, $2, $3, $4)',
);
const beginning: PurgePlace = { scope: '00000000-0000-0000-0000-000000000000', command_id: '' };
const rowsAtOnce = 2_000;

/** The number of rows that were removed, and the place to go on from; null at the end. */
export async function purgeRequests(
  database: Database,
  tenantId: string,
  from: PurgePlace | null,
): Promise<{ readonly removed: number; readonly next: PurgePlace | null }> {
  const { scope, command_id } = from ?? beginning;
  const [row] = await database.platform<PurgeRow>(purgeStatement, [tenantId, scope, command_id, rowsAtOnce]);
  return row === undefined
    ? { removed: 0, next: null }
    : { removed: row.removed, next: { scope: row.scope, command_id: row.command_id } };
}
