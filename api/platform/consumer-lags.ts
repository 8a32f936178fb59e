// The lag of every consumer, for the metrics: read again when they are asked for, at most every few seconds.
import { type ConsumerLag, readConsumerLags } from '../../projections/consumer.ts';
import type { Database } from '../../sql/database.ts';
import type { Gauge } from './metrics.ts';

const freshMs = 10_000;
/** Whoever is furthest behind comes first, and the rest is not worth a line each. */
const maxShown = 500;

export class ConsumerLags {
  private readonly database: Database;
  private lags: readonly ConsumerLag[] = [];
  private askedMs = Number.NEGATIVE_INFINITY;

  constructor(database: Database) {
    this.database = database;
  }

  gauges(): readonly Gauge[] {
    const nowMs = performance.now();
    if (nowMs - this.askedMs >= freshMs) {
      this.askedMs = nowMs;
      void this.read();
    }
    return this.lags.map(({ consumer_id, lag }) => ({
      name: 'loopledger_consumer_lag_positions',
      help: 'Events that a consumer is not done with; named by the end of its id.',
      label: `consumer="${consumer_id.slice(-12)}"`,
      value: lag,
    }));
  }

  private async read(): Promise<void> {
    // While the database is away, the figures stay as they were.
    const found = await readConsumerLags(this.database).catch(() => null);
    if (found !== null) this.lags = found.sort((one, two) => two.lag - one.lag).slice(0, maxShown);
  }
}
