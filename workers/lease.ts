// Returns stories whose lease ran out to the queue. A lapsed lease is dead before this comes; it only says so.
import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { lapseLease } from '../commands/story-claim.ts';
import { systemActor } from '../kernel/actor.ts';
import { Refusal } from '../kernel/refusal.ts';
import { type Lapsed, listLapsed } from '../projections/lease.ts';
import { type Database, isConnectionFailure } from '../sql/database.ts';
import { readMovedPositions } from '../sql/feed-position.ts';
import type { Ledger } from '../sql/ledger.ts';
import type { WorkerGauge, WorkerLog } from './log.ts';

const roundEveryMs = 5_000;
/** A lease lasts four hours at most and its beginning is an event, so nothing lapses in a log that rested for longer. */
const recentSeconds = 5 * 3_600;

export interface LeaseSources {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly log: WorkerLog;
}

export class LeaseWatch {
  private readonly sources: LeaseSources;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private rounds = 0;
  private returned = 0;

  constructor(sources: LeaseSources) {
    this.sources = sources;
  }

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  gauges(): WorkerGauge[] {
    return [{ name: 'loopledger_leases_lapsed', help: 'Stories returned by this process.', value: this.returned }];
  }

  /** Every tenant that may hold a lease, once; `now` is what leases are compared with. */
  async round(now: string = new Date().toISOString()): Promise<void> {
    const { database } = this.sources;
    // The first look is at all of them: nobody knows how long there was no worker.
    const moved = await readMovedPositions(database, this.rounds === 0 ? null : recentSeconds);
    for (const { tenant_id } of moved) {
      for (const lapsed of await listLapsed(database, tenant_id, now)) await this.giveBack(tenant_id, lapsed);
      if (this.stopping.signal.aborted) return;
    }
    this.rounds += 1;
  }

  private async giveBack(tenantId: string, { story_id, fence, lease_until }: Lapsed): Promise<void> {
    try {
      await this.sources.ledger.execute({
        tenantId,
        actor: systemActor,
        definition: lapseLease,
        command: { story_id, fence },
        correlationId: story_id,
        // Of two workers that find the same lapse, the second gets the answer of the first.
        idempotency: {
          key: `lapse/${story_id}/${fence}/${lease_until}`,
          requestHash: hash('sha256', `${story_id} ${fence}`, 'buffer'),
          supplied: true,
        },
        expectedVersion: null,
        render: () => ({ status: 200, body: 'null' }),
      });
      this.returned += 1;
    } catch (error) {
      // What is put away keeps its lease until it is taken up again.
      if (!(error instanceof Refusal)) throw error;
    }
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.round();
      } catch (error) {
        const message = isConnectionFailure(error) ? 'the database is away' : 'leases could not be looked at';
        this.sources.log.warn({ err: error }, message);
      }
      await sleep(roundEveryMs, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
    }
  }
}
