// Writes: our full command over HTTP against one bare INSERT, the floor below HTTP, and another event store.
import { counterMark, type Spread } from '../measure/job.ts';
import { type Contender, type Measure, runRounds } from '../measure/rounds.ts';
import type { Section } from '../report/result.ts';
import type { Bench } from '../stage/bench.ts';
import type { ServerProcess } from '../stage/child.ts';
import type { Tenant } from '../stage/population.ts';
import { bearer, postRequest, storyBody } from '../stage/request.ts';

const baselines = ['bare', 'emmett'];
const epicId = '0198f1ff-0000-7000-8000-000000000001';
const poolSizes = [8, 16, 32, 64];

export async function benchWrites(bench: Bench): Promise<Section> {
  const pools = await choosePools(bench);
  const bare = await bench.bare(pools.bare);
  const emmett = await bench.emmett(pools.emmett);
  const ours = await bench.ours('api');
  const whole = await bench.ours('all');
  const contenders: Contender[] = [
    { name: 'bare', against: baselines, measure: () => postBaseline(bench, bare) },
    { name: 'raw', against: baselines, measure: () => insertRaw(bench) },
    { name: 'emmett', against: baselines, measure: () => postBaseline(bench, emmett) },
  ];
  for (const { count, spread, name, server } of loads(ours, whole)) {
    // Few tenants get several epics each, so that one epic does not grow beyond what an epic is.
    const tenants = await bench.populator.found(count, Math.max(1, Math.ceil(64 / count)));
    const requests = tenants.flatMap(requestsOf);
    contenders.push({ name, against: baselines, measure: () => post(bench, server, requests, spread) });
  }
  const rows = await runRounds(contenders, bench.options.rounds, bench.tell);
  for (const server of [bare, emmett, ours, whole]) await server.stop();
  return {
    name: 'writes',
    title: `Writes, ${bench.options.connections} connections`,
    notes: [
      `pool of ${pools.bare} connections for bare, ${pools.emmett} for emmett, the best of ${poolSizes.join(', ')}; raw has ${bench.options.connections}`,
      'ours is the API role; "and workers" is the one process of npm start, with projections and feed in it',
    ],
    rows,
  };
}

interface Load {
  readonly name: string;
  readonly count: number;
  readonly spread: Spread;
  readonly server: ServerProcess;
}

function loads(ours: ServerProcess, whole: ServerProcess): Load[] {
  return [
    { name: 'ours, 1 tenant', count: 1, spread: 'uniform', server: ours },
    { name: 'ours, 8 tenants', count: 8, spread: 'uniform', server: ours },
    { name: 'ours, 64 tenants', count: 64, spread: 'uniform', server: ours },
    { name: 'ours, 64 tenants, skewed', count: 64, spread: 'skewed', server: ours },
    { name: 'ours, 1000 tenants', count: 1000, spread: 'uniform', server: ours },
    { name: 'ours, 1000 tenants, skewed', count: 1000, spread: 'skewed', server: ours },
    { name: 'ours and workers, 8 tenants', count: 8, spread: 'uniform', server: whole },
  ];
}

export function requestsOf(tenant: Tenant): string[] {
  const headers = { ...bearer(tenant.key), 'idempotency-key': `bench-${counterMark}` };
  return tenant.epics.map((epic) => postRequest(`/api/v1/epics/${epic}/stories`, storyBody, headers));
}

function post(bench: Bench, server: ServerProcess, requests: readonly string[], spread: Spread): Promise<Measure> {
  const { connections, seconds, warmupSeconds } = bench.options;
  return bench.measure(server, {
    connections,
    warmupMs: warmupSeconds * 1000,
    measureMs: seconds * 1000,
    measureRequests: Number.MAX_SAFE_INTEGER,
    expectedStatus: 201,
    requests,
    spread,
  });
}

function postBaseline(bench: Bench, server: ServerProcess): Promise<Measure> {
  return post(bench, server, [postRequest(`/epics/${epicId}/stories`, storyBody)], 'uniform');
}

function insertRaw(bench: Bench): Promise<Measure> {
  const { connections, seconds, warmupSeconds } = bench.options;
  return bench.measureInserts({
    url: bench.cluster.adminUrl,
    clients: connections,
    warmupMs: warmupSeconds * 1000,
    measureMs: seconds * 1000,
    epicId,
    body: storyBody,
  });
}

interface Pools {
  readonly bare: number;
  readonly emmett: number;
}

/** The baselines deserve the pool that suits them best on this machine. */
async function choosePools(bench: Bench): Promise<Pools> {
  if (bench.options.quick) return { bare: 32, emmett: 32 };
  return {
    bare: await chooseBest((size) => bench.bare(size), bench),
    emmett: await chooseBest((size) => bench.emmett(size), bench),
  };
}

async function chooseBest(start: (poolSize: number) => Promise<ServerProcess>, bench: Bench): Promise<number> {
  const servers = new Map<number, ServerProcess>();
  for (const size of poolSizes) servers.set(size, await start(size));
  const contenders = [...servers].map(([size, server]) => ({
    name: `pool of ${size}`,
    against: [],
    measure: () => postBaseline(bench, server),
  }));
  const rows = await runRounds(contenders, 3, bench.tell);
  for (const server of servers.values()) await server.stop();
  const best = rows.toSorted((one, other) => other.perSecond - one.perSecond)[0];
  return poolSizes[rows.findIndex((row) => row === best)] as number;
}
