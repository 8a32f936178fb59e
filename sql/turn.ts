// A turn that cannot be lost: a batch that another process outran holds its tenants' heads while it is decided again.
import type { LoggedEvent } from '../kernel/event.ts';
import { commitBatches, type Outcome } from './commit-call.ts';
import type { LedgerDatabase, Queryable } from './database.ts';
import { type Lane, type Pending, wasTried } from './lane.ts';
import { load } from './loading.ts';
import type { TenantMemory } from './memory.ts';
import { type Mind, pendingsOf, type Preparation, type Prepared, prepareBatch } from './preparing.ts';
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
   * Two calls in one transaction. The first locks the heads, as every commit does; what it finds moved is caught up and
   * decided again, and the second call cannot find it moved. `sent` is kept true, for when the connection breaks.
   */
  take(sent: Prepared[]): Promise<Turn[]> {
    return this.database.hold(async (session) => {
      const outcomes = await commitBatches(session, this.mind.registry, sent);
      const again: Prepared[] = [];
      const contested = new Set<string>();
      for (const [at, prepared] of sent.entries()) {
        const outcome = outcomes.get(prepared.tenantId);
        if (outcome?.kind !== 'moved') continue;
        const next = await this.decideAgain(session, prepared, outcome.missed);
        if (next === null) continue;
        sent[at] = next;
        contested.add(next.tenantId);
        if (next.commands.length > 0) again.push(next);
        // Only refusals are left, and they are decided on a state that nobody can change now.
        else outcomes.set(next.tenantId, { kind: 'done', committedAt: '' });
      }
      const later = again.length === 0 ? [] : await commitBatches(session, this.mind.registry, again);
      for (const [tenantId, outcome] of later) outcomes.set(tenantId, outcome);
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
    for (let loads = 0; ; loads += 1) {
      const preparation: Preparation = prepareBatch(this.mind, lane, tenant, open);
      if (preparation.missing.length === 0) {
        lane.queue = [...preparation.later, ...lane.queue];
        return preparation.prepared;
      }
      if (loads === maxLoads) return null;
      tenant = await this.load(session, lane, preparation.missing);
    }
  }

  /** The head is held, so an attempt that has not landed by now never will. */
  private async stillOpen(session: Queryable, pendings: readonly Pending[]): Promise<readonly Pending[]> {
    return pendings.some(wasTried) ? this.recovery.withoutDone(pendings, session) : pendings;
  }

  private load(database: Queryable, lane: Lane, missing: Preparation['missing']): Promise<TenantMemory> {
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
