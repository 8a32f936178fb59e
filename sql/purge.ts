// Forgets old answers to requests and old deliveries, a few rows of one tenant at a time.
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

/** Where a walk through a tenant's deliveries goes on. */
export interface DeliveryPlace {
  readonly webhook_id: string;
  readonly delivery_id: string;
}

const purgeDeliveriesStatement = statement(
  'purge_deliveries',
  'select webhook_id, delivery_id, removed from platform.purge_deliveries($1, $2, $3, $4, $5)',
);
const leastId = '00000000-0000-0000-0000-000000000000';

/** The same of deliveries that ended more than so many days ago. */
export async function purgeDeliveries(
  database: Database,
  { tenantId, days }: { readonly tenantId: string; readonly days: number },
  from: DeliveryPlace | null,
): Promise<{ readonly removed: number; readonly next: DeliveryPlace | null }> {
  type Row = DeliveryPlace & { readonly removed: number } & Record<string, unknown>;
  const { webhook_id, delivery_id } = from ?? { webhook_id: leastId, delivery_id: leastId };
  const values = [tenantId, webhook_id, delivery_id, rowsAtOnce, days];
  const [row] = await database.platform<Row>(purgeDeliveriesStatement, values);
  return row === undefined
    ? { removed: 0, next: null }
    : { removed: row.removed, next: { webhook_id: row.webhook_id, delivery_id: row.delivery_id } };
}
