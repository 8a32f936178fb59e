// Writes: our full command over HTTP against one bare INSERT, the floor below HTTP, and another event store.
import { counterMark, type Spread } from '../measure/job.ts';
import { type Contender, type Measure, runRounds } from '../measure/rounds.ts';
import type { Section } from '../report/result.ts';
import type { Bench } from '../stage/bench.ts';
import type { ServerProcess } from '../stage/child.ts';
import type { Tenant } from '../stage/population.ts';
import { bearer, postRequest, storyBody } from '../stage/request.ts';
import { choosePool, type Load, measureLoad, poolSizes } from './load.ts';

const baselines = ['bare', 'emmett'];
const epicId = '0198f1ff-0000-7000-8000-000000000001';
const baselineLoad: Load = { requests: [postRequest(`/epics/${epicId}/stories`, storyBody)], expectedStatus: 201 };

export async function benchWrites(bench: Bench): Promise<Section> {
  const barePool = await choosePool(bench, (size) => bench.bare(size), baselineLoad);
  const emmettPool = await choosePool(bench, (size) => bench.emmett(size), baselineLoad);
  const bare = await bench.bare(barePool);
  const emmett = await bench.emmett(emmettPool);
  const ours = await bench.ours('api');
  const whole = await bench.ours('all');
  const contenders: Contender[] = [
    { name: 'bare', against: baselines, measure: () => measureLoad(bench, bare, baselineLoad) },
    { name: 'raw', against: baselines, measure: () => insertRaw(bench) },
    { name: 'emmett', against: baselines, measure: () => measureLoad(bench, emmett, baselineLoad) },
  ];
  const settled = new Map<string, readonly string[]>();
  for (const { count, spread, name, server } of fleets(ours, whole)) {
    const place = `${server.port} ${count}`;
    const requests = settled.get(place) ?? (await settle(bench, count));
    settled.set(place, requests);
    const load: Load = { requests, spread, expectedStatus: 201 };
    contenders.push({ name, against: baselines, measure: () => measureLoad(bench, server, load) });
  }
  const rows = await runRounds(contenders, bench.options.rounds, bench.tell);
  for (const server of [bare, emmett, ours, whole]) await server.stop();
  return {
    name: 'writes',
    title: `Writes, ${bench.options.connections} connections`,
    notes: [
      `pool of ${barePool} connections for bare, ${emmettPool} for emmett, the best of ${poolSizes.join(', ')}; raw has ${bench.options.connections}`,
      'ours is the API role; "and workers" is the one process of npm start, with projections and feed in it',
    ],
    rows,
  };
}

/** Few tenants get several epics each, so that one epic does not grow beyond what an epic is. */
async function settle({ populator }: Bench, tenants: number): Promise<string[]> {
  const founded = await populator.found(tenants, Math.max(1, Math.ceil(64 / tenants)));
  return founded.flatMap(requestsOf);
}

interface Fleet {
  readonly name: string;
  readonly count: number;
  readonly spread: Spread;
  readonly server: ServerProcess;
}

function fleets(ours: ServerProcess, whole: ServerProcess): Fleet[] {
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
