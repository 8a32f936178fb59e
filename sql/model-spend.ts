// Money for models: held before a call is made, and settled when it is known what the call cost.
import type { Database } from './database.ts';
import { statement } from './statement.ts';

/** In millionths of a dollar; null is none. */
export interface SpendCaps {
  readonly call: number | null;
  readonly run: number | null;
  readonly project_day: number | null;
  readonly tenant_day: number | null;
}

export type FullCap = 'call' | 'run' | 'project' | 'tenant';

export interface Reservation {
  readonly callId: string;
  /** Null of what no run asks. */
  readonly runId: string | null;
  readonly projectId: string | null;
  readonly micros: number;
  readonly caps: SpendCaps;
}

const reserveStatement = statement(
  'reserve_spend',
  'select platform.reserve_spend($1, $2, $3, $4, $5, array[$6, $7, $8, $9]::bigint[]) as full',
);
const settleStatement = statement('settle_spend', 'select platform.settle_spend($1, $2, $3) as micros');

/** Null when it is held; else the cap that has no room, and nothing is held. */
export async function reserveSpend(
  database: Database,
  tenantId: string,
  { callId, runId, projectId, micros, caps }: Reservation,
): Promise<FullCap | null> {
  const { call, run, project_day, tenant_day } = caps;
  const values = [tenantId, callId, runId, projectId, micros, call, run, project_day, tenant_day];
  const [row] = await database.platform<{ full: FullCap | null }>(reserveStatement, values);
  if (row === undefined) throw new Error('the reservation answered nothing');
  return row.full;
}

/** Null as what it cost: nobody knows. Answers with what was settled. */
export async function settleSpend(
  database: Database,
  tenantId: string,
  callId: string,
  micros: number | null,
): Promise<number> {
  const [row] = await database.platform<{ micros: number | null }>(settleStatement, [tenantId, callId, micros]);
  if (typeof row?.micros !== 'number') throw new Error('what is settled was never reserved');
  return row.micros;
}

const purgeStatement = statement('purge_model_spend', 'select platform.purge_model_spend($1, $2, $3) as removed');
const purgedAtOnce = 2_000;

/** Forgets old calls, a few of one tenant at a time; answers with how many, and whether there may be more. */
export async function purgeSpend(
  database: Database,
  tenantId: string,
  days: number,
): Promise<{ readonly removed: number; readonly isMore: boolean }> {
  const [row] = await database.platform<{ removed: number }>(purgeStatement, [tenantId, days, purgedAtOnce]);
  const removed = row?.removed ?? 0;
  return { removed, isMore: removed === purgedAtOnce };
}
