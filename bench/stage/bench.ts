// Everything that the sections share: the cluster, the load generator, the populated tenants, the servers.
import path from 'node:path';
import { findFreePort } from '../../boot/postgres-server.ts';
import { familySeconds, processSeconds } from '../measure/cpu.ts';
import { Histogram } from '../measure/histogram.ts';
import type { HttpJob, InsertJob, JobResult } from '../measure/job.ts';
import type { Measure } from '../measure/rounds.ts';
import type { BenchOptions } from '../options.ts';
import { type ServerProcess, startProgram, startServer } from './child.ts';
import { type Cluster, startBenchCluster } from './cluster.ts';
import { openPopulator, type Populator } from './population.ts';

export interface Bench {
  readonly options: BenchOptions;
  readonly cluster: Cluster;
  readonly populator: Populator;
  /** The baseline server, with a pool of so many connections. */
  bare(poolSize: number): Promise<ServerProcess>;
  emmett(poolSize: number): Promise<ServerProcess>;
  /** Our server as `npm start` runs it, in that role: a new one. */
  ours(role: 'api' | 'all', further?: Readonly<Record<string, string>>): Promise<ServerProcess>;
  /** Our server without workers. Like the baselines, one for all sections of a quick look. */
  api(): Promise<ServerProcess>;
  /** Several servers share the connections of the job. */
  measure(server: ServerProcess | readonly ServerProcess[], job: Omit<HttpJob, 'ports'>): Promise<Measure>;
  measureInserts(job: InsertJob): Promise<Measure>;
  tell(line: string): void;
}

const baselineTables = `
  create schema bench;
  create table bench.stories (
    id uuid primary key default uuidv7(),
    epic_id uuid not null,
    title text not null,
    description text not null,
    priority integer not null,
    criteria jsonb not null,
    created_at timestamptz not null default now()
  )`;

export interface RunningBench extends Bench {
  close(): Promise<void>;
}

export async function openBench(options: BenchOptions, tell: (line: string) => void): Promise<RunningBench> {
  const cluster = await startBenchCluster(tell);
  await cluster.admin(baselineTables);
  const emmettUrl = await cluster.addDatabase('emmett');
  const generator = await startProgram('load');
  const inserter = await startProgram('raw-load');
  const populator = openPopulator(cluster);
  const running: { stop(): Promise<void> }[] = [generator, inserter];

  async function baseline(name: string, url: string, poolSize: number): Promise<ServerProcess> {
    const program = await startProgram(name, { BENCH_URL: url, BENCH_POOL: String(poolSize), PROFILE: name });
    running.push(program);
    return { pid: program.pid, port: program.ready['port'] as number, stop: () => program.stop() };
  }

  async function ours(role: string, further: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const env = { ...ourEnvironment(cluster, role), ...further };
    const server = await startServer(env, await findFreePort(), logFile(cluster));
    running.push(server);
    return server;
  }

  const kept = options.quick ? keepServers() : (_name: string, start: () => Promise<ServerProcess>) => start();
  return {
    options,
    cluster,
    populator,
    tell,
    bare: (poolSize) => kept(`bare ${poolSize}`, () => baseline('bare-server', cluster.adminUrl, poolSize)),
    emmett: (poolSize) => kept(`emmett ${poolSize}`, () => baseline('emmett-server', emmettUrl, poolSize)),
    ours,
    api: () => kept('api', () => ours('api')),
    measure: async (server, job) => {
      const servers = [server].flat();
      const ports = servers.map(({ port }) => port);
      const meter = startMeter(
        cluster,
        servers.map(({ pid }) => pid),
      );
      const ask: Ask = (longer) => generator.ask({ ...job, ...longer, ports });
      return meter(await askUntilAnswered(ask, job, options.quick));
    },
    measureInserts: async (job) => {
      const meter = startMeter(cluster, [inserter.pid]);
      return meter(await askUntilAnswered((longer) => inserter.ask({ ...job, ...longer }), job, options.quick));
    },
    close: async () => {
      await populator.close();
      for (const process of running) await process.stop();
      await cluster.discard();
    },
  };
}

/** Whoever stops one leaves it running for the next; they end with the benchmark. */
function keepServers(): (name: string, start: () => Promise<ServerProcess>) => Promise<ServerProcess> {
  const servers = new Map<string, ServerProcess>();
  return async (name, start) => {
    const server = servers.get(name) ?? (await start());
    servers.set(name, server);
    return { ...server, stop: () => Promise.resolve() };
  };
}

function logFile(cluster: Cluster): string {
  return path.join(cluster.folder, 'server.log');
}

/** Quotas are counted as in production, only so high that nobody meets them. */
function ourEnvironment(cluster: Cluster, role: string): Record<string, string> {
  return {
    DATABASE_URL: cluster.appUrl,
    DATABASE_WORKER_URL: cluster.workerUrl,
    LOOPLEDGER_ROLE: role,
    LOOPLEDGER_DATA: cluster.folder,
    LOOPLEDGER_MASTER_KEY: cluster.masterKey.toString('hex'),
    LOOPLEDGER_WEBHOOK_ALLOW_PRIVATE: '1',
    LOOPLEDGER_RATE_PER_KEY: '1000000000',
    LOOPLEDGER_RATE_PER_TENANT: '1000000000',
    PROFILE: 'ours',
  };
}

type Ask = (longer: { readonly measureMs: number }) => Promise<JobResult>;

/**
 * On a machine that is busy with something else, a quick look may be over before the first answer, and meets servers
 * that have not compiled their code yet and therefore shed load. Otherwise whoever refuses has no figure.
 */
async function askUntilAnswered(
  ask: Ask,
  { measureMs }: { readonly measureMs: number },
  isQuick: boolean,
): Promise<JobResult> {
  for (let times = 1; ; times *= 4) {
    const result = await ask({ measureMs: measureMs * times });
    const { done, failures, firstFailure } = result;
    const isShed = isQuick && firstFailure?.startsWith('HTTP/1.1 503 ') === true;
    if (times > 16 || (failures > 0 ? !isShed : done > 0)) return result;
  }
}

function sumOrNull(figures: readonly (number | null)[]): number | null {
  return figures.reduce((sum, figure) => (sum === null || figure === null ? null : sum + figure), 0);
}

/** Processor time is counted over the whole run, so it is shared out over all of its requests, warm-up included. */
function startMeter(cluster: Cluster, serverPids: readonly number[]): (result: JobResult) => Measure {
  const read = () => ({
    server: sumOrNull(serverPids.map(processSeconds)),
    postgres: cluster.pid === null ? null : familySeconds(cluster.pid),
  });
  const before = read();
  return (result) => {
    if (result.failures > 0)
      throw new Error(`${result.failures} requests failed, the first with: ${result.firstFailure}`);
    if (result.done === 0) throw new Error('no request was answered in the time of the measurement');
    const after = read();
    const latencies = new Histogram(result.latencies);
    const each = (from: number | null, to: number | null): number | null =>
      from === null || to === null ? null : ((to - from) / result.sent) * 1000;
    return {
      perSecond: result.done / result.seconds,
      p50Ms: latencies.quantile(0.5),
      p99Ms: latencies.quantile(0.99),
      serverCpu: each(before.server, after.server),
      postgresCpu: each(before.postgres, after.postgres),
    };
  };
}
