// The long runs: `npm run fault -- writers --events 1000000 --tenants 1,50 --processes 16,10,6`, `npm run fault -- kills --process 100 --server 20`,
// `npm run fault -- strikes --rounds 3`, `npm run fault -- followers --events 50000 --kills 20`,
// `npm run fault -- runs --runs 100 --kills 200 --tier docker`. Histories of a run that found something are kept, and their place is told.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createTestDatabase, type Teardown, type TestDatabase } from '../support/database.ts';
import type { RunningCluster } from '../support/postgres.ts';
import { startMortalCluster } from './cluster.ts';
import type { Verdict } from './finding.ts';
import { killFollowed } from './follower-kills.ts';
import { runLoad } from './load.ts';
import { killProcesses } from './process-kills.ts';
import { killRunners } from './run-kills.ts';
import { killServers } from './server-kills.ts';
import { strikeConnections } from './strikes.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    events: { type: 'string', default: '1000000' },
    tenants: { type: 'string', default: '1,50' },
    processes: { type: 'string', default: '16,10,6' },
    many: { type: 'string', default: '0.1' },
    readers: { type: 'string', default: '8' },
    process: { type: 'string', default: '100' },
    server: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    kills: { type: 'string', default: '20' },
    runs: { type: 'string', default: '100' },
    tier: { type: 'string', default: 'bubblewrap' },
    seed: { type: 'string', default: String(Math.trunc(Date.now() / 1000)) },
  },
});
const seed = Number(values.seed);
let sound = true;

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

function judge(verdict: Verdict): void {
  tell(verdict.summary());
  for (const finding of verdict.findings) tell(`  ${finding}`);
  sound &&= verdict.sound;
}

function milliseconds(times: readonly number[]): string {
  const sorted = [...times].sort((one, other) => one - other);
  const at = (part: number): string => (sorted[Math.floor((sorted.length - 1) * part)] ?? 0).toFixed(0);
  return `median ${at(0.5)} ms, worst ${at(1)} ms`;
}

interface Urls {
  readonly url: string;
  readonly adminUrl: string;
}

async function writers(urls: Urls, folder: string): Promise<void> {
  const processes = values.processes.split(',').map(Number);
  const readers = Number(values.readers);
  for (const tenants of values.tenants.split(',').map(Number)) {
    tell(
      `writers in processes: ${processes.join(', ')}; ${readers} readers, ${tenants} tenants, ${values.events} events`,
    );
    const place = path.join(folder, `writers-${tenants}`);
    const figures = await runLoad({
      ...urls,
      folder: place,
      seed,
      events: Number(values.events),
      tenants,
      processes,
      readers,
      many: Number(values.many),
      pauseMs: 20,
      tell,
    });
    tell(`${figures.seconds.toFixed(0)} s, ${figures.perSecond} events/s, read ${figures.readEvents} events`);
    for (const share of figures.shares) {
      const { writers: count, events, calls, outrun, turns, contested, memoryMb } = share;
      tell(`  ${count} writers: ${events} events in ${calls} calls, ${outrun} of them outrun; ${memoryMb} MB`);
      tell(`    ${turns} turns, ${contested} of them after somebody else's`);
    }
    tell(`checked in ${figures.checkSeconds.toFixed(0)} s`);
    judge(figures.verdict);
  }
}

async function kills(urls: Urls, folder: string, cluster: RunningCluster): Promise<void> {
  const killed = await killProcesses({
    ...urls,
    folder: path.join(folder, 'process'),
    seed,
    count: Number(values.process),
    tell,
  });
  const faults = killed.flatMap((kill) => kill.faults);
  tell(`${killed.length} processes killed; others wrote after ${milliseconds(killed.map((kill) => kill.recoveryMs))}`);
  for (const fault of faults) tell(`  ${fault}`);
  sound &&= faults.length === 0;
  const count = Number(values.server);
  const killsPerRound = Math.min(5, count);
  const rounds = killsPerRound === 0 ? 0 : Math.ceil(count / killsPerRound);
  const figures = await killServers({
    cluster,
    ...urls,
    folder: path.join(folder, 'server'),
    seed,
    rounds,
    killsPerRound,
    tell,
  });
  tell(
    `PostgreSQL killed ${figures.kills.length} times; everybody wrote ${milliseconds(figures.kills.map((kill) => kill.recoveryMs))} after it was back`,
  );
  for (const verdict of figures.verdicts) judge(verdict);
}

