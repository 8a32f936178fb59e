// Carries one asynchronous projection, or the fan-out, through the logs of all tenants. Any number of processes may do it at once: the
// checkpoint's row decides who writes, and a step that somebody else has done is done.
import { setTimeout as sleep } from 'node:timers/promises';
import { readReached } from '../projections/checkpoint.ts';
import type { Database } from '../sql/database.ts';
import type { Following } from './following.ts';
import type { WorkerGauge, WorkerLog } from './log.ts';
import type { LogFollower } from './log-watch.ts';

interface Behind {
  readonly tenantId: string;
  head: number;
  failures: number;
}

const maxAtOnce = 1;
/** A pause as long as the step before it: while writers keep the machine busy, a projection takes no more than its half. */
const longestRestMs = 250;
const busyPauseMs = 50;
const firstPauseMs = 250;
const longestPauseMs = 30_000;
const askAtOnce = 1_000;

export class Subscriber implements LogFollower {
  private readonly database: Database;
  private readonly following: Following;
  private readonly log: WorkerLog;
  /** How far the projection is known to have come. */
  private readonly reached = new Map<string, number>();
  private readonly behind = new Map<string, Behind>();
  /** Tenants that wait for a turn, first come first served. */
  private queue: Behind[] = [];
  private working = 0;
  private failures = 0;
  private stopped = false;
  private idle: (() => void)[] = [];
  private asking: Promise<void> = Promise.resolve();

  constructor(database: Database, following: Following, log: WorkerLog) {
    this.database = database;
    this.following = following;
    this.log = log;
  }

  gauges(): WorkerGauge[] {
    const { name } = this.following;
    const lag = [...this.behind.values()].map(({ tenantId, head }) => head - (this.reached.get(tenantId) ?? 0));
    return [
      {
        name: `loopledger_${name}_lag_positions`,
        help: `Events that the projection ${name} has not taken yet, in all tenants.`,
        value: lag.reduce((sum, positions) => sum + positions, 0),
      },
      { name: `loopledger_${name}_tenants_behind`, help: `Tenants in which ${name} is behind.`, value: lag.length },
      { name: `loopledger_${name}_failed_steps`, help: `Steps of ${name} that failed.`, value: this.failures },
    ];
  }

  moved(heads: ReadonlyMap<string, number>): void {
    const strangers: string[] = [];
    for (const [tenantId, head] of heads) {
      if (!this.reached.has(tenantId) && heads.size > 1) strangers.push(tenantId);
      else this.note(tenantId, head);
    }
    if (strangers.length > 0) this.asking = this.asking.then(() => this.ask(strangers, heads));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.queue = [];
    await this.asking;
    if (this.working > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private note(tenantId: string, head: number): void {
    if (this.stopped || head <= (this.reached.get(tenantId) ?? 0)) return;
    const known = this.behind.get(tenantId);
    if (known !== undefined) {
      known.head = Math.max(known.head, head);
      return;
    }
    const behind = { tenantId, head, failures: 0 };
    this.behind.set(tenantId, behind);
    this.queue.push(behind);
    this.work();
  }

  /** At the first look there may be thousands of tenants, nearly all of them up to date. */
  private async ask(tenantIds: readonly string[], heads: ReadonlyMap<string, number>): Promise<void> {
    for (let start = 0; start < tenantIds.length && !this.stopped; start += askAtOnce) {
      const some = tenantIds.slice(start, start + askAtOnce);
      try {
        const found = await readReached(this.database, this.following.name, some);
        for (const tenantId of some) {
          this.keep(tenantId, found.get(tenantId) ?? 0);
          this.note(tenantId, heads.get(tenantId) ?? 0);
        }
      } catch (error) {
        this.log.warn({ projection: this.following.name, err: error }, 'the checkpoints could not be read');
      }
    }
  }

  private keep(tenantId: string, position: number): void {
    this.reached.set(tenantId, Math.max(position, this.reached.get(tenantId) ?? 0));
  }

  private work(): void {
    while (this.working < maxAtOnce && !this.stopped) {
      const behind = this.queue.shift();
      if (behind === undefined) return;
      this.working += 1;
      void this.stepAndRest(behind).finally(() => {
        this.working -= 1;
        if (this.working === 0) for (const resolve of this.idle.splice(0)) resolve();
        this.work();
      });
    }
  }

  private async stepAndRest(behind: Behind): Promise<void> {
    const startedMs = performance.now();
    await this.step(behind);
    await sleep(Math.min(performance.now() - startedMs, longestRestMs));
  }

  private async step(behind: Behind): Promise<void> {
    const { tenantId } = behind;
    try {
      const progress = await this.following.advance(tenantId);
      behind.failures = 0;
      if (progress === null) {
        void this.later(behind, busyPauseMs);
        return;
      }
      this.keep(tenantId, progress.position);
      behind.head = Math.max(behind.head, progress.head);
      if (progress.position < behind.head) this.queue.push(behind);
      else this.behind.delete(tenantId);
    } catch (error) {
      this.fail(behind, error);
    }
  }

  /** The other tenants go on; this one is tried again, ever more slowly, and is seen in the metrics. */
  private fail(behind: Behind, error: unknown): void {
    this.failures += 1;
    this.following.forget(behind.tenantId);
    const fields = { projection: this.following.name, tenant_id: behind.tenantId, err: error };
    this.log.warn(fields, 'a step of a projection failed');
    void this.later(behind, Math.min(firstPauseMs * 2 ** behind.failures, longestPauseMs));
    behind.failures += 1;
  }

  private async later(behind: Behind, ms: number): Promise<void> {
    await sleep(ms, undefined, { ref: false });
    if (this.stopped) return;
    this.queue.push(behind);
    this.work();
  }
}
