// How long it takes until a reader who waits at the feed has an event: idle, beside a full load of other tenants, and
// as one of a crowd that waits for the same event.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../measure/rounds.ts';
import type { Section } from '../report/result.ts';
import { rowOfSamples } from '../report/row.ts';
import type { Bench } from '../stage/bench.ts';
import type { ServerProcess } from '../stage/child.ts';
import type { Tenant } from '../stage/population.ts';
import { longPollPauseMs, type Sample, takeSamples } from '../stage/long-poll.ts';
import { jobOf } from './load.ts';
import { requestsOf } from './writes.ts';

export async function benchLatency(bench: Bench): Promise<Section> {
  const ours = await bench.api();
  const [watched, ...others] = await bench.populator.found(9, 8);
  const place = { port: ours.port, tenant: watched as Tenant };
  const count = bench.options.quick ? 15 : 300;
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
  return [
    rowOfSamples(
      `${name}, commit to reader`,
      samples.map(({ afterCommitMs }) => afterCommitMs),
    ),
    rowOfSamples(
      `${name}, request to reader`,
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
  await bench.measure(server, { ...jobOf(bench, load), measureMs: count * longPollPauseMs * 2 });
}
