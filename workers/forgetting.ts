// Forgets answers to requests that nobody will repeat any more. It walks through one tenant after the other in small
// steps with pauses, so that it is never noticed.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, isConnectionFailure } from '../sql/database.ts';
import { purgeCeremonies } from '../sql/ceremony.ts';
import { readMovedPositions } from '../sql/feed-position.ts';
import { purgeRequests, type PurgePlace } from '../sql/purge.ts';
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
  private removed = 0;
  private sweeping: Promise<void> = Promise.resolve();

  constructor(database: Database, log: WorkerLog) {
    this.database = database;
    this.log = log;
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
    ];
  }

  /** Every tenant once. */
  async round(): Promise<void> {
    for (const { tenant_id } of await readMovedPositions(this.database, null)) {
      let place: PurgePlace | null = null;
      do {
        const { removed, next } = await purgeRequests(this.database, tenant_id, place);
        this.removed += removed;
        place = next;
        if (place !== null) await this.pause(stepPauseMs);
      } while (place !== null && !this.stopping.signal.aborted);
      await this.pause(tenantPauseMs);
      if (this.stopping.signal.aborted) return;
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
