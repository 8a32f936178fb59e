// One run, from its claim until it has ended, rests, or is somebody else's: does the next step, writes it down, and again.
import { setTimeout as sleep } from 'node:timers/promises';
import { advanceRun, takeRun } from '../commands/run.ts';
import { RunCancelled, RunFailed } from '../events/run-fact.ts';
import { bestCandidate, type Run } from '../events/run.ts';
import { systemActor } from '../kernel/actor.ts';
import type { CommandDefinition } from '../kernel/command.ts';
import type { JsonObject } from '../kernel/event.ts';
import { newId } from '../kernel/id.ts';
import { Refusal } from '../kernel/refusal.ts';
import { soundJson } from '../kernel/sound.ts';
import { findRunInHand } from '../projections/run.ts';
import type { Step, StepFact, StepPerformer } from '../runs/step.ts';
import { isConnectionFailure, type LedgerDatabase } from '../sql/database.ts';
import type { Ledger } from '../sql/ledger.ts';
import { tellRun } from '../sql/run-delta.ts';
import type { ClaimedRun } from '../sql/run-lease.ts';
import type { WorkerLog } from './log.ts';
import { AlertClock } from './alert-clock.ts';
import { RunHold } from './run-hold.ts';
import { RunVoice } from './run-voice.ts';
import type { RunObserver, TurnObserver } from './run-observer.ts';
import { makeStepWorld, type WorldSources } from './run-world.ts';

export interface TurnSources extends WorldSources {
  readonly database: LedgerDatabase;
  readonly ledger: Ledger;
  readonly log: WorkerLog;
  readonly next: (run: Run, nowMs: number) => Step;
  readonly perform: StepPerformer;
  /** Passes live output on to whoever listens to the topic in this process. */
  readonly publish: (tenantId: string, topic: string, data: JsonObject) => void;
  /** Names this process among those in which runs are watched. */
  readonly watcher: string;
  readonly observe?: RunObserver;
}

const retryMs = 200;
/** How often a step that failed on our side is done again before the run ends. */
const maxStumbles = 3;
const stumbleMs = 1_000;

/** Why a step is broken off. */
type Reason = 'cancelled' | 'deadline' | 'lost' | 'stopping';

export class RunTurn {
  private readonly sources: TurnSources;
  private readonly claim: ClaimedRun;
  private readonly hold: RunHold;
  private readonly voice: RunVoice;
  private readonly stopping = new AbortController();
  private run!: Run;
  private version = 0;
  private step: AbortController | null = null;
  private looking = false;
  private executions = 0;
  private stumbles = 0;
  private readonly alerts: AlertClock;
  private readonly observer: TurnObserver | null;

  constructor(sources: TurnSources, claim: ClaimedRun, claimedMs: number) {
    this.sources = sources;
    this.claim = claim;
    this.hold = new RunHold(sources, claim, claimedMs);
    const { tenantId, runId } = claim;
    const { database, watcher: but } = sources;
    this.voice = new RunVoice((told) => tellRun(database, { tenantId, runId, but, deltaId: newId(), told }));
    this.observer = sources.observe?.(claim) ?? null;
    this.alerts = new AlertClock({ ...sources, tenantId: claim.tenantId, tell: () => this.tellOfTime() });
    this.hold.signal.addEventListener('abort', () => this.breakOff('lost'));
  }

  get tenantId(): string {
    return this.claim.tenantId;
  }

  /** Never rejects. Whatever is left of the run is found again by its row. */
  async goOn(worker: string): Promise<void> {
    const { log } = this.sources;
    let isFaulty = false;
    try {
      const { runId: run_id, fence } = this.claim;
      await this.execute(takeRun, { run_id, worker, fence });
      this.alerts.start(this.run);
      while (this.isOpen()) await this.doStep();
    } catch (error) {
      // Somebody else has it, it has ended, or the database is away for long: the log says what is true.
      const isExpected = error instanceof Refusal || this.hold.signal.aborted || this.stopping.signal.aborted;
      const about = { run_id: this.claim.runId, err: error };
      if (isExpected) log.info(about, 'a run was let go');
      else log.warn(about, 'a turn of a run failed');
      isFaulty = !isExpected;
    } finally {
      await this.voice.end();
      this.alerts.stop();
      await (isFaulty ? this.hold.end() : this.hold.letGo());
    }
  }

  /** Breaks off a step in flight when somebody asked for the end of the run, and hears whether it is watched. */
  async look(): Promise<void> {
    if (this.step === null || this.looking) return;
    this.looking = true;
    try {
      const { tenantId, runId } = this.claim;
      const { database, watcher } = this.sources;
      const found = await findRunInHand(database, tenantId, runId, watcher);
      if (found?.cancelling === true) this.breakOff('cancelled');
      this.voice.isWatched = found?.watched === true;
    } catch (error) {
      this.sources.log.warn({ run_id: this.claim.runId, err: error }, 'a run in hand could not be looked at');
    } finally {
      this.looking = false;
    }
  }

