// Cuts, silences and delays the connections of a process at named points of its commits, under load.
import { setTimeout as sleep } from 'node:timers/promises';
import { registry } from '../../projections/index.ts';
import { openDatabase } from '../../sql/database.ts';
import { createLedger } from '../../sql/ledger.ts';
import { msOf, patienceMs } from '../support/pace.ts';
import { checkHistory } from './checker.ts';
import { makeFields } from './field.ts';
import type { Verdict } from './finding.ts';
import { openHistory } from './history.ts';
import { within } from './process-kills.ts';
import { type Act, type Point, points, Proxy } from './proxy.ts';
import { seededRandom } from './random.ts';
import { retryUnknown, type Retried } from './retry.ts';
import { type Tally, Writer } from './writer.ts';

export interface StrikeOptions {
  readonly url: string;
  readonly adminUrl: string;
  readonly folder: string;
  readonly seed: number;
  readonly acts: readonly Act[];
  readonly rounds: number;
  readonly statementTimeoutMs: number;
  readonly tell?: (line: string) => void;
}

export interface StrikeFigures extends Retried {
  readonly hits: number;
  /** From each strike until commands were acknowledged again, beyond what so many took before it. */
  readonly recoveriesMs: readonly number[];
  readonly unknown: number;
  readonly verdict: Verdict;
}

const writerCount = 8;

export async function strikeConnections(options: StrikeOptions): Promise<StrikeFigures> {
  const { url, adminUrl, folder, statementTimeoutMs } = options;
  const proxy = await Proxy.open(url);
  const database = openDatabase({ url: proxy.url, max: 4, applicationName: 'loopledger-struck', statementTimeoutMs });
  const ledger = createLedger({ database, registry });
  const history = openHistory(folder, 'struck');
  const fields = await makeFields(ledger, history, 3);
  const tally: Tally = { events: 0, refused: 0, unknown: 0, repeated: 0, slowestMs: 0 };
  let stopping = false;
  const writers = Array.from({ length: writerCount }, (_, at) => {
    const random = seededRandom(options.seed + at);
    return new Writer({ ledger, history, random, fields, pauseMs: 0, many: 0.005, tally, stopped: () => stopping });
  });
  const running = Promise.all(writers.map((writer) => writer.run()));
  const recoveriesMs = await strikeAll(options, proxy, tally);
  stopping = true;
  await running;
  await ledger.drain();
  const retried = await retryUnknown(folder, history, ledger, database);
  history.close();
  const { hits } = proxy;
  await database.close();
  await proxy.close();
  const verdict = await checkHistory({ url, adminUrl, folder });
  return { ...retried, hits, recoveriesMs, unknown: tally.unknown, verdict };
}

async function strikeAll({ rounds, acts, tell }: StrikeOptions, proxy: Proxy, tally: Tally): Promise<number[]> {
  const recoveries: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const point of points) {
      for (const act of acts) {
        const ms = await strikeOnce(proxy, tally, point, act);
        recoveries.push(ms);
        tell?.(`round ${round + 1}: ${String(act)} at ${point}: written again after ${ms.toFixed(0)} ms`);
      }
    }
  }
  return recoveries;
}

/** Enough acknowledgements that no call from before the strike can account for them. */
async function strikeOnce(proxy: Proxy, tally: Tally, point: Point, act: Act): Promise<number> {
  const usualMs = await msOf(() => progress(tally, writerCount * 4));
  await within(proxy.strike(point, act), patienceMs, `no commit passed ${point}`);
  return (await msOf(() => progress(tally, writerCount * 4))) - usualMs;
}

async function progress(tally: Tally, events: number): Promise<void> {
  const wanted = tally.events + events;
  const deadline = performance.now() + patienceMs;
  while (tally.events < wanted) {
    if (performance.now() > deadline) throw new Error('nothing is written any more');
    await sleep(5);
  }
}
