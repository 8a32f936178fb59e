// Sees who has which run in hand, again and again, and tells how soon another one had it after a death.
import { setTimeout as sleep } from 'node:timers/promises';
import { administer, type TestDatabase } from '../support/database.ts';

interface Claim {
  readonly run: string;
  readonly fence: number;
  /** The number of the process. */
  readonly pid: number;
  readonly seenMs: number;
}

const lookEveryMs = 100;

export class HandWatch {
  private readonly urls: TestDatabase;
  private readonly claims = new Map<string, Claim>();
  private stopped = false;

  constructor(urls: TestDatabase) {
    this.urls = urls;
  }

  stop(): void {
    this.stopped = true;
  }

  /** The process that was last seen to take a run. */
  get lastPid(): number | undefined {
    return [...this.claims.values()].at(-1)?.pid;
  }

  /** Every claim that was seen until it is stopped, in their order. */
  async watch(): Promise<Claim[]> {
    const { claims } = this;
    await administer(this.urls.adminUrl, async (client) => {
      while (!this.stopped) {
        const { rows } = await client.query<{ run: string; fence: number; worker: string }>(
          'select run_id as run, fence, worker from platform.run_leases',
        );
        for (const { run, fence, worker } of rows) {
          const name = `${run} ${fence}`;
          const pid = Number(worker.split(' ')[1]);
          if (!claims.has(name)) claims.set(name, { run, fence, pid, seenMs: Date.now() });
        }
        await sleep(lookEveryMs);
      }
    });
    return [...claims.values()];
  }
}

/** Of every claim whose process was killed before another one had the run. */
export function resumesOf(claims: readonly Claim[], deaths: ReadonlyMap<number, number>): number[] {
  return claims.flatMap(({ run, fence, pid }) => {
    const diedMs = deaths.get(pid);
    const next = claims.find((other) => other.run === run && other.fence > fence);
    return diedMs === undefined || next === undefined ? [] : [Math.max(0, next.seenMs - diedMs)];
  });
}
