// Many writers in several processes and many readers on the same tenants, until enough is written; then the checker.
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { registry } from '../../projections/index.ts';
import { openDatabase } from '../../sql/database.ts';
import { createLedger } from '../../sql/ledger.ts';
import { waitFor } from '../support/server-process.ts';
import { checkHistory } from './checker.ts';
import { makeFields } from './field.ts';
import type { Verdict } from './finding.ts';
import { type FleetProcess, startReaders, startWriters } from './fleet.ts';
import { openHistory } from './history.ts';
import type { Field } from './workload.ts';

export interface LoadOptions {
  readonly url: string;
  readonly adminUrl: string;
  readonly folder: string;
  readonly seed: number;
  readonly events: number;
  readonly tenants: number;
  /** Writers of each process. */
  readonly processes: readonly number[];
  readonly readers: number;
  /** The part of the commands that append many events. */
  readonly many: number;
  readonly pauseMs: number;
  readonly clockShiftsMs?: readonly number[];
  readonly tell?: (line: string) => void;
}

export interface Share {
  readonly writers: number;
  readonly events: number;
  readonly calls: number;
  readonly outrun: number;
  readonly turns: number;
  readonly contested: number;
  readonly memoryMb: number;
}

export interface LoadFigures {
  readonly seconds: number;
  readonly perSecond: number;
  readonly shares: readonly Share[];
  readonly readEvents: number;
  readonly checkSeconds: number;
  readonly verdict: Verdict;
}

export async function runLoad(options: LoadOptions): Promise<LoadFigures> {
  const fields = await makeTenants(options);
  const beginAt = path.join(options.folder, 'begin');
  const writers = options.processes.map((count, at) =>
    startWriters({
      name: `writers-${at}`,
      url: options.url,
      folder: options.folder,
      seed: options.seed + at,
      writers: count,
      fields,
      pauseMs: options.pauseMs,
      many: options.many,
      tellMs: 250,
      clockShiftMs: options.clockShiftsMs?.[at] ?? 0,
      beginAt,
    }),
  );
  const tenants = fields.map(({ tenant }) => tenant);
  const { url, adminUrl, folder, seed, readers } = options;
  const reading = startReaders({ name: 'readers', url, folder, seed, readers, tenants });
  await waitFor('all are ready', () => writers.every(({ alive, last }) => !alive || last.calls !== undefined));
  writeFileSync(beginAt, '');
  const seconds = await watch(options, writers, reading);
  await Promise.all(writers.map((one) => one.stop()));
  await reading.stop();
  const started = performance.now();
  const verdict = await checkHistory({ url, adminUrl, folder });
  return {
    seconds,
    perSecond: Math.round(eventsOf(writers) / seconds),
    shares: writers.map(({ last }, at) => shareOf(options.processes[at] ?? 0, last)),
    readEvents: reading.last.events,
    checkSeconds: (performance.now() - started) / 1000,
    verdict,
  };
}

async function makeTenants({ url, folder, tenants }: LoadOptions): Promise<Field[]> {
  const database = openDatabase({ url, max: 4, applicationName: 'loopledger-fields' });
  const history = openHistory(folder, 'fields');
  try {
    return await makeFields(createLedger({ database, registry }), history, tenants);
  } finally {
    history.close();
    await database.close();
  }
}

/** Seconds from the first event that the writers wrote to the last that was wanted. */
async function watch(options: LoadOptions, writers: readonly FleetProcess[], reading: FleetProcess): Promise<number> {
  let started = 0;
  let told = performance.now();
  while (eventsOf(writers) < options.events) {
    await sleep(100);
    if (started === 0 && eventsOf(writers) > 0) started = performance.now();
    if (writers.some(({ alive }) => !alive) || !reading.alive) throw new Error('a process of the load has ended');
    if (performance.now() - told < 5_000) continue;
    told = performance.now();
    const each = writers.map(({ last }) => `${last.events} (outrun ${last.outrun ?? 0} of ${last.calls ?? 0})`);
    options.tell?.(`${eventsOf(writers)} events: ${each.join(', ')}; read ${reading.last.events}`);
  }
  return (performance.now() - started) / 1000;
}

function eventsOf(processes: readonly FleetProcess[]): number {
  return processes.reduce((sum, { last }) => sum + last.events, 0);
}

function shareOf(writers: number, last: FleetProcess['last']): Share {
  const { events, calls = 0, outrun = 0, turns = 0, contested = 0, memoryMb = 0 } = last;
  return { writers, events, calls, outrun, turns, contested, memoryMb };
}
