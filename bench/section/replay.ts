// Replay: how fast views are rebuilt from the log, and compared with it.
import { familySeconds } from '../measure/cpu.ts';
import { type Contender, type Measure, runRounds } from '../measure/rounds.ts';
import { replay } from '../../projections/replay.ts';
import { openSession, type Session } from '../../sql/session.ts';
import type { Section } from '../report/result.ts';
import type { Bench } from '../stage/bench.ts';

interface Task {
  readonly name: string;
  /** Null is every view. */
  readonly views: readonly string[] | null;
  readonly verify: boolean;
}

const tasks: readonly Task[] = [
  { name: 'rebuild the stories', views: ['story'], verify: false },
  { name: 'verify the stories', views: ['story'], verify: true },
  { name: 'rebuild all views of the commit', views: null, verify: false },
  { name: 'verify all views of the commit', views: null, verify: true },
];

export async function benchReplay(bench: Bench): Promise<Section> {
  const { cluster, options, populator } = bench;
  const each = options.quick ? 100 : 25_000;
  const tenants = await populator.found(4, 25);
  for (const tenant of tenants) await populator.fill(tenant, each);
  await cluster.admin('vacuum analyze');
  const tenantIds = tenants.map(({ tenantId }) => tenantId);
  const session = await openSession(cluster.adminUrl, 'loopledger-bench');
  const contenders = tasks.map((task): Contender => ({
    name: task.name,
    against: [],
    measure: () => measureReplay(bench, session, task, tenantIds),
  }));
  const rows = await runRounds(contenders, Math.min(3, options.rounds), bench.tell);
  await session.close();
  const notes = [`${tenants.length} tenants of ${each} events, in one process; per second: events`];
  return { name: 'replay', title: 'Replay of the log', notes, rows };
}

async function measureReplay(
  { cluster }: Bench,
  session: Session,
  { views, verify }: Task,
  tenantIds: readonly string[],
): Promise<Measure> {
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  const startPostgres = familySeconds(cluster.pid);
  const { events, differences } = await replay({ session, names: views, tenantIds, verify });
  const seconds = (performance.now() - startMs) / 1000;
  if (differences.length > 0) throw new Error(`a replay found ${differences.length} differences`);
  const own = process.cpuUsage(startCpu);
  const postgres = familySeconds(cluster.pid);
  return {
    perSecond: events / seconds,
    p50Ms: null,
    p99Ms: null,
    serverCpu: (own.user + own.system) / 1000 / events,
    postgresCpu: startPostgres === null || postgres === null ? null : ((postgres - startPostgres) * 1000) / events,
  };
}
