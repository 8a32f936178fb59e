// The ordinary measurement: so many connections, a warm-up, so many seconds.
import type { HttpJob, Spread } from '../measure/job.ts';
import { type Measure, runRounds } from '../measure/rounds.ts';
import type { Bench } from '../stage/bench.ts';
import type { ServerProcess } from '../stage/child.ts';

export interface Load {
  readonly requests: readonly string[];
  readonly expectedStatus: 200 | 201;
  readonly spread?: Spread;
  readonly isSorted?: boolean;
  readonly circuits?: HttpJob['circuits'];
}

export function jobOf(
  { options }: Bench,
  { requests, expectedStatus, spread = 'uniform', isSorted = false, circuits }: Load,
): Omit<HttpJob, 'ports'> {
  return {
    connections: options.connections,
    warmupMs: options.warmupSeconds * 1000,
    measureMs: options.seconds * 1000,
    measureRequests: Number.MAX_SAFE_INTEGER,
    expectedStatus,
    requests,
    spread,
    isSorted,
    ...(circuits === undefined ? {} : { circuits }),
  };
}

export function measureLoad(
  bench: Bench,
  server: ServerProcess | readonly ServerProcess[],
  load: Load,
): Promise<Measure> {
  return bench.measure(server, jobOf(bench, load));
}

export const poolSizes = [8, 16, 32, 64];

/** The baselines deserve the pool that suits them best on this machine. */
export async function choosePool(
  bench: Bench,
  start: (size: number) => Promise<ServerProcess>,
  load: Load,
): Promise<number> {
  if (bench.options.quick) return 32;
  const servers = new Map<number, ServerProcess>();
  for (const size of poolSizes) servers.set(size, await start(size));
  const contenders = [...servers].map(([size, server]) => ({
    name: `pool of ${size}`,
    against: [],
    measure: () => measureLoad(bench, server, load),
  }));
  const rows = await runRounds(contenders, 3, bench.tell);
  for (const server of servers.values()) await server.stop();
  const best = Math.max(...rows.map((row) => row.perSecond ?? 0));
  return poolSizes[rows.findIndex((row) => row.perSecond === best)] ?? 32;
}