  /** Nothing happens to a run that hangs, so what is told of its time would wait for its end. */
  private async tellOfTime(): Promise<void> {
    const { runId: run_id, fence } = this.claim;
    if (this.isOpen()) await this.execute(advanceRun, { run_id, fence, facts: [] });
  }

  stop(): void {
    this.stopping.abort();
    this.breakOff('stopping');
  }

  private breakOff(reason: Reason): void {
    this.step?.abort(new Error(`the step is broken off: ${reason}`));
  }

  private isOpen(): boolean {
    return this.run.status === 'running' && !this.stopping.signal.aborted && !this.hold.signal.aborted;
  }

  private async doStep(): Promise<void> {
    if (this.run.is_cancelling) {
      await this.note([{ kind: RunCancelled, data: { best: bestCandidate(this.run) } }]);
      return;
    }
    const step = this.sources.next(this.run, Date.now());
    if (step.kind === 'none') throw new Error('nothing comes next in a run that goes on');
    const facts = await this.perform(step);
    // Broken off: why is told by the state, or by the time.
    if (facts === null) await this.note([]);
    else await this.note(facts);
  }

  /** Null when it was broken off. */
  private async perform(step: Step): Promise<readonly StepFact[] | null> {
    const control = new AbortController();
    this.step = control;
    this.observer?.begin(step.kind);
    // What ends a run has no time to lose and no deadline to miss.
    const leftMs = Math.max(0, Date.parse(this.run.deadline_at ?? '') - Date.now());
    const isEnding = step.kind === 'fail' || step.kind === 'succeed';
    const deadline = isEnding ? undefined : setTimeout(() => this.breakOff('deadline'), leftMs);
    try {
      const world = makeStepWorld(this.sources, {
        claim: this.claim,
        signal: control.signal,
        run: () => this.run,
        note: (facts) => this.note(facts),
        tell: (delta) => this.tell(delta),
        nextExecution: () => (this.executions += 1),
      });
      const facts = await this.sources.perform(world, step);
      this.observer?.end('done', facts);
      return facts;
    } catch (error) {
      this.observer?.end(control.signal.aborted ? 'broken_off' : 'failed', []);
      if (control.signal.aborted) return null;
      if (error instanceof Refusal) throw error;
      return await this.stumble(step, error);
    } finally {
      clearTimeout(deadline);
      this.step = null;
    }
  }

  private tell(delta: JsonObject): void {
    const { tenantId, runId } = this.claim;
    this.sources.publish(tenantId, `run:${runId}`, delta);
    this.voice.tell(delta);
  }

  /** A fault of ours ends no run at the first try, and none is tried for ever. */
  private async stumble(step: Step, error: unknown): Promise<readonly StepFact[]> {
    if (isConnectionFailure(error)) return [];
    this.stumbles += 1;
    this.sources.log.warn({ run_id: this.claim.runId, step: step.kind, err: error }, 'a step of a run failed');
    if (this.stumbles >= maxStumbles) {
      const detail = `The step ${step.kind} failed on our side ${this.stumbles} times.`;
      return [{ kind: RunFailed, data: { reason: 'worker_failed', detail, best: bestCandidate(this.run) } }];
    }
    await sleep(stumbleMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    return [];
  }

  private async note(told: readonly StepFact[]): Promise<void> {
    const atMs = Date.now();
    // Otherwise a word of a model's could keep the run from ever being written down, by any worker.
    const facts = told.map(({ kind, data }) => ({ kind, data: soundJson(data) }));
    await this.write(facts);
    this.observer?.noted(this.run, facts, atMs);
  }

  private async write(facts: readonly StepFact[]): Promise<void> {
    const { runId: run_id, fence } = this.claim;
    const { version, run } = this;
    try {
      await this.execute(advanceRun, { run_id, fence, facts });
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'outcome_unknown' || facts.length === 0) throw error;
      await this.execute(advanceRun, { run_id, fence, facts: [] });
      // Beside its worker, nobody writes into a run but who asks for its end.
      const byOthers = this.run.is_cancelling === run.is_cancelling ? 0 : 1;
      if (this.version === version + byOthers) await this.write(facts);
    }
  }

  /** Tries again while the database is away, as long as the run is ours. */
  private async execute<Command>(definition: CommandDefinition<Command>, command: Command): Promise<void> {
    const { tenantId, runId } = this.claim;
    for (;;) {
      this.hold.signal.throwIfAborted();
      try {
        const { body, version } = await this.sources.ledger.execute({
          tenantId,
          actor: systemActor,
          definition,
          command,
          correlationId: runId,
          idempotency: { key: newId(), requestHash: Buffer.alloc(32), supplied: false },
          expectedVersion: null,
          render: ({ state }) => ({ status: 200, body: JSON.stringify(state) }),
        });
        this.run = JSON.parse(body) as Run;
        this.version = version;
        return;
      } catch (error) {
        if (!(error instanceof Refusal) || error.code !== 'database_unavailable') throw error;
        await sleep(retryMs);
      }
    }
  }
}
