// Goes on with the runs of all tenants, a few at a time. Any number of processes may do it at once: the database says who
// has which run in hand, and the log refuses whoever lost one.
import { hostname } from 'node:os';
import { markOf } from '../kernel/process-mark.ts';
import { codeOf, notAllowed } from '../sql/database.ts';
import { claimRuns } from '../sql/run-lease.ts';
import type { LogFollower } from './log-watch.ts';
import type { WorkerGauge } from './log.ts';
import { leaseS } from './run-hold.ts';
import { RunTurn, type TurnSources } from './run-turn.ts';

export interface RunnerSources extends TurnSources {
  /** Runs in hand at once; 0 is none. */
  readonly atOnce: number;
}

/** Told of commits besides, so this finds what is due by the clock, was left by another process, or was missed. */
const lookEveryMs = 500;
/** After a commit whose look found nothing, the next one is looked for no sooner than this, and twice as late each time. */
const shortestPauseMs = 5;
const longestPauseMs = 20;
const stopPatienceMs = 2_000;

export class Runner implements LogFollower {
  private readonly sources: RunnerSources;
  private readonly worker: string;
  private readonly turns = new Map<RunTurn, Promise<void>>();
  private timer: NodeJS.Timeout | null = null;
  private prompt: NodeJS.Timeout | null = null;
  private looking: Promise<void> | null = null;
  private again = false;
  private pauseMs = shortestPauseMs;
  private promptedMs = 0;
  private ended = 0;
  private stopped = false;

  constructor(sources: RunnerSources) {
    this.sources = sources;
    this.worker = `${hostname()} ${process.pid} ${markOf(process.pid).birth}`.slice(0, 200);
  }

  start(): void {
    if (this.sources.atOnce === 0) {
      this.stopped = true;
      return;
    }
    this.timer = setInterval(() => this.lookAtAll(), lookEveryMs);
    this.look();
  }

  /** Lets go of what is in hand: others go on with it at once. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearInterval(this.timer);
    if (this.prompt !== null) clearTimeout(this.prompt);
    await this.looking;
    for (const turn of this.turns.keys()) turn.stop();
    let patience: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      patience = setTimeout(resolve, stopPatienceMs);
    });
    await Promise.race([Promise.all(this.turns.values()), tooLong]);
    clearTimeout(patience);
  }

  gauges(): WorkerGauge[] {
    return [
      { name: 'loopledger_runs_in_hand', help: 'Runs that this process works on.', value: this.turns.size },
      { name: 'loopledger_runs_let_go', help: 'Turns of runs that this process has finished.', value: this.ended },
    ];
  }

  moved(heads: ReadonlyMap<string, number>): void {
    if (this.stopped) return;
    for (const turn of this.turns.keys()) if (heads.has(turn.tenantId)) void turn.look();
    if (this.turns.size >= this.sources.atOnce) return;
    const nowMs = performance.now();
    this.prompt ??= setTimeout(
      () => {
        this.prompt = null;
        this.promptedMs = performance.now();
        // Until something is found.
        this.pauseMs = Math.min(this.pauseMs * 2, longestPauseMs);
        this.look();
      },
      Math.max(0, this.promptedMs + this.pauseMs - nowMs),
    );
  }

  private lookAtAll(): void {
    for (const turn of this.turns.keys()) void turn.look();
    this.look();
  }

  private look(): void {
    if (this.stopped || this.turns.size >= this.sources.atOnce) return;
    if (this.looking !== null) {
      this.again = true;
      return;
    }
    this.again = false;
    this.looking = this.find().finally(() => {
      this.looking = null;
      if (this.again) this.look();
    });
  }

  private async find(): Promise<void> {
    const { database, atOnce, log } = this.sources;
    const claimedMs = performance.now();
    try {
      const claims = await claimRuns(database, this.worker, atOnce - this.turns.size, leaseS);
      if (claims.length > 0) this.pauseMs = shortestPauseMs;
      for (const claim of claims) this.begin(new RunTurn(this.sources, claim, claimedMs));
    } catch (error) {
      if (codeOf(error) !== notAllowed) {
        log.warn({ err: error }, 'due runs could not be claimed');
        return;
      }
      // The role of the application may not claim runs, so that a leak of its password stops none.
      log.warn({}, 'no run is gone on with by this process: DATABASE_WORKER_URL has to name loopledger_worker');
      this.stopped = true;
    }
  }

  private begin(turn: RunTurn): void {
    const going = turn.goOn(this.worker).finally(() => {
      this.turns.delete(turn);
      this.ended += 1;
      this.look();
    });
    this.turns.set(turn, going);
    if (this.stopped) turn.stop();
  }
}
