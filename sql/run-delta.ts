// Live output of runs between processes: who watches says so, who works tells them, and what was heard is gone.
import type { Database } from './database.ts';
import { statement } from './statement.ts';

export interface WatchedRun {
  readonly tenantId: string;
  readonly runId: string;
}

const watchStatement = statement('watch_runs', 'select platform.watch_runs($1, $2, $3, $4)');
const tellStatement = statement('tell_run', 'select platform.tell_run($1, $2, $3, $4, $5) as got');
const hearStatement = statement('hear_runs', 'select place, told from platform.hear_runs($1, $2, $3)');
const purgeStatement = statement('purge_run_deltas', 'select platform.purge_run_deltas($1) as removed');

/** `watcher` is the process, which has somebody who watches. */
export async function watchRuns(
  database: Database,
  watcher: string,
  runs: readonly WatchedRun[],
  seconds: number,
): Promise<void> {
  await database.platform(watchStatement, [watcher, ...columnsOf(runs), seconds]);
}

export interface ToldRun extends WatchedRun {
  /** Of the process that tells: whoever watches there has heard already. */
  readonly but: string;
  /** Greater than those before. */
  readonly deltaId: string;
  /** A list as JSON. */
  readonly told: string;
}

/** To how many processes it was told. */
export async function tellRun(database: Database, run: ToldRun): Promise<number> {
  const { tenantId, runId, but, deltaId, told } = run;
  const [row] = await database.platform<{ got: number }>(tellStatement, [tenantId, runId, but, deltaId, told]);
  return row?.got ?? 0;
}

export interface HeardRun extends WatchedRun {
  readonly told: readonly unknown[];
}

export async function hearRuns(database: Database, watcher: string, runs: readonly WatchedRun[]): Promise<HeardRun[]> {
  type Row = { place: number; told: string };
  const rows = await database.platform<Row>(hearStatement, [watcher, ...columnsOf(runs)]);
  return rows.flatMap(({ place, told }) => {
    const run = runs[place - 1];
    return run === undefined ? [] : [{ ...run, told: JSON.parse(told) as unknown[] }];
  });
}

export async function purgeRunDeltas(database: Database, tenantId: string): Promise<number> {
  const [row] = await database.platform<{ removed: number }>(purgeStatement, [tenantId]);
  return row?.removed ?? 0;
}

function columnsOf(runs: readonly WatchedRun[]): [string[], string[]] {
  return [runs.map(({ tenantId }) => tenantId), runs.map(({ runId }) => runId)];
}
