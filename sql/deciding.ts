// Deciding: from commands that wait to a batch that can be sent. Loads what is not in memory, confirms refusals, and goes
// on deciding while a batch is on its way, so that the database need not wait for decisions.
import type { Missing } from './batch.ts';
import type { Queryable } from './database.ts';
import type { Lane, Pending } from './lane.ts';
import { wasTried } from './lane.ts';
import { type Loading, load } from './loading.ts';
import type { TenantMemory } from './memory.ts';
import {
  beginBatch,
  extendBatch,
  maxBatchCommands,
  type Mind,
  pendingsOf,
  type Prepared,
  prepareBatch,
} from './preparing.ts';
import type { Recovery } from './recovery.ts';

/** What becomes of a lane once it is decided. */
export interface Outlet {
  /** There is a batch to be sent. */
  ready(prepared: Prepared): void;
  /** The batch must not be sent. */
  withdraw(prepared: Prepared): void;
  release(lane: Lane, again?: readonly Pending[]): void;
  recover(lane: Lane, pendings: readonly Pending[], cause: unknown): Promise<void>;
  schedule(): void;
}

export interface DecidingParts {
  readonly database: Queryable;
  readonly mind: Mind;
  readonly recovery: Recovery;
  readonly outlet: Outlet;
}

/** Commands of a tenant that is not in memory, whose needs are loaded with it. */
const maxForeseen = 16;

export class Deciding {
  private readonly mind: Mind;
  private readonly recovery: Recovery;
  private readonly outlet: Outlet;
  private readonly loading: Loading;

  constructor({ database, mind, recovery, outlet }: DecidingParts) {
    this.mind = mind;
    this.recovery = recovery;
    this.outlet = outlet;
    this.loading = { ...mind, database };
  }

  /** Decides what waits in the lane; loads first what is not in memory. */
  prepare(lane: Lane): void {
    const tenant = this.mind.memory.tenant(lane.tenantId);
    const pendings = lane.queue.splice(0, lane.single > 0 ? 1 : maxBatchCommands);
    if (tenant !== undefined && !pendings.some(wasTried)) this.decideAll(lane, tenant, pendings, false);
    else void this.loadAndDecide(lane, pendings, tenant === undefined ? this.expectedOf(pendings) : []);
  }

  private expectedOf(pendings: readonly Pending[]): Missing[] {
    return pendings.slice(0, maxForeseen).flatMap(({ request }) => this.mind.foresight.expect(request));
  }

  /** `fresh` when the tenant was loaded after all of them had arrived: then a refusal needs no confirmation. */
  private decideAll(lane: Lane, tenant: TenantMemory, pendings: readonly Pending[], fresh: boolean): void {
    const { prepared, missing, later } = prepareBatch(this.mind, lane, tenant, pendings);
    if (missing.length > 0) {
      void this.loadAndDecide(lane, pendings, missing);
      return;
    }
    lane.queue = [...later, ...lane.queue];
    if (prepared.commands.length > 0) {
      lane.open = prepared;
      this.outlet.ready(prepared);
    } else if (fresh) {
      this.recovery.refuseAll(prepared.refused);
      this.outlet.release(lane);
    } else {
      void this.confirmRefusals(prepared, tenant);
    }
  }

  /** Nothing to commit: a read tells whether the refusals were decided on the present state. */
  private async confirmRefusals({ lane, batch, refused }: Prepared, tenant: TenantMemory): Promise<void> {
    const pendings = refused.map(({ pending }) => pending);
    try {
      const present = await load(this.loading, lane.tenantId, []);
      if (present === tenant && present.position === batch.expected) {
        this.recovery.refuseAll(refused);
        this.outlet.release(lane);
      } else {
        this.decideAll(lane, present, pendings, true);
      }
    } catch (error) {
      await this.outlet.recover(lane, pendings, error);
    }
    this.outlet.schedule();
  }

  private async loadAndDecide(lane: Lane, pendings: readonly Pending[], missing: readonly Missing[]): Promise<void> {
    try {
      const tenant = await load(this.loading, lane.tenantId, missing);
      // In this order: an attempt that lands before the load is found here, one that lands later moves the head, and
      // the batch with it. The other way round it would be in memory, taken for another command's, and done twice.
      const open = await this.recovery.withoutDone(pendings);
      if (open.length > 0) this.decideAll(lane, tenant, open, true);
      else this.outlet.release(lane);
    } catch (error) {
      await this.outlet.recover(lane, pendings, error);
    }
    this.outlet.schedule();
  }

  /** What has come since the lane's batch was decided, or sent: joins it, or begins the one after it. */
  extend(lane: Lane): void {
    if (lane.queue.length === 0 || lane.single > 0 || lane.losses > 0 || lane.queue.some(wasTried)) return;
    const open = lane.open ?? this.beginNext(lane);
    if (open === null) return;
    const room = maxBatchCommands - open.commands.length - open.refused.length;
    const pendings = lane.queue.splice(0, Math.max(0, room));
    const { missing, unmet, later, spoilt } = extendBatch(this.mind, open, pendings, lane.sent?.keys);
    lane.queue = [...later, ...lane.queue];
    lane.unmet.push(...unmet);
    if (spoilt) this.startOver(lane, open, missing);
  }

  private beginNext(lane: Lane): Prepared | null {
    const tenant = this.mind.memory.tenant(lane.tenantId);
    if (lane.sent === null || lane.unmet.length > 0 || tenant === undefined) return null;
    lane.open = beginBatch(this.mind, lane, tenant, lane.sent);
    return lane.open;
  }

  private startOver(lane: Lane, spoilt: Prepared, missing: readonly Missing[]): void {
    const pendings = [...pendingsOf(spoilt), ...lane.unmet];
    lane.open = null;
    lane.unmet = [];
    if (lane.sent !== null) {
      lane.unmet = pendings;
      return;
    }
    this.outlet.withdraw(spoilt);
    void this.loadAndDecide(lane, pendings, missing);
  }
}
