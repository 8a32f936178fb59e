// How long it takes until a reader who waits at the feed has an event: idle, beside a full load of other tenants, and
// as one of a crowd that waits for the same event.
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { counterMark } from '../measure/job.ts';
import { median, type Row } from '../measure/rounds.ts';
import type { Section } from '../report/result.ts';
import type { Bench } from '../stage/bench.ts';
import type { ServerProcess } from '../stage/child.ts';
import type { Tenant } from '../stage/population.ts';
import { bearer, storyBody } from '../stage/request.ts';
import { jobOf } from './load.ts';
import { requestsOf } from './writes.ts';

interface Sample {
  /** From the writer's answer to the reader's; below zero when the reader hears first. */
  readonly afterCommitMs: number;
  readonly afterRequestMs: number;
}

interface Page {
  readonly next_cursor: string;
  readonly data: readonly unknown[];
}

export async function benchLatency(bench: Bench): Promise<Section> {
  const ours = await bench.ours('api');
  const [watched, ...others] = await bench.populator.found(9, 8);
  const place = { port: ours.port, tenant: watched as Tenant };
  const count = bench.options.quick ? 30 : 300;
  const crowd = bench.options.quick ? { writes: 2, readers: 50 } : { writes: 30, readers: 500 };
  const one = { writes: count, readers: 1 };
  const idle = await takeSamples(place, one);
  const [loaded] = await Promise.all([
    sleep(500).then(() => takeSamples(place, one)),
    loadOthers(bench, ours, others, count),
  ]);
  const crowded = await takeSamples(place, crowd);
  await ours.stop();
  return {
    name: 'latency',
    title: 'From a write to the reader who waits at the feed',
    notes: [
      `${count} writes, one after the other; "commit" counts from the writer's own answer, "request" from the moment it asked`,
      `loaded: ${bench.options.connections} connections write to eight other tenants meanwhile`,
      `crowd: ${crowd.readers} readers of the tenant wait for each of ${crowd.writes} writes, and each of them counts`,
    ],
    rows: [...rowsOf('idle', idle), ...rowsOf('loaded', loaded), ...rowsOf('crowd', crowded)],
  };
}

function rowsOf(name: string, samples: readonly Sample[]): Row[] {
  const row = (label: string, values: readonly number[]): Row => ({
    name: `${name}, ${label} to reader`,
    perSecond: null,
    p50Ms: median(values),
    p99Ms: values.toSorted((one, other) => one - other)[Math.ceil(values.length * 0.99) - 1] ?? Number.NaN,
    serverCpu: null,
    postgresCpu: null,
    ratios: {},
    rounds: [],
  });
  return [
    row(
      'commit',
      samples.map(({ afterCommitMs }) => afterCommitMs),
    ),
    row(
      'request',
      samples.map(({ afterRequestMs }) => afterRequestMs),
    ),
  ];
}

async function loadOthers(
  bench: Bench,
  server: ServerProcess,
  others: readonly Tenant[],
  count: number,
): Promise<void> {
  const load = { requests: others.flatMap(requestsOf), expectedStatus: 201 } as const;
  // Long enough for every sample even on a slow machine; what it measures is not of interest here.
  await bench.measure(server, { ...jobOf(bench, load), measureMs: count * pauseMs * 2 });
}

interface Place {
  readonly port: number;
  readonly tenant: Tenant;
}

const pauseMs = 20;

interface Plan {
  readonly writes: number;
  /** Who wait for each of them. */
  readonly readers: number;
}

async function takeSamples(place: Place, { writes, readers }: Plan): Promise<Sample[]> {
  const agent = new Agent({ keepAlive: true });
  const samples: Sample[] = [];
  const { next_cursor: start } = await call<Page>(agent, place, { path: '/api/v1/changes?since=now&wait=0' });
  let cursor = start;
  for (let index = 0; index < writes; index += 1) {
    const path = `/api/v1/changes?since=${cursor}&wait=30`;
    const reading = Array.from({ length: readers }, () => readOnce(agent, place, path));
    // The readers are parked by then.
    await sleep(pauseMs + 2 * readers);
    const askedMs = performance.now();
    await call(agent, place, { path: `/api/v1/epics/${place.tenant.epics[0]}/stories`, body: storyBody });
    const answeredMs = performance.now();
    for (const { readMs, page } of await Promise.all(reading)) {
      samples.push({ afterCommitMs: readMs - answeredMs, afterRequestMs: readMs - askedMs });
      if (page.data.length !== 1) throw new Error(`a reader saw ${page.data.length} events where one was written`);
      cursor = page.next_cursor;
    }
  }
  agent.destroy();
  return samples;
}

async function readOnce(agent: Agent, place: Place, path: string): Promise<{ readMs: number; page: Page }> {
  const page = await call<Page>(agent, place, { path });
  return { readMs: performance.now(), page };
}

interface Asked {
  readonly path: string;
  readonly body?: string;
}

function call<Answer>(agent: Agent, { port, tenant }: Place, { path, body }: Asked): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = { ...bearer(tenant.key), ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  const method = body === undefined ? 'GET' : 'POST';
  const outgoing = request({ agent, host: '127.0.0.1', port, path, method, headers }, (incoming) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const text = Buffer.concat(parts).toString();
      if ((incoming.statusCode ?? 0) < 300) resolve(JSON.parse(text) as Answer);
      else reject(new Error(`${method} ${path} answered ${incoming.statusCode}: ${text}`));
    });
  });
  outgoing.once('error', reject);
  outgoing.end(body?.replaceAll(counterMark, String(Date.now())));
  return promise;
}
