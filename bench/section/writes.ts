// Writes: our full command over HTTP against one bare INSERT, the floor below HTTP, and another event store.
import { setTimeout as sleep } from 'node:timers/promises';
import { counterMark, type Spread } from '../measure/job.ts';
import { type Contender, type Measure, type Row, runRounds } from '../measure/rounds.ts';
import type { Section } from '../report/result.ts';
import type { Bench } from '../stage/bench.ts';
import type { Tenant } from '../stage/population.ts';
import { bearer, postRequest, storyBody } from '../stage/request.ts';
import { choosePool, type Load, measureLoad, poolSizes } from './load.ts';

interface Fleet {
  readonly tenants: number;
  readonly spread: Spread;
  readonly name: string;
}

const fleets: readonly Fleet[] = [
  { name: 'ours, 1 tenant', tenants: 1, spread: 'uniform' },
  { name: 'ours, 8 tenants', tenants: 8, spread: 'uniform' },
  { name: 'ours, 64 tenants', tenants: 64, spread: 'uniform' },
  { name: 'ours, 64 tenants, skewed', tenants: 64, spread: 'skewed' },
  { name: 'ours, 1000 tenants', tenants: 1000, spread: 'uniform' },
  { name: 'ours, 1000 tenants, skewed', tenants: 1000, spread: 'skewed' },
];
const baselines = ['bare', 'emmett'];
/** As many as a thousand tenants may well hold open between them. */
const crowd = 256;
/** To open more of them takes longer than the look. */
const quickCrowd = 96;
const epicId = '0198f1ff-0000-7000-8000-000000000001';
const baselineLoad: Load = { requests: [postRequest(`/epics/${epicId}/stories`, storyBody)], expectedStatus: 201 };
const pretendedLoad: Load = {
  requests: [postRequest(`/pretended/epics/${epicId}/stories`, storyBody)],
  expectedStatus: 201,
};

export async function benchWrites(bench: Bench): Promise<Section> {
  const barePool = await choosePool(bench, (size) => bench.bare(size), baselineLoad);
  const emmettPool = await choosePool(bench, (size) => bench.emmett(size), baselineLoad);
  const withWorkers = await measureWithWorkers(bench, barePool);
  const rows = await measureAlone(bench, barePool, emmettPool);
  return {
    name: 'writes',
    title: `Writes, ${bench.options.connections} connections`,
    notes: [
      `pool of ${barePool} connections for bare, ${emmettPool} for emmett, the best of ${poolSizes.join(', ')}; raw has ${bench.options.connections}`,
      'ours is the API role; "and workers" is the one process of npm start, in rounds of its own with bare',
      ...(bench.options.quick ? ['quick: a hundred tenants where a name says a thousand'] : []),
    ],
    rows: [...rows, ...withWorkers],
  };
}

export async function benchCrowd(bench: Bench): Promise<Section> {
  const connections = bench.options.quick ? quickCrowd : crowd;
  const crowded = await benchWrites({ ...bench, options: { ...bench.options, connections } });
  return { ...crowded, name: 'crowd' };
}

async function measureAlone(bench: Bench, barePool: number, emmettPool: number): Promise<Row[]> {
  const bare = await bench.bare(barePool);
  const emmett = await bench.emmett(emmettPool);
  const ours = await bench.api();
  const contenders: Contender[] = [
    { name: 'bare', against: baselines, measure: () => measureLoad(bench, bare, baselineLoad) },
    { name: 'no database', against: baselines, measure: () => measureLoad(bench, bare, pretendedLoad) },
    { name: 'raw', against: baselines, measure: () => insertRaw(bench) },
    { name: 'emmett', against: baselines, measure: () => measureLoad(bench, emmett, baselineLoad) },
  ];
  const settled = new Map<number, readonly string[]>();
  for (const { name, tenants, spread } of fleets) {
    const requests = settled.get(tenants) ?? (await settle(bench, Math.min(tenants, mostTenants(bench))));
    settled.set(tenants, requests);
    const load: Load = { requests, spread, expectedStatus: 201 };
    contenders.push({ name, against: baselines, measure: () => measureLoad(bench, ours, load) });
  }
  const rows = await runRounds(contenders, bench.options.rounds, bench.tell);
  for (const server of [bare, emmett, ours]) await server.stop();
  return rows;
}

/** A quick look spends its time on looking, and not on what is there to be looked at. */
function mostTenants({ options }: Bench): number {
  return options.quick ? 100 : Number.POSITIVE_INFINITY;
}

/** In rounds of its own and before the others: workers go on after the last request, and would work beside the next. */
async function measureWithWorkers(bench: Bench, barePool: number): Promise<Row[]> {
  const bare = await bench.bare(barePool);
  const whole = await bench.ours('all');
  const load: Load = { requests: await settle(bench, 8), expectedStatus: 201 };
  const name = 'ours and workers, 8 tenants';
  const measure = async (): Promise<Measure> => {
    const measured = await measureLoad(bench, whole, load);
    await waitForWorkers(bench);
    return measured;
  };
  const contenders: Contender[] = [
    { name: 'bare', against: [], measure: () => measureLoad(bench, bare, baselineLoad) },
    { name, against: ['bare'], measure },
  ];
  const rows = await runRounds(contenders, bench.options.rounds, bench.tell);
  await bare.stop();
  await whole.stop();
  return rows.filter((row) => row.name === name);
}

async function waitForWorkers({ cluster }: Bench): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    const { rows } = await cluster.admin(
      `select 1 from ledger.heads h
        where h.position > coalesce((select min(c.position) from view.checkpoints c where c.tenant_id = h.tenant_id), 0)
        limit 1`,
    );
    if (rows.length === 0) return;
    await sleep(50);
  }
  throw new Error('the workers did not catch up with the log in two minutes');
}

/** Few tenants get several epics each, so that one epic does not grow beyond what an epic is. */
export async function settle({ populator }: Bench, tenants: number): Promise<string[]> {
  const founded = await populator.found(tenants, Math.max(1, Math.ceil(64 / tenants)));
  return founded.flatMap(requestsOf);
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
