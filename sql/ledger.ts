// The ledger: group commit. Decides the commands of each tenant in order and writes whole batches in one round trip.
import type { StreamRef } from '../kernel/event.ts';
import { databaseUnavailable, type Database, isConnectionFailure } from './database.ts';
import { Batch, type Decided, type ExecuteRequest, type Missing } from './batch.ts';
import { commitBatches, type KnownRequest, type Outcome } from './commit-call.ts';
import { refusalOf } from './constraint.ts';
import { answerDone, answerKnown, type Lane, outcomeUnknown, type Pending, requestKey, type Result } from './lane.ts';
import { load } from './loading.ts';
import { createMemory, type TenantMemory } from './memory.ts';
import { findAttempts, findRequests } from './outcome.ts';
import type { Registry } from './registry.ts';
import { Refusal } from '../kernel/refusal.ts';

export interface Committed {
  readonly tenantId: string;
  readonly head: number;
  readonly events: readonly { readonly type: string; readonly stream: StreamRef }[];
}

export interface LedgerOptions {
  readonly database: Database;
  readonly registry: Registry;
  /** Told after each commit of this process: wakes followers, drops cached keys. */
  readonly onCommitted?: (committed: Committed) => void;
  readonly memoryEntries?: number;
  readonly memoryTenants?: number;
  readonly callsInFlight?: number;
  readonly giveUpAfterMs?: number;
}

export interface Ledger {
  execute(request: ExecuteRequest): Promise<Result>;
  /** Commands waiting or in flight. */
  backlog(): number;
  /** Resolves when nothing is waiting or in flight. */
  drain(): Promise<void>;
}

interface Prepared {
  readonly lane: Lane;
  readonly tenantId: string;
  readonly batch: Batch;
  readonly commands: { readonly pending: Pending; readonly request: ExecuteRequest; readonly decided: Decided }[];
}

const maxBatchCommands = 256;
const maxBatchBytes = 1 << 20;
const maxTenantsPerCall = 64;
const maxQueue = 20_000;

