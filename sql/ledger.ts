// The ledger: group commit. Decides the commands of each tenant in order and writes whole batches in one round trip.
import type { NewEvent } from '../kernel/event.ts';
import type { ExecuteRequest } from './batch.ts';
import { commitBatches, largeBytes } from './commit-call.ts';
import { errorOf, refusalOf } from './constraint.ts';
import { databaseUnavailable, isConnectionFailure, type LedgerDatabase } from './database.ts';
import { Deciding } from './deciding.ts';
import {
  answerAllKnown,
  answerDone,
  expire,
  type Lane,
  newLane,
  overloaded,
  Pending,
  type Result,
  tooLate,
} from './lane.ts';
import { Foresight } from './foresight.ts';
import { createMemory, type Memory } from './memory.ts';
import { pendingsOf, type Prepared } from './preparing.ts';
import { Recovery } from './recovery.ts';
import type { Registry } from './registry.ts';
import type { TenantKeys } from './tenant-keys.ts';
import { type Turn, TurnTaker } from './turn.ts';

export interface Committed {
  readonly tenantId: string;
  readonly head: number;
  readonly events: readonly Pick<NewEvent, 'type' | 'stream' | 'data'>[];
}

export interface LedgerOptions {
  readonly database: LedgerDatabase;
  readonly registry: Registry;
  /** What commands sign and draw with; without them those commands fail. */
  readonly tenantKeys?: TenantKeys;
  /** Told after each commit of this process: wakes followers, drops cached keys. */
  readonly onCommitted?: (committed: Committed) => void;
  readonly memoryEntries?: number;
  readonly memoryTenants?: number;
  readonly callsInFlight?: number;
  readonly giveUpAfterMs?: number;
  /** Races lost in a row, at least 1, before a batch holds its heads; Infinity where a transaction of several calls is no choice. */
  readonly turnAfterLosses?: number;
}

export interface Ledger {
  execute(request: ExecuteRequest): Promise<Result>;
  /** Commands waiting or in flight. */
  backlog(): number;
  /** Resolves when nothing is waiting or in flight. */
  drain(): Promise<void>;
}

const maxTenantsPerCall = 64;
const maxQueue = 20_000;
/** A second call at the same time is for load that fills it: two half-empty calls cost more than one full one. */
const fullCallCommands = 64;
/** Unless the first takes long, because the database is far away or stuck. */
const longCallMs = 25;

export function createLedger(options: LedgerOptions): Ledger {
  return new GroupCommit(options);
}

class GroupCommit implements Ledger {
  readonly database: LedgerDatabase;
  readonly registry: Registry;
  readonly memory: Memory;
  readonly foresight = new Foresight();
  readonly tenantKeys: TenantKeys | null;
  private readonly onCommitted: (committed: Committed) => void;
  private readonly maxCalls: number;
  private readonly giveUpAfterMs: number;
  private readonly turnAfterLosses: number;
  private readonly recovery: Recovery;
  private readonly turns: TurnTaker;
  private readonly deciding: Deciding;
  private readonly lanes = new Map<string, Lane>();
  /** Lanes that have commands and no batch. */
  private readonly dirty: Lane[] = [];
  /** Lanes that have a batch, and commands that came since. */
  private readonly grown = new Set<Lane>();
  /** Batches that are decided and wait for a call. */
  private readonly readied: Prepared[] = [];
  private calls = 0;
  private calledMs = 0;
  private looking: NodeJS.Timeout | undefined;
  private waiting = 0;
  /** Of those that wait, how many a call carries. */
  private carried = 0;
  private pumping = false;
  private drained: (() => void)[] = [];

  constructor(options: LedgerOptions) {
    this.database = options.database;
    this.registry = options.registry;
    this.tenantKeys = options.tenantKeys ?? null;
    this.memory = createMemory(options.registry, {
      entries: options.memoryEntries ?? 100_000,
      tenants: options.memoryTenants ?? 10_000,
    });
    this.onCommitted = options.onCommitted ?? (() => undefined);
    this.maxCalls = options.callsInFlight ?? 2;
    this.giveUpAfterMs = options.giveUpAfterMs ?? 8_000;
    this.turnAfterLosses = options.turnAfterLosses ?? 2;
    this.recovery = new Recovery(options.database);
    this.turns = new TurnTaker(options.database, this, this.recovery);
    this.deciding = new Deciding({ database: options.database, mind: this, recovery: this.recovery, outlet: this });
  }

  backlog(): number {
    return this.waiting;
  }

  drain(): Promise<void> {
    return this.waiting === 0 ? Promise.resolve() : new Promise((resolve) => this.drained.push(resolve));
  }

