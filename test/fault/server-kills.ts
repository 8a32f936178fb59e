// Kills PostgreSQL under load, again and again, starts it anew on the same data and port, and watches everybody come back.
import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';
import { registry } from '../../projections/index.ts';
import { openDatabase } from '../../sql/database.ts';
import { createLedger } from '../../sql/ledger.ts';
import { msOf, patienceMs } from '../support/pace.ts';
import type { RunningCluster } from '../support/postgres.ts';
import { waitFor } from '../support/server-process.ts';
import { checkHistory } from './checker.ts';
import { makeFields } from './field.ts';
import type { Verdict } from './finding.ts';
import { type FleetProcess, startReaders, startWriters } from './fleet.ts';
import { openHistory } from './history.ts';
import { retryUnknown, type Retried } from './retry.ts';

export type Blow = 'SIGKILL' | 'SIGQUIT';

export interface ServerKillOptions {
  readonly cluster: RunningCluster;
  readonly url: string;
  readonly adminUrl: string;
  readonly folder: string;
  readonly seed: number;
  /** Each round ends with the checker. */
  readonly rounds: number;
  readonly killsPerRound: number;
  readonly tell?: (line: string) => void;
}

export interface ServerKill {
  readonly blow: Blow;
  /** Commands that waited for an answer at that moment. */
  readonly inFlight: number;
  /** Until PostgreSQL took connections again: its own recovery. */
  readonly startMs: number;
  /** From then until every process had written again, beyond what that took before. */
  readonly recoveryMs: number;
}

export interface ServerKillFigures extends Retried {
  readonly kills: readonly ServerKill[];
  readonly verdicts: readonly Verdict[];
}

const processes = 2;

export async function killServers(options: ServerKillOptions): Promise<ServerKillFigures> {
  const kills: ServerKill[] = [];
  const verdicts: Verdict[] = [];
  const retried: Retried = { done: 0, open: 0 };
  for (let round = 0; round < options.rounds; round += 1) {
    const folder = path.join(options.folder, `round-${round}`);
    const result = await runRound({ ...options, folder, seed: options.seed + round * 10 });
    kills.push(...result.kills);
    verdicts.push(result.verdict);
    retried.done += result.retried.done;
    retried.open += result.retried.open;
    options.tell?.(`round ${round + 1} of ${options.rounds}: ${result.verdict.summary()}`);
  }
  return { kills, verdicts, ...retried };
}

async function runRound(options: ServerKillOptions) {
  const { url, adminUrl, folder, seed } = options;
  const database = openDatabase({ url, max: 4, applicationName: 'loopledger-beside' });
  const ledger = createLedger({ database, registry });
  const history = openHistory(folder, 'beside');
  const fields = await makeFields(ledger, history, 3);
  const tenants = fields.map(({ tenant }) => tenant);
  const writers = Array.from({ length: processes }, (_, at) =>
    startWriters({
      name: `writers-${at}`,
      url,
      folder,
      seed: seed + at,
      writers: 8,
      fields,
      pauseMs: 0,
      many: 0.005,
      tellMs: 25,
    }),
  );
  const reading = startReaders({ name: 'readers', url, folder, seed, readers: 3, tenants });
  await writeOn(writers);
  const kills: ServerKill[] = [];
  for (let at = 0; at < options.killsPerRound; at += 1) kills.push(await killServer(options, writers, at));
  await Promise.all(writers.map((one) => one.stop()));
  // Before the readers end: what was not done the first time is written now, and they have to see it.
  const retried = await retryUnknown(folder, history, ledger, database);
  await reading.stop();
  history.close();
  await database.close();
  return { kills, retried, verdict: await checkHistory({ url, adminUrl, folder }) };
}

async function killServer(
  options: ServerKillOptions,
  writers: readonly FleetProcess[],
  at: number,
): Promise<ServerKill> {
  const { cluster, tell } = options;
  await sleep(300);
  const usualMs = await msOf(() => writeOn(writers));
  const blow: Blow = at % 2 === 0 ? 'SIGKILL' : 'SIGQUIT';
  const findInFlight = (): number => writers.reduce((sum, { last }) => sum + (last.backlog ?? 0), 0);
  await waitFor('commands are in flight', () => findInFlight() > 0);
  const inFlight = findInFlight();
  process.kill(cluster.server.pid, blow);
  await cluster.server.ended;
  const killed = performance.now();
  await restartCluster(cluster);
  const ready = performance.now();
  const recoveryMs = (await msOf(() => writeOn(writers))) - usualMs;
  const kill = { blow, inFlight, startMs: ready - killed, recoveryMs };
  tell?.(
    `${blow} with ${inFlight} in flight: PostgreSQL was back after ${kill.startMs.toFixed(0)} ms, ` +
      `everybody wrote ${kill.recoveryMs.toFixed(0)} ms later`,
  );
  return kill;
}

/** Sessions of a killed server live on for a moment and keep its memory, which a new one must not share. */
export async function restartCluster(cluster: RunningCluster): Promise<void> {
  for (const endMs = performance.now() + patienceMs; ;) {
    try {
      await cluster.restart();
      return;
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await sleep(50);
    }
  }
}

/** Until every process has written something that it had not begun before. */
async function writeOn(writers: readonly FleetProcess[]): Promise<void> {
  const deadline = performance.now() + patienceMs;
  const wanted = writers.map((one) => ({ one, events: one.last.events + 10 }));
  while (wanted.some(({ one, events }) => one.last.events < events)) {
    if (writers.some(({ alive }) => !alive)) throw new Error('a process of writers has ended');
    if (performance.now() > deadline) throw new Error('nothing is written any more');
    await sleep(5);
  }
}
