// Kills processes that go on with runs, again and again, until all runs have ended, and looks at what became of each.
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { requestRun } from '../../commands/run.ts';
import { setQuotas } from '../../commands/tenant.ts';
import { systemActor } from '../../kernel/actor.ts';
import Docker from 'dockerode';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import { newId } from '../../kernel/id.ts';
import { isAlive } from '../../kernel/process-mark.ts';
import { registry } from '../../projections/index.ts';
import { maxTries } from '../../runs/next.ts';
import { putContent } from '../../sql/content.ts';
import { labels, sandboxKind } from '../../sandbox/docker/container.ts';
import { openDatabase } from '../../sql/database.ts';
import { createLedger } from '../../sql/ledger.ts';
import { createTenantKeys } from '../../sql/tenant-keys.ts';
import { administer, type TestDatabase } from '../support/database.ts';
import { request, testMasterKey } from '../support/ledger.ts';
import { engine } from '../support/sandbox.ts';
import { until } from '../support/workers.ts';
import { FleetProcess } from './fleet.ts';
import { HandWatch, resumesOf } from './run-hands.ts';
import { mendedPrompt, mendedTests, type ModelServer, openModelServer } from './model-server.ts';
import { type Random, seededRandom } from './random.ts';
import type { RunnerProcessOptions } from './runner-process.ts';

export interface RunKillOptions {
  readonly urls: TestDatabase;
  readonly seed: number;
  readonly runs: number;
  readonly kills: number;
  readonly processes: number;
  readonly atOnce: number;
  /** Between two kills, on the average. */
  readonly betweenMs: number;
  readonly answerMs: number;
  readonly tier: RunnerProcessOptions['tier'];
  /** A run that is taken up later than that is a fault. */
  readonly mostResumeMs: number;
  readonly tell?: (line: string) => void;
}

export interface RunKillFigures {
  readonly killed: number;
  readonly seconds: number;
  /** From the death of whoever had a run in hand until another one had it. */
  readonly resumesMs: readonly number[];
  readonly questions: number;
  /** Asked, and not written down by the worker that asked. */
  readonly lostAnswers: number;
  /** Runs whose workers were killed so often while they executed that the code was not tried again. */
  readonly givenUp: number;
  readonly faults: readonly string[];
}

const runsPerTenant = 10;
const cleanWithinMs = 90_000;
const longestMs = 480_000;

export async function killRunners(options: RunKillOptions): Promise<RunKillFigures> {
  const begun = performance.now();
  const models = await openModelServer(options.answerMs);
  const fleet = new Fleet(options, models.url);
  const hands = new HandWatch(options.urls);
  try {
    const runs = await askForRuns(options);
    const watching = hands.watch();
    await fleet.killUntilEnded(hands);
    const told = await readEvents(options.urls);
    hands.stop();
    const resumed = resumesOf(await watching, fleet.deaths);
    fleet.start();
    await fleet.ready();
    const left = await leftovers([...fleet.deaths.keys()], options.tier);
    await fleet.stop();
    return {
      killed: fleet.deaths.size,
      seconds: (performance.now() - begun) / 1_000,
      resumesMs: resumed,
      ...countQuestions(told, models),
      givenUp: runs.filter((run) => isGivenUp(told.filter((event) => event.run === run))).length,
      faults: [
        ...endFaults(told, runs),
        ...repeatFaults(told, models),
        ...resumed
          .filter((ms) => ms > options.mostResumeMs)
          .map((ms) => `a run was taken up after ${Math.round(ms)} ms`),
        ...left,
      ],
    };
  } finally {
    hands.stop();
    // Whoever is left had no time to end well, and that would hide why.
    await fleet.stop().catch(() => undefined);
    models.close();
  }
}

async function askForRuns({ urls, runs, tier }: RunKillOptions): Promise<string[]> {
  const database = openDatabase({ url: urls.appUrl, max: 2, applicationName: 'loopledger-asks' });
  const tenantKeys = createTenantKeys({ database, masterKey: testMasterKey });
  const ledger = createLedger({ database, registry, tenantKeys });
  const ids: string[] = [];
  let tenantId = '';
  for (let at = 0; at < runs; at += 1) {
    if (at % runsPerTenant === 0) {
      tenantId = newId();
      await foundTenantOn(ledger, tenantKeys, { tenantId, name: 'Runs', slug: `runs-${at}` });
      // All at once, so that none waits for a place when its worker has died.
      const quotas = { tenant_id: tenantId, max_stories: null, max_dispatches: null, max_runs: runsPerTenant };
      await ledger.execute(request(tenantId, setQuotas, quotas, { actor: systemActor }));
    }
    const tests = await putContent(database, tenantId, Buffer.from(mendedTests));
    const run_id = newId();
    const command = { run_id, prompt: mendedPrompt, language: 'python', tests } as const;
    await ledger.execute(request(tenantId, requestRun, { ...command, tiers: [tier] }));
    ids.push(run_id);
  }
  await database.close();
  return ids;
}

