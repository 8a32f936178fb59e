// Writes down what became of deliveries while others of the same turn are still under way, so that little of what was sent
// is sent again when this process dies. While the database is away, what came of a turn waits here.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, isConnectionFailure } from '../sql/database.ts';
import { type DeliveryResult, type LaneName, type LaneRow, recordDeliveries, renewClaim } from '../sql/delivery.ts';

/** Longer than the longest attempt: whoever hears nothing of a lane for that long may take it. */
export const claimS = 20;
const pauseMs = 200;
/** A database that is away for longer has most likely forgotten who had the lane. */
const patienceMs = 60_000;

export interface RecordSources {
  readonly database: Database;
  readonly isStopping: () => boolean;
}

export class LaneRecord {
  private readonly sources: RecordSources;
  private readonly name: LaneName;
  private waiting: DeliveryResult[] = [];
  private writing: Promise<void> | null = null;

  constructor(sources: RecordSources, name: LaneName) {
    this.sources = sources;
    this.name = name;
  }

  /** Results that come while others are being written go together with the next ones, the last ones with the lane. */
  add(result: DeliveryResult, isLast: boolean): void {
    this.waiting.push(result);
    if (!isLast) this.writing ??= this.write();
  }

  /** Lets the lane go. */
  async finish(lane: LaneRow): Promise<void> {
    await this.writing;
    const { database } = this.sources;
    await this.patiently(() => recordDeliveries(database, this.name, this.waiting, lane));
  }

  private async write(): Promise<void> {
    const { database } = this.sources;
    const some = this.waiting;
    this.waiting = [];
    try {
      await this.patiently(() => renewClaim(database, this.name, some, claimS));
    } catch {
      // They are told once more at the end of the turn, and what keeps them from being written is told there.
      this.waiting.unshift(...some);
      return;
    }
    this.writing = this.waiting.length > 0 ? this.write() : null;
    await this.writing;
  }

  private async patiently(write: () => Promise<void>): Promise<void> {
    for (const endMs = performance.now() + patienceMs; ;) {
      try {
        await write();
        return;
      } catch (error) {
        const isOver = this.sources.isStopping() || performance.now() > endMs;
        if (isOver || !isConnectionFailure(error)) throw error;
        await sleep(pauseMs);
      }
    }
  }
}
