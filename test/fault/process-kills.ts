// Kills a process of writers at named points of its commits, while others write the same tenants.
import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';
import { newId } from '../../kernel/id.ts';
import { registry } from '../../projections/index.ts';
import { type LedgerDatabase, openDatabase } from '../../sql/database.ts';
import { createLedger, type Ledger } from '../../sql/ledger.ts';
import { msOf, patienceMs } from '../support/pace.ts';
import { checkHistory } from './checker.ts';
import { makeFields, runRecorded } from './field.ts';
import { type FleetProcess, startWriters } from './fleet.ts';
import { type HistoryFile, openHistory } from './history.ts';
import { type Point, points, Proxy } from './proxy.ts';
import { seededRandom } from './random.ts';
import { retryUnknown, type Retried } from './retry.ts';
import type { Field } from './workload.ts';
import { type Tally, Writer } from './writer.ts';

export interface KillOptions {
  readonly url: string;
  readonly adminUrl: string;
  readonly folder: string;
  readonly seed: number;
  readonly count: number;
  readonly tell?: (line: string) => void;
}

export interface Kill extends Retried {
  readonly point: Point;
  /** From the death of the process until another one had written each of its tenants, beyond what that took before. */
  readonly recoveryMs: number;
  readonly faults: readonly string[];
  readonly acknowledged: number;
}

export async function killProcesses(options: KillOptions): Promise<Kill[]> {
  const proxy = await Proxy.open(options.url);
  const database = openDatabase({ url: options.url, max: 6, applicationName: 'loopledger-beside' });
  const kills: Kill[] = [];
  try {
    for (let round = 0; round < options.count; round += 1) {
      const point = points[round % points.length] as Point;
      const kill = await killOne({ options, proxy, database, round }, point);
      kills.push(kill);
      options.tell?.(
        `${round + 1} of ${options.count}: killed at ${point}; others wrote after ${kill.recoveryMs.toFixed(0)} ms; ` +
          `of its open commands ${kill.done} were done, ${kill.open} were not; ${kill.faults.length} faults`,
      );
    }
  } finally {
    await database.close();
    await proxy.close();
  }
  return kills;
}

interface Round {
  readonly options: KillOptions;
  readonly proxy: Proxy;
  readonly database: LedgerDatabase;
  readonly round: number;
}

async function killOne({ options, proxy, database, round }: Round, point: Point): Promise<Kill> {
  const folder = path.join(options.folder, `kill-${round}`);
  const history = openHistory(folder, 'beside');
  const ledger = createLedger({ database, registry });
  const fields = await makeFields(ledger, history, 2);
  const seed = options.seed + round;
  const victim = startWriters({
    name: 'victim',
    url: proxy.url,
    folder,
    seed,
    writers: 8,
    fields,
    pauseMs: 0,
    many: 0.005,
    tellMs: 50,
  });
  const beside = startBeside(ledger, history, fields, seed);
  await warm(victim);
  const writeAll = () => Promise.all(fields.map((field) => probe(ledger, history, field)));
  const usualMs = await msOf(writeAll);
  await within(
    proxy.strike(point, () => victim.child.kill('SIGKILL')),
    patienceMs,
    `no commit passed ${point}`,
  );
  const recoveryMs = (await msOf(writeAll)) - usualMs;
  await victim.kill();
  await beside.stop();
  await ledger.drain();
  const retried = await retryUnknown(folder, history, ledger, database);
  history.close();
  const verdict = await checkHistory({ url: options.url, adminUrl: options.adminUrl, folder });
  return { point, recoveryMs, ...retried, faults: verdict.findings, acknowledged: verdict.counts.acknowledged };
}

function startBeside(ledger: Ledger, history: HistoryFile, fields: readonly Field[], seed: number) {
  let stopping = false;
  const tally: Tally = { events: 0, refused: 0, unknown: 0, repeated: 0, slowestMs: 0 };
  const writers = [1, 2, 3].map((at) => {
    const random = seededRandom(seed * 100 + at);
    return new Writer({ ledger, history, random, fields, pauseMs: 20, many: 0.005, tally, stopped: () => stopping });
  });
  const running = Promise.all(writers.map((writer) => writer.run()));
  return {
    stop: async () => {
      stopping = true;
      await running;
    },
  };
}

async function warm(victim: FleetProcess): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (victim.last.events < 10) {
    if (!victim.alive || performance.now() > deadline) throw new Error('the victim does not write');
    await sleep(10);
  }
}

/** Another process writes the tenant of the dead one. */
function probe(ledger: Ledger, history: HistoryFile, { tenant, contested }: Field): Promise<void> {
  const command = { story_id: contested[0] ?? '', changes: { title: `Probe ${newId()}` } };
  return runRecorded(ledger, history, { tenant, scope: newId(), name: 'ChangeStory', command });
}

export async function within<Value>(promise: Promise<Value>, ms: number, otherwise: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