class Fleet {
  /** When each process was killed, by its number. */
  readonly deaths = new Map<number, number>();
  private readonly options: RunKillOptions;
  private readonly modelUrl: string;
  private readonly random: Random;
  private living: FleetProcess[] = [];

  constructor(options: RunKillOptions, modelUrl: string) {
    this.options = options;
    this.modelUrl = modelUrl;
    this.random = seededRandom(options.seed);
  }

  async killUntilEnded(hands: HandWatch): Promise<void> {
    const { kills, processes, betweenMs, tell, urls } = this.options;
    const endMs = performance.now() + longestMs;
    for (let at = 0; at < processes; at += 1) this.start();
    // The first one has runs in hand, however quick or slow this machine is.
    await until('a run is in hand', () => this.living.some(({ child }) => child.pid === hands.lastPid));
    await this.kill(this.living.find(({ child }) => child.pid === hands.lastPid) as FleetProcess);
    for (let open = -1; open !== 0;) {
      if (performance.now() > endMs) throw new Error(`${open} runs have not ended in time`);
      await sleep(betweenMs * (0.25 + 1.5 * this.random.next()));
      if (this.deaths.size < kills) await this.killOne();
      open = await countOpen(urls);
      if (this.deaths.size % 20 === 0) tell?.(`${this.deaths.size} killed, ${open} runs open`);
    }
  }

  /** One that is stopped before it can hear of it does not end well. */
  async ready(): Promise<void> {
    while (this.living.some((one) => one.alive && one.last.events === 0)) await sleep(20);
  }

  async stop(): Promise<void> {
    const some = this.living;
    this.living = [];
    await Promise.all(some.map((one) => one.stop()));
  }

  private async killOne(): Promise<void> {
    // One that has only begun to start has nothing in hand.
    const ready = this.living.filter(({ last }) => last.events > 0);
    if (ready.length === 0) return;
    await this.kill(this.random.pick(ready));
  }

  private async kill(victim: FleetProcess): Promise<void> {
    this.living = this.living.filter((one) => one !== victim);
    this.deaths.set(victim.child.pid ?? 0, Date.now());
    await victim.kill();
    this.start();
  }

  start(): void {
    const { urls, atOnce, tier } = this.options;
    const told: RunnerProcessOptions = { url: urls.workerUrl, modelUrl: this.modelUrl, atOnce, tier };
    this.living.push(new FleetProcess('runner', 'runner-process.ts', 'FAULT_RUNNER', told));
  }
}

async function countOpen({ adminUrl }: TestDatabase): Promise<number> {
  let open = 0;
  await administer(adminUrl, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      'select count(*)::integer as count from view.runs where due_at is not null',
    );
    open = rows[0]?.count ?? 0;
  });
  return open;
}

interface Told {
  readonly run: string;
  readonly type: string;
  readonly atMs: number;
  readonly data: Readonly<Record<string, unknown>>;
}

async function readEvents({ adminUrl }: TestDatabase): Promise<Told[]> {
  let told: Told[] = [];
  await administer(adminUrl, async (client) => {
    const { rows } = await client.query<{ run: string; type: string; at: Date; entry: string }>(
      `select e.stream_id as run, e.type, e.recorded_at as at, e.entry from ledger.events e
        where e.stream_type = 'run' order by e.tenant_id, e.position`,
    );
    told = rows.map(({ run, type, at, entry }) => {
      const { data } = JSON.parse(entry) as Pick<Told, 'data'>;
      return { run, type, atMs: at.getTime(), data };
    });
  });
  return told;
}

const ends = new Set(['run.succeeded', 'run.failed', 'run.cancelled']);

