// A turn that cannot be lost: a batch that another process outran holds its tenants' heads while it is decided again.
import type { LoggedEvent } from '../kernel/event.ts';
import { commitBatches, holdHeads, type Outcome } from './commit-call.ts';
import type { LedgerDatabase, Queryable } from './database.ts';
import type { Missing } from './batch.ts';
import { type Lane, type Pending, wasTried } from './lane.ts';
import { load } from './loading.ts';
import type { TenantMemory } from './memory.ts';
import { extendBatch, maxBatchCommands, type Mind, pendingsOf, type Prepared, prepareBatch } from './preparing.ts';
import type { Recovery } from './recovery.ts';

/** Loading what a new decision asks for takes a round trip each time, and others wait meanwhile. */
const maxLoads = 3;

export interface Turn {
  readonly prepared: Prepared;
  readonly outcome: Outcome | undefined;
  /** Others had written since the decision. */
  readonly contested: boolean;
}

export class TurnTaker {
  private readonly database: LedgerDatabase;
  private readonly mind: Mind;
  private readonly recovery: Recovery;

  constructor(database: LedgerDatabase, mind: Mind, recovery: Recovery) {
    this.database = database;
    this.mind = mind;
    this.recovery = recovery;
  }

  /**
   * One transaction of two round trips: the first locks the heads and tells what was missed, and after that nobody can
   * move them before the second has committed. `sent` is kept true, for when the connection breaks.
   */
  take(sent: Prepared[]): Promise<Turn[]> {
    return this.database.hold(async (session) => {
      const outcomes = await holdHeads(session, sent);
      const contested = new Set<string>();
      const final: Prepared[] = [];
      for (const [at, prepared] of sent.entries()) {
        const outcome = outcomes.get(prepared.tenantId);
        if (outcome?.kind === 'moved') {
          const next = await this.decideAgain(session, prepared, outcome.missed);
          if (next === null) continue;
          sent[at] = next;
          contested.add(next.tenantId);
        }
        final.push(sent[at] as Prepared);
      }
      // A batch of refusals alone writes nothing: it was decided on a state that nobody can change now.
      const writing = final.filter(({ commands }) => commands.length > 0);
      if (writing.length > 0) {
        for (const [tenantId, outcome] of await commitBatches(session.closing, this.mind.registry, writing)) {
          outcomes.set(tenantId, outcome);
        }
      }
      for (const { tenantId, commands } of final) {
        if (commands.length === 0) outcomes.set(tenantId, { kind: 'done', committedAt: '' });
      }
      return sent.map((prepared) => {
        const { tenantId } = prepared;
        return { prepared, outcome: outcomes.get(tenantId), contested: contested.has(tenantId) };
      });
    });
  }

  /** Null when too much would have to be loaded: better to lose this turn than to make all others wait. */
  private async decideAgain(
    session: Queryable,
    prepared: Prepared,
    missed: readonly LoggedEvent[] | null,
  ): Promise<Prepared | null> {
    const { lane } = prepared;
    const open = await this.stillOpen(session, pendingsOf(prepared));
    let tenant = this.catchUp(lane, missed) ?? (await this.load(session, lane, []));
    let loads = 0;
    let alone = lane.single > 0;
    for (;;) {
      const { prepared: next, missing, later } = prepareBatch(this.mind, lane, tenant, open);
      if (missing.length > 0) {
        if (loads === maxLoads) return null;
        loads += 1;
        tenant = await this.load(session, lane, missing);
      } else if (alone || this.joinWaiting(next)) {
        lane.queue = [...later, ...lane.queue];
        return next;
      } else {
        alone = true;
      }
    }
  }

  /** With what came while the heads were waited for. False when a decision that was broken off has spoilt the batch. */
  private joinWaiting(prepared: Prepared): boolean {
    const { lane, commands, refused } = prepared;
    if (lane.queue.some(wasTried)) return true;
    const waiting = lane.queue.splice(0, Math.max(0, maxBatchCommands - commands.length - refused.length));
    const { unmet, later, spoilt } = extendBatch(this.mind, prepared, waiting);
    // Nothing is loaded for them under the lock.
    lane.queue = spoilt ? [...waiting, ...lane.queue] : [...unmet, ...later, ...lane.queue];
    return !spoilt;
  }

  /** The head is held, so an attempt that has not landed by now never will. */
  private async stillOpen(session: Queryable, pendings: readonly Pending[]): Promise<readonly Pending[]> {
    return pendings.some(wasTried) ? this.recovery.withoutDone(pendings, session) : pendings;
  }

  private load(database: Queryable, lane: Lane, missing: readonly Missing[]): Promise<TenantMemory> {
    return load({ ...this.mind, database }, lane.tenantId, missing);
  }

  /** Folds what others wrote; undefined when the tenant has to be loaded afresh. */
  catchUp(lane: Lane, missed: readonly LoggedEvent[] | null): TenantMemory | undefined {
    const { memory } = this.mind;
    const tenant = memory.tenant(lane.tenantId);
    try {
      if (tenant !== undefined && missed !== null) {
        memory.absorb(tenant, missed);
        return tenant;
      }
    } catch {
      // An event that this version of the software does not know; whoever needs that stream hears of it by loading it.
    }
    memory.drop(lane.tenantId);
    return undefined;
  }
}