async function strikes(urls: Urls, folder: string): Promise<void> {
  const figures = await strikeConnections({
    ...urls,
    folder,
    seed,
    acts: ['cut', 'hang', 150],
    rounds: Number(values.rounds),
    statementTimeoutMs: 4_000,
    tell,
  });
  tell(
    `${figures.hits} strikes; written again after ${milliseconds(figures.recoveriesMs)}; ${figures.unknown} outcomes unknown`,
  );
  judge(figures.verdict);
}

async function followers(t: Teardown, urls: TestDatabase, folder: string, cluster: RunningCluster): Promise<void> {
  const events = Number(values.events);
  const figures = await killFollowed({
    t,
    cluster,
    urls,
    folder,
    dataFolder: path.join(folder, 'data'),
    seed,
    events,
    kills: Number(values.kills),
    tenants: 4,
    writersEach: 4,
    feedsEach: 2,
    socketsEach: 5,
    endpoints: 10,
    tell,
  });
  const { killed, feeds, sockets, deliveries } = figures;
  tell(`${figures.written} writes in ${figures.seconds.toFixed(0)} s; killed: ${JSON.stringify(killed)}`);
  for (const [name, { events: told, repeats }] of Object.entries({ feeds, sockets, deliveries })) {
    tell(`  ${name}: ${told} events, ${repeats} of them repeats (${((100 * repeats) / told).toFixed(3)} %)`);
  }
  for (const fault of figures.faults) tell(`  ${fault}`);
  sound &&= figures.faults.length === 0;
  judge(figures.verdict);
}

async function runs(urls: TestDatabase): Promise<void> {
  const [count, kills] = [Number(values.runs), Number(values.kills)];
  const tier = values.tier === 'docker' ? ('docker' as const) : ('bubblewrap' as const);
  const fleet = { tier, processes: 4, atOnce: 40, betweenMs: 900, answerMs: 250, mostResumeMs: 15_000 };
  const figures = await killRunners({ urls, seed, runs: count, kills, ...fleet, tell });
  const { killed, seconds, resumesMs, questions, lostAnswers, givenUp, faults } = figures;
  tell(`${count} runs ended in ${seconds.toFixed(0)} s while ${killed} processes were killed`);
  tell(`${resumesMs.length} times a run was taken up again after ${milliseconds(resumesMs)}`);
  tell(`${questions} questions, ${lostAnswers} answers lost with whoever had asked; ${givenUp} runs given up`);
  for (const fault of faults) tell(`  ${fault}`);
  sound &&= faults.length === 0;
}

const [what] = positionals;
const folder = mkdtempSync(path.join(os.tmpdir(), 'loopledger-fault-'));
const cluster = await startMortalCluster();
const cleaners: (() => unknown)[] = [];
const teardown: Teardown = { teardown: (clean) => void cleaners.unshift(clean) };
const testUrls = await createTestDatabase(teardown);
const urls = { url: testUrls.appUrl, adminUrl: testUrls.adminUrl };
tell(`seed ${seed}`);
if (what === 'writers') await writers(urls, folder);
else if (what === 'kills') await kills(urls, folder, cluster);
else if (what === 'strikes') await strikes(urls, folder);
else if (what === 'followers') await followers(teardown, testUrls, folder, cluster);
else if (what === 'runs') await runs(testUrls);
else tell('say what to run: writers, kills, strikes, followers or runs');
for (const clean of cleaners) await clean();
await cluster.server.stop();
if (sound || what === 'runs') rmSync(folder, { recursive: true });
else tell(`the histories are in ${folder}`);
process.exitCode = sound && what !== undefined ? 0 : 1;
