// What workers ask the database of runs: taking those that are due, keeping them in hand, letting them go.
import type { Database } from './database.ts';
import { statement } from './statement.ts';

export interface ClaimedRun {
  readonly tenantId: string;
  readonly runId: string;
  /** Greater than that of any claim of the run before. */
  readonly fence: number;
}

const claimStatement = statement('claim_runs', 'select tenant_id, run_id, fence from platform.claim_runs($1, $2, $3)');
const renewStatement = statement('renew_run', 'select platform.renew_run($1, $2, $3, $4) as kept');
const releaseStatement = statement('release_run', 'select platform.release_run($1, $2, $3) as held');

export async function claimRuns(
  database: Database,
  worker: string,
  most: number,
  seconds: number,
): Promise<ClaimedRun[]> {
  type Row = { tenant_id: string; run_id: string; fence: number };
  const rows = await database.platform<Row>(claimStatement, [worker, most, seconds]);
  return rows.map(({ tenant_id: tenantId, run_id: runId, fence }) => ({ tenantId, runId, fence }));
}

/** False when the run is lost. */
export async function renewRun(
  database: Database,
  { tenantId, runId, fence }: ClaimedRun,
  seconds: number,
): Promise<boolean> {
  const [row] = await database.platform<{ kept: boolean }>(renewStatement, [tenantId, runId, fence, seconds]);
  return row?.kept === true;
}

export async function releaseRun(database: Database, { tenantId, runId, fence }: ClaimedRun): Promise<void> {
  await database.platform(releaseStatement, [tenantId, runId, fence]);
}
