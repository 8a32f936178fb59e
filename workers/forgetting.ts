// Forgets answers to requests that nobody will repeat any more. It walks through one tenant after the other in small
// steps with pauses, so that it is never noticed.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, isConnectionFailure } from '../sql/database.ts';
import { readMovedPositions } from '../sql/feed-position.ts';
import { purgeRequests, type PurgePlace } from '../sql/purge.ts';
import type { WorkerGauge, WorkerLog } from './log.ts';

const roundEveryMs = 3_600_000;
const stepPauseMs = 100;
const tenantPauseMs = 5;
const troubleMs = 60_000;

export class Forgetting {
  private readonly database: Database;
  private readonly log: WorkerLog;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private removed = 0;

  constructor(database: Database, log: WorkerLog) {
    this.database = database;
    this.log = log;
  }

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
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

  private async run(): Promise<void> {
    // Processes that start together do not walk together.
    await this.pause(troubleMs * Math.random());
    while (!this.stopping.signal.aborted) {
      try {
        await this.round();
        await this.pause(roundEveryMs);
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