  execute(request: ExecuteRequest): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.waiting >= maxQueue) {
        reject(overloaded());
        return;
      }
      this.waiting += 1;
      const lane = this.laneOf(request.tenantId);
      lane.queue.push(
        new Pending(request, performance.now() + this.giveUpAfterMs, (result, error) => {
          this.finish();
          if (result === null) reject(error);
          else resolve(result);
        }),
      );
      this.wake(lane);
    });
  }

  private finish(): void {
    this.waiting -= 1;
    if (this.waiting > 0) return;
    for (const resolve of this.drained) resolve();
    this.drained = [];
  }

  private laneOf(tenantId: string): Lane {
    let lane = this.lanes.get(tenantId);
    if (lane === undefined) {
      lane = newLane(tenantId, this.memory.tenant(tenantId)?.losses ?? 0);
      this.lanes.set(tenantId, lane);
    }
    return lane;
  }

  /** A lane is served at the end of this turn of the event loop, with all that arrives in it. */
  private wake(lane: Lane): void {
    if (lane.queue.length === 0) return;
    if (!lane.busy) {
      lane.busy = true;
      this.dirty.push(lane);
    } else if (lane.open !== null || lane.sent !== null) {
      this.grown.add(lane);
    } else {
      return;
    }
    this.schedule();
  }

  schedule(): void {
    if (this.pumping) return;
    this.pumping = true;
    setImmediate(() => {
      this.pumping = false;
      this.pump();
    });
  }

  /** Nothing of the lane is on its way any more; what was decided on top of it is decided anew. */
  release(lane: Lane, again: readonly Pending[] = []): void {
    const after = lane.open === null ? [] : pendingsOf(lane.open);
    lane.queue = [...again.filter((pending) => !pending.answered), ...after, ...lane.unmet, ...lane.queue];
    lane.busy = false;
    lane.sent = null;
    lane.open = null;
    lane.unmet = [];
    if (lane.queue.length > 0) {
      this.wake(lane);
      return;
    }
    this.lanes.delete(lane.tenantId);
    const tenant = this.memory.tenant(lane.tenantId);
    if (tenant !== undefined) tenant.losses = lane.losses;
  }

  private pump(): void {
    for (const lane of this.grown) this.deciding.extend(lane);
    this.grown.clear();
    for (const lane of this.dirty.splice(0)) this.deciding.prepare(lane);
    while (this.readied.length > 0 && this.mayCall()) void this.call(this.nextGroup());
    if (this.calls < this.maxCalls && this.readied.length > 0) this.lookAgain();
  }

  ready(prepared: Prepared): void {
    this.readied.push(prepared);
  }

  withdraw(prepared: Prepared): void {
    this.readied.splice(this.readied.indexOf(prepared), 1);
  }

  /** Nobody may come who would ask again whether the call in flight takes long. */
  private lookAgain(): void {
    this.looking ??= setTimeout(() => {
      this.looking = undefined;
      this.pump();
    }, longCallMs + 1);
  }

  private mayCall(): boolean {
    if (this.calls === 0) return true;
    if (this.calls >= this.maxCalls) return false;
    return this.waiting - this.carried >= fullCallCommands || performance.now() - this.calledMs > longCallMs;
  }

  /**
   * A lane that is searched for a guilty command has its call to itself, and so has a large batch, which others would
   * wait for; those that lose their races take a turn together.
   */
  private nextGroup(): Prepared[] {
    const [first] = this.readied;
    if (first === undefined) return [];
    const turn = this.needsTurn(first.lane);
    const end = this.readied.findIndex(
      ({ lane, batch }) => lane.single > 0 || batch.bytes > largeBytes || this.needsTurn(lane) !== turn,
    );
    return this.readied.splice(0, Math.min(maxTenantsPerCall, end === -1 ? this.readied.length : Math.max(end, 1)));
  }

  /**
   * Losing now and then is cheaper than holding the head over several round trips. But a large batch takes longer to
   * decide again than another process needs for a small one, and would lose every time.
   */
  private needsTurn(lane: Lane): boolean {
    return lane.losses >= this.turnAfterLosses;
  }

  private async call(group: readonly Prepared[]): Promise<void> {
    const carried = group.reduce((sum, prepared) => sum + pendingsOf(prepared).length, 0);
    this.calls += 1;
    this.calledMs = performance.now();
    this.carried += carried;
    for (const prepared of group) {
      prepared.lane.open = null;
      prepared.lane.sent = prepared;
      if (prepared.lane.queue.length > 0) this.grown.add(prepared.lane);
    }
    if (this.grown.size > 0) this.schedule();
    const turns = await this.commit(group.toSorted((one, other) => (one.tenantId < other.tenantId ? -1 : 1)));
    // One tenant's trouble is not a failure of the call: the others have their answers already.
    for (const turn of turns) this.settle(turn);
    this.carried -= carried;
    this.calls -= 1;
    this.pump();
  }

  private async commit(sent: Prepared[]): Promise<Turn[]> {
    try {
      if (sent.some(({ lane }) => this.needsTurn(lane))) return await this.turns.take(sent);
      const outcomes = await commitBatches(this.database, this.registry, sent);
      return sent.map((prepared) => ({ prepared, outcome: outcomes.get(prepared.tenantId), contested: false }));
    } catch (error) {
      this.fail(sent, error);
      return [];
    }
  }

  private settle({ prepared, outcome, contested }: Turn): void {
    const { lane, batch, commands } = prepared;
    if (outcome === undefined) {
      this.rejectAll(lane, pendingsOf(prepared), new Error('the commit answered nothing for a tenant'));
    } else if (outcome.kind === 'done') {
      batch.settle(outcome.committedAt);
      for (const { pending, decided } of commands) answerDone(pending, decided, outcome.committedAt);
      this.recovery.refuseAll(prepared.refused);
      lane.single = Math.max(0, lane.single - 1);
      if (!contested) lane.losses = Math.max(0, lane.losses - 1);
      this.advance(lane);
      this.announce(prepared);
    } else if (outcome.kind === 'known') {
      this.release(lane, answerAllKnown(pendingsOf(prepared), outcome.requests));
    } else {
      lane.losses = Math.min(lane.losses + 1, this.turnAfterLosses + 2);
      this.turns.catchUp(lane, outcome.missed);
      this.release(lane, expire(pendingsOf(prepared), tooLate));
    }
  }

  /** The batch has landed. The one after it, if there is any, is right as it was decided. */
  private advance(lane: Lane): void {
    const { open } = lane;
    if (open === null || open.commands.length === 0) {
      this.release(lane);
      return;
    }
    lane.sent = null;
    open.batch.follow();
    this.readied.push(open);
  }

  private announce({ tenantId, batch }: Prepared): void {
    if (batch.events.length === 0) return;
    try {
      this.onCommitted({ tenantId, head: batch.expected + batch.events.length, events: batch.events });
    } catch (error) {
      // What is committed is committed, whoever fails to hear of it.
      process.emitWarning(errorOf(error));
    }
  }

  private fail(group: readonly Prepared[], error: unknown): void {
    if (!isConnectionFailure(error)) {
      for (const prepared of group) this.rejectGuilty(prepared, group.length, error);
      return;
    }
    for (const prepared of group) {
      for (const { pending, decided } of prepared.commands) {
        if (decided.firstEventId !== null) pending.attempts.push({ decided });
      }
      void this.recover(prepared.lane, pendingsOf(prepared), error);
    }
  }

  /** The call was rolled back whole. Alone in its call, a single command is the guilty one. */
  private rejectGuilty(prepared: Prepared, lanesInCall: number, error: unknown): void {
    const { lane, commands } = prepared;
    const [only] = commands;
    if (lanesInCall === 1 && commands.length === 1 && only !== undefined) {
      this.memory.drop(lane.tenantId);
      lane.single = Math.max(0, lane.single - 1);
      this.recovery.refuseAll([{ pending: only.pending, refusal: refusalOf(this.registry, error) }]);
      this.release(
        lane,
        prepared.refused.map(({ pending }) => pending),
      );
      return;
    }
    lane.single = Math.max(lane.single, commands.length);
    this.release(lane, pendingsOf(prepared));
  }

  async recover(lane: Lane, pendings: readonly Pending[], cause: unknown): Promise<void> {
    this.memory.drop(lane.tenantId);
    if (isConnectionFailure(cause)) {
      const again = await this.recovery.wait(pendings);
      lane.queue = expire(lane.queue, databaseUnavailable);
      this.release(lane, again);
    } else if (pendings.length > 1) {
      // One of them asks for what cannot be loaded: alone in its batch it fails alone.
      lane.single = Math.max(lane.single, pendings.length);
      this.release(lane, pendings);
    } else {
      lane.single = Math.max(0, lane.single - 1);
      this.rejectAll(lane, pendings, refusalOf(this.registry, cause));
    }
  }

  private rejectAll(lane: Lane, pendings: readonly Pending[], error: Error): void {
    for (const pending of pendings) pending.reject(error);
    this.release(lane);
  }
}
