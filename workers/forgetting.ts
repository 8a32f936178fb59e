// Forgets answers to requests that nobody will repeat any more, and deliveries that ended long ago. It walks through one
// tenant after the other in small steps with pauses, so that it is never noticed.
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, type Database, isConnectionFailure, notAllowed } from '../sql/database.ts';
import { purgeCeremonies } from '../sql/ceremony.ts';
import { readMovedPositions } from '../sql/feed-position.ts';
import { purgeSpend } from '../sql/model-spend.ts';
import { purgeRunDeltas } from '../sql/run-delta.ts';
import { type DeliveryPlace, purgeDeliveries, type PurgePlace, purgeRequests } from '../sql/purge.ts';
import type { WorkerGauge, WorkerLog } from './log.ts';

const roundEveryMs = 3_600_000;
const sweepEveryMs = 60_000;
const stepPauseMs = 100;
const tenantPauseMs = 5;
const troubleMs = 60_000;

export class Forgetting {
  private readonly database: Database;
  private readonly log: WorkerLog;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private readonly deliveryDays: number;
  private readonly callDays: number;
  private removed = 0;
  private deliveries = 0;
  private calls = 0;
  private sweeping: Promise<void> = Promise.resolve();

  constructor(database: Database, log: WorkerLog, deliveryDays: number, callDays = 35) {
    this.database = database;
    this.log = log;
    this.deliveryDays = deliveryDays;
    this.callDays = callDays;
  }

  start(): void {
    this.running = this.repeat(() => this.round(), roundEveryMs);
    this.sweeping = this.repeat(() => this.sweep(), sweepEveryMs);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.running, this.sweeping]);
  }

  gauges(): WorkerGauge[] {
    return [
      { name: 'loopledger_requests_forgotten', help: 'Old answers removed by this process.', value: this.removed },
      {
        name: 'loopledger_deliveries_forgotten',
        help: 'Old deliveries removed by this process.',
        value: this.deliveries,
      },
      { name: 'loopledger_model_calls_forgotten', help: 'Old calls of models removed.', value: this.calls },
    ];
  }

  /** Every tenant once. */
  async round(): Promise<void> {
    for (const { tenant_id } of await readMovedPositions(this.database, null)) {
      this.removed += await this.walk((place: PurgePlace | null) => purgeRequests(this.database, tenant_id, place));
      this.deliveries += await this.forgetDeliveries(tenant_id);
      await this.forgetCalls(tenant_id);
      await this.pause(tenantPauseMs);
      if (this.stopping.signal.aborted) return;
    }
  }

  private async walk<Place>(
    step: (place: Place | null) => Promise<{ readonly removed: number; readonly next: Place | null }>,
  ): Promise<number> {
    let [sum, place]: [number, Place | null] = [0, null];
    do {
      const { removed, next }: { removed: number; next: Place | null } = await step(place);
      sum += removed;
      place = next;
      if (place !== null) await this.pause(stepPauseMs);
    } while (place !== null && !this.stopping.signal.aborted);
    return sum;
  }

  /** The role of the application removes none: those processes that send deliveries forget them too. */
  private async forgetDeliveries(tenantId: string): Promise<number> {
    const which = { tenantId, days: this.deliveryDays };
    try {
      return await this.walk((place: DeliveryPlace | null) => purgeDeliveries(this.database, which, place));
    } catch (error) {
      if (codeOf(error) === notAllowed) return 0;
      throw error;
    }
  }

  /** Of models, with what was spent on them, and live output that nobody came for. The same holds of who may. */
  private async forgetCalls(tenantId: string): Promise<void> {
    try {
      for (let isMore = true; isMore && !this.stopping.signal.aborted;) {
        const step = await purgeSpend(this.database, tenantId, this.callDays);
        this.calls += step.removed;
        ({ isMore } = step);
        if (isMore) await this.pause(stepPauseMs);
      }
      await purgeRunDeltas(this.database, tenantId);
    } catch (error) {
      if (codeOf(error) !== notAllowed) throw error;
    }
  }

  /** Ceremonies that nobody came back to. They are refused long before: this is for what they hold of people. */
  async sweep(): Promise<void> {
    await purgeCeremonies(this.database);
  }

  private async repeat(work: () => Promise<void>, everyMs: number): Promise<void> {
    // Processes that start together do not walk together.
    await this.pause(troubleMs * Math.random());
    while (!this.stopping.signal.aborted) {
      try {
        await work();
        await this.pause(everyMs);
      } catch (error) {
        const message = isConnectionFailure(error) ? 'the database is away' : 'forgetting old answers failed';
        this.log.warn({ err: error }, message);
        await this.pause(troubleMs);
      }
    }
  }

  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
  }
}