/** Each ended once, well, and nothing was written under a fence that was not the last. */
function endFaults(told: readonly Told[], runs: readonly string[]): string[] {
  return runs.flatMap((run) => {
    const own = told.filter((event) => event.run === run);
    const ended = own.filter(({ type }) => ends.has(type)).map(({ type }) => type);
    const isWell = ended.join() === 'run.succeeded' || (ended.join() === 'run.failed' && isGivenUp(own));
    const faults = isWell ? [] : [`${run} ended with ${ended.join(' and ') || 'nothing'}: ${lifeOf(own)}`];
    let fence = 0;
    for (const { type, data } of own) {
      const held = data['fence'];
      if (type === 'run.taken') fence = held as number;
      else if (held !== undefined && held !== fence)
        faults.push(`${run} has ${type} under ${JSON.stringify(held)}, not ${fence}`);
    }
    return faults;
  });
}

/** As a rule of runs has it, lest code that takes its worker with it is tried for ever. */
function isGivenUp(own: readonly Told[]): boolean {
  const tries = own.filter(({ type }) => type === 'run.execution_started').length;
  const seen = own.filter(({ type }) => type === 'run.execution_finished').length;
  const { type, data } = own.at(-1) ?? {};
  return type === 'run.failed' && data?.['reason'] === 'sandbox_error' && tries - seen >= maxTries;
}

/** What was written of a run and says why. */
function lifeOf(own: readonly Told[]): string {
  const telling = ['reason', 'verdict', 'error', 'error_class', 'detail', 'code'];
  return own
    .filter(({ type }) => type !== 'run.taken')
    .map(({ type, data }) => {
      const said = telling.filter((name) => data[name] !== undefined && data[name] !== null);
      return [type, ...said.map((name) => `${name} ${JSON.stringify(data[name]).slice(0, 200)}`)].join(' ');
    })
    .join(', ');
}

function questionOf({ run, data }: Told): string {
  const { sha256 } = data['prompt'] as { readonly sha256: string };
  return `${run} ${String(data['purpose'])} ${sha256}`;
}

/** What stands in the log is never asked again, and stands there once. */
function repeatFaults(told: readonly Told[], { asked }: ModelServer): string[] {
  const faults: string[] = [];
  const recorded = new Map<string, number>();
  for (const event of told.filter(({ type }) => type === 'run.model_called')) {
    const question = questionOf(event);
    if (recorded.has(question)) faults.push(`${question} is answered twice in the log`);
    else recorded.set(question, event.atMs);
  }
  for (const [question, times] of asked) {
    const known = recorded.get(question) ?? Infinity;
    for (const at of times) if (at > known) faults.push(`${question} was asked ${at - known} ms after it was answered`);
  }
  return faults;
}

function countQuestions(told: readonly Told[], { asked }: ModelServer) {
  const questions = [...asked.values()].reduce((sum, times) => sum + times.length, 0);
  return { questions, lostAnswers: questions - told.filter(({ type }) => type === 'run.model_called').length };
}

/** Groups of processes that a sandbox of a dead worker left, and those that are still in one. */
function groupsOf(pids: readonly number[]): string[] {
  const isOf = (name: string): boolean => pids.some((pid) => name.startsWith(`loopledger-${pid}-`));
  return ['/sys/fs/cgroup/memory', '/sys/fs/cgroup/pids', '/sys/fs/cgroup/cpu', '/sys/fs/cgroup/loopledger'].flatMap(
    (parent) => {
      try {
        return readdirSync(parent, { recursive: true, encoding: 'utf8' }).filter((name) =>
          isOf(name.split('/').at(-1) ?? ''),
        );
      } catch {
        return [];
      }
    },
  );
}

function sandboxProcesses(pids: readonly number[]): number[] {
  const dead = new Set(pids);
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && dead.has(pid) && isAlive(pid));
}

/** Containers of dead workers, as the engine tells. */
async function containersOf(pids: readonly number[], tier: RunnerProcessOptions['tier']): Promise<string[]> {
  if (tier !== 'docker') return [];
  const label = [`${labels.kind}=${sandboxKind}`];
  const found = await new Docker(engine()).listContainers({ all: true, filters: { label } });
  return found.flatMap(({ Id, Labels }) => {
    const pid = Number(Labels[labels.worker]?.split('|')[1]);
    return pids.includes(pid) ? [`container ${Id.slice(0, 12)} of process ${pid}`] : [];
  });
}

async function leftovers(pids: readonly number[], tier: RunnerProcessOptions['tier']): Promise<string[]> {
  const endMs = performance.now() + cleanWithinMs;
  for (;;) {
    const processes = sandboxProcesses(pids).map((pid) => `process ${pid}`);
    const left = [...groupsOf(pids), ...processes, ...(await containersOf(pids, tier))];
    if (left.length === 0 || performance.now() > endMs) return left.map((name) => `${name} is left`);
    await sleep(500);
  }
}