export function createLedger(options: LedgerOptions): Ledger {
  const { database, registry } = options;
  const memory = createMemory(registry, {
    entries: options.memoryEntries ?? 100_000,
    tenants: options.memoryTenants ?? 10_000,
  });
  const maxCalls = options.callsInFlight ?? 2;
  const giveUpAfterMs = options.giveUpAfterMs ?? 8_000;
  const lanes = new Map<string, Lane>();
  const dirty: Lane[] = [];
  const ready: Prepared[] = [];
  let calls = 0;
  let backlog = 0;
  let pumping = false;
  let drained: (() => void)[] = [];

  function execute(request: ExecuteRequest): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (backlog >= maxQueue) {
        reject(new Refusal('unavailable', 'overloaded', 'Too many writes are waiting.', { headers: { 'retry-after': '1' } }));
        return;
      }
      backlog += 1;
      const lane = laneOf(request.tenantId);
      lane.queue.push({
        request,
        resolve: (result) => (finish(), resolve(result)),
        reject: (error) => (finish(), reject(error)),
        deadline: Date.now() + giveUpAfterMs,
        attempts: [],
      });
      wake(lane);
    });
  }

  function finish(): void {
    backlog -= 1;
    if (backlog > 0) return;
    for (const resolve of drained) resolve();
    drained = [];
  }

  function laneOf(tenantId: string): Lane {
    let lane = lanes.get(tenantId);
    if (lane === undefined) {
      lane = { tenantId, queue: [], busy: false, single: 0 };
      lanes.set(tenantId, lane);
    }
    return lane;
  }

  /** A lane that waits for nobody is served at the end of this turn of the event loop, with all that arrives in it. */
  function wake(lane: Lane): void {
    if (lane.busy || lane.queue.length === 0) return;
    lane.busy = true;
    dirty.push(lane);
    schedule();
  }

  function schedule(): void {
    if (pumping) return;
    pumping = true;
    setImmediate(() => {
      pumping = false;
      pump();
    });
  }

  function release(lane: Lane, again: readonly Pending[] = []): void {
    lane.busy = false;
    if (again.length > 0) lane.queue = [...again, ...lane.queue];
    if (lane.queue.length > 0) wake(lane);
    else lanes.delete(lane.tenantId);
  }

  function pump(): void {
    while (calls < maxCalls && (dirty.length > 0 || ready.length > 0)) {
      for (const lane of dirty.splice(0, maxTenantsPerCall)) prepare(lane);
      const group = nextGroup();
      if (group.length > 0) void call(group);
    }
  }

  /** A lane that is being searched for a guilty command has its call to itself. */
  function nextGroup(): Prepared[] {
    const suspect = ready.findIndex(({ lane }) => lane.single > 0);
    if (suspect === 0) return ready.splice(0, 1);
    return ready.splice(0, Math.min(maxTenantsPerCall, suspect === -1 ? ready.length : suspect));
  }

  /** Decides what waits in the lane; loads first what is not in memory. */
  function prepare(lane: Lane): void {
    const tenant = memory.tenant(lane.tenantId);
    const pendings = lane.queue.splice(0, lane.single > 0 ? 1 : maxBatchCommands);
    if (tenant === undefined) void loadAndDecide(lane, pendings, []);
    else decideAll(lane, tenant, pendings);
  }

  function decideAll(lane: Lane, tenant: TenantMemory, pendings: readonly Pending[]): void {
    const prepared: Prepared = { lane, tenantId: lane.tenantId, batch: new Batch(registry, memory, tenant), commands: [] };
    const keys = new Set<string>();
    const missing: Missing[] = [];
    const refused: { pending: Pending; refusal: unknown }[] = [];
    const later: Pending[] = [];
    for (const pending of pendings) {
      const key = requestKey(pending.request);
      // The second of two equal keys waits for the first, and then finds its answer.
      if (keys.has(key) || prepared.batch.bytes > maxBatchBytes) {
        later.push(pending);
        continue;
      }
      keys.add(key);
      const verdict = prepared.batch.decide(pending.request);
      if (verdict.kind === 'missing') missing.push(verdict.missing);
      else if (verdict.kind === 'refused') refused.push({ pending, refusal: verdict.refusal });
      else prepared.commands.push({ pending, request: pending.request, decided: verdict.decided });
    }
    // What was decided beside a gap is decided again after it is filled: memory may have moved by then.
    if (missing.length > 0) {
      void loadAndDecide(lane, pendings, missing);
      return;
    }
    lane.queue = [...later, ...lane.queue];
    for (const { pending, refusal } of refused) void refuse(pending, refusal);
    if (prepared.commands.length === 0) release(lane);
    else ready.push(prepared);
  }

  async function loadAndDecide(lane: Lane, pendings: readonly Pending[], missing: readonly Missing[]): Promise<void> {
    try {
      const tenant = await load({ database, registry, memory }, lane.tenantId, missing);
      decideAll(lane, tenant, pendings);
    } catch (error) {
      await recover(lane, pendings, error);
    }
    schedule();
  }

  /** A refused command may be the repeat of one that was done: then its first answer is the answer. */
  async function refuse(pending: Pending, refusal: unknown): Promise<void> {
    try {
      const { idempotency } = pending.request;
      const known = idempotency.supplied ? await findRequests(database, [pending.request]) : [];
      if (known[0] === undefined) pending.reject(refusal);
      else answerKnown(pending, known[0]);
    } catch (error) {
      pending.reject(isConnectionFailure(error) ? databaseUnavailable() : error);
    }
  }

  async function call(group: readonly Prepared[]): Promise<void> {
    calls += 1;
    const sorted = group.toSorted((one, other) => (one.tenantId < other.tenantId ? -1 : 1));
    try {
      const outcomes = await commitBatches(database, registry, sorted);
      for (const prepared of sorted) settle(prepared, outcomes.get(prepared.tenantId));
    } catch (error) {
      fail(sorted, error);
    } finally {
      calls -= 1;
      pump();
    }
  }

  function settle(prepared: Prepared, outcome: Outcome | undefined): void {
    const { lane, batch, commands } = prepared;
    if (outcome === undefined) throw new Error('the commit answered nothing for a tenant');
    if (outcome.kind === 'done') {
      batch.settle(outcome.committedAt);
      for (const { pending, decided } of commands) answerDone(pending, decided, outcome.committedAt);
      lane.single = Math.max(0, lane.single - 1);
      announce(prepared);
      release(lane);
    } else if (outcome.kind === 'known') {
      release(lane, answerAllKnown(commands, outcome.requests));
    } else {
      catchUp(lane, outcome.missed);
      void decideAgain(lane, commands);
    }
  }

  function announce({ tenantId, batch }: Prepared): void {
    if (batch.events.length === 0) return;
    options.onCommitted?.({ tenantId, head: batch.expected + batch.events.length, events: batch.events });
  }

  function answerAllKnown(commands: Prepared['commands'], requests: readonly KnownRequest[]): Pending[] {
    const known = new Map(requests.map((request) => [`${request.scope} ${request.key}`, request]));
    return commands.flatMap(({ pending, request }) => {
      const found = known.get(requestKey(request));
      if (found === undefined) return [pending];
      answerKnown(pending, found);
      return [];
    });
  }

  function catchUp(lane: Lane, missed: Parameters<typeof memory.absorb>[1] | null): void {
    const tenant = memory.tenant(lane.tenantId);
    if (tenant === undefined || missed === null) memory.drop(lane.tenantId);
    else memory.absorb(tenant, missed);
  }

  async function decideAgain(lane: Lane, commands: Prepared['commands']): Promise<void> {
    const pendings = commands.map(({ pending }) => pending);
    try {
      release(lane, await withoutDone(pendings));
    } catch (error) {
      await recover(lane, pendings, error);
    }
  }

  /** Answers the commands that an earlier attempt did after all, and returns the rest. */
  async function withoutDone(pendings: readonly Pending[]): Promise<Pending[]> {
    const tried = pendings.filter((pending) => pending.attempts.length > 0);
    if (tried.length === 0) return [...pendings];
    const done = await findAttempts(database, tried);
    return pendings.filter((pending) => {
      const found = done.get(pending);
      if (found !== undefined) answerDone(pending, found.decided, found.committedAt);
      return found === undefined;
    });
  }

  function fail(group: readonly Prepared[], error: unknown): void {
    if (isConnectionFailure(error)) {
      for (const { commands } of group) {
        for (const { pending, decided } of commands) if (decided.firstEventId !== null) pending.attempts.push({ decided });
      }
      for (const { lane, commands } of group) void recover(lane, commands.map(({ pending }) => pending), error);
      return;
    }
    for (const { lane, commands } of group) rejectGuilty(lane, commands, group.length, error);
  }

  /** The call was rolled back whole. Alone in its call, a single command is the guilty one. */
  function rejectGuilty(lane: Lane, commands: Prepared['commands'], lanesInCall: number, error: unknown): void {
    const [only] = commands;
    if (lanesInCall === 1 && commands.length === 1 && only !== undefined) {
      memory.drop(lane.tenantId);
      lane.single = Math.max(0, lane.single - 1);
      void refuse(only.pending, refusalOf(registry, error));
      release(lane);
      return;
    }
    lane.single = Math.max(lane.single, commands.length);
    release(lane, commands.map(({ pending }) => pending));
  }

  /** Waits for the database to come back, up to each command's deadline, and learns what became of the attempts. */
  async function recover(lane: Lane, pendings: readonly Pending[], cause: unknown): Promise<void> {
    memory.drop(lane.tenantId);
    let waiting = [...pendings];
    if (!isConnectionFailure(cause)) {
      for (const pending of waiting) pending.reject(refusalOf(registry, cause));
      release(lane);
      return;
    }
    while (waiting.length > 0) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      waiting = expire(waiting);
      try {
        release(lane, await withoutDone(waiting));
        return;
      } catch (error) {
        if (isConnectionFailure(error)) continue;
        for (const pending of waiting) pending.reject(error);
        waiting = [];
      }
    }
    release(lane);
  }

  function expire(pendings: readonly Pending[]): Pending[] {
    return pendings.filter((pending) => {
      if (Date.now() < pending.deadline) return true;
      pending.reject(pending.attempts.length > 0 ? outcomeUnknown() : databaseUnavailable());
      return false;
    });
  }

  return {
    execute,
    backlog: () => backlog,
    drain: () => (backlog === 0 ? Promise.resolve() : new Promise((resolve) => drained.push(resolve))),
  };
}
