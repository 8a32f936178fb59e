// What workers ask the database of deliveries: making them, finding and claiming them, writing down what became of them.
import type { Database } from './database.ts';
import { statement } from './statement.ts';

export interface FannedOut {
  readonly reached: number;
  readonly head: number;
  /** Webhooks that got something to send. */
  readonly webhooks: readonly string[];
}

export interface DueLane extends Record<string, unknown> {
  readonly tenant_id: string;
  readonly webhook_id: string;
  readonly late_ms: number;
}

export interface LaneRow {
  readonly failures_in_row: number;
  readonly failing_since: string | null;
  readonly closed_until: string | null;
  readonly pause_s: number;
  readonly window_at: string;
  readonly window_tries: number;
  readonly window_failures: number;
}

export interface ClaimedDelivery {
  readonly delivery_id: string;
  readonly attempts: number;
  readonly tries: number;
  /** Null for a test, like what follows. */
  readonly entry: string | null;
  readonly type: string | null;
  readonly recorded_at: string | null;
  readonly is_test: boolean;
  readonly waited_ms: number;
}

export interface Claim {
  readonly lane: LaneRow;
  readonly webhook: {
    readonly url: string;
    readonly on_trial: boolean;
    /** The one in force first. */
    readonly secrets: readonly { readonly id: string; readonly sealed: string }[] | null;
  };
  readonly deliveries: readonly ClaimedDelivery[];
}

export interface DeliveryResult {
  readonly delivery_id: string;
  /** Null when it was not sent after all. */
  readonly attempt: number | null;
  readonly status: 'pending' | 'delivered' | 'failed';
  readonly retry_s: number;
  readonly started_at: string | null;
  readonly entry: string | null;
}

export interface LaneName {
  readonly tenantId: string;
  readonly webhookId: string;
}

const fanOutStatement = statement(
  'fan_out',
  'select reached, head, array_to_json(webhooks) as webhooks from platform.fan_out($1, $2)',
);
const dueStatement = statement('due_lanes', 'select tenant_id, webhook_id, late_ms from platform.due_lanes($1)');
const claimStatement = statement(
  'claim_deliveries',
  'select lane, webhook, deliveries from platform.claim_deliveries($1, $2, $3, $4)',
);
const recordStatement = statement('record_deliveries', 'select platform.record_deliveries($1, $2, $3, $4)');

/** How many positions one step looks through. */
const stepPositions = 1_000;

/** Null when another worker is at it. */
export async function fanOut(database: Database, tenantId: string): Promise<FannedOut | null> {
  type Row = { reached: number; head: number; webhooks: string | null };
  const [row] = await database.platform<Row>(fanOutStatement, [tenantId, stepPositions]);
  if (row === undefined) return null;
  return { reached: row.reached, head: row.head, webhooks: JSON.parse(row.webhooks ?? '[]') as string[] };
}

export function findDueLanes(database: Database, most: number): Promise<DueLane[]> {
  return database.platform<DueLane>(dueStatement, [most]);
}

/** Null when there is nothing to do in the lane, or another worker does it. */
export async function claimDeliveries(
  database: Database,
  { tenantId, webhookId }: LaneName,
  most: number,
  seconds: number,
): Promise<Claim | null> {
  type Row = { lane: string; webhook: string; deliveries: string };
  const [row] = await database.platform<Row>(claimStatement, [tenantId, webhookId, most, seconds]);
  if (row === undefined) return null;
  return {
    lane: JSON.parse(row.lane) as LaneRow,
    webhook: JSON.parse(row.webhook) as Claim['webhook'],
    deliveries: JSON.parse(row.deliveries) as ClaimedDelivery[],
  };
}

/** While others of the turn are under way: the lane stays claimed for so many seconds more. */
export async function renewClaim(
  database: Database,
  { tenantId, webhookId }: LaneName,
  results: readonly DeliveryResult[],
  seconds: number,
): Promise<void> {
  const kept = JSON.stringify({ claim_s: seconds });
  await database.platform(recordStatement, [tenantId, webhookId, JSON.stringify(results), kept]);
}

export async function recordDeliveries(
  database: Database,
  { tenantId, webhookId }: LaneName,
  results: readonly DeliveryResult[],
  lane: LaneRow,
): Promise<void> {
  await database.platform(recordStatement, [tenantId, webhookId, JSON.stringify(results), JSON.stringify(lane)]);
}
