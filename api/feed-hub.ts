// The hub: wakes readers that wait for a tenant's log to move. It holds no database connection for any of them.
// Commits of this process wake at once, a notice from another process makes it look, and a look now and then covers both.
import type { Database } from '../sql/database.ts';
import { readPosition, readPositions } from '../sql/feed-position.ts';
import type { Follower } from '../sql/wake-up.ts';

/** One tenant that somebody follows. Open it before the first read: what moves in between is then not missed. */
export interface Watch {
  /** The highest position known so far. */
  readonly head: number;
  /** True once the head is beyond the position; false when time is up, the watch is closed or the process stops. */
  beyond(position: number, ms: number): Promise<boolean>;
  close(): void;
}

interface Waiter {
  readonly position: number;
  wake(reached: boolean): void;
}

interface Watched {
  head: number;
  /** When the head became known, by this process's clock. */
  movedMs: number;
  watches: number;
  readonly waiters: Set<Waiter>;
}

const lookEveryMs = 250;

export class FeedHub implements Follower {
  private readonly database: Database;
  private readonly watched = new Map<string, Watched>();
  private timer: NodeJS.Timeout | null = null;
  private looking = false;
  private lookAgain = false;
  private released = false;

  constructor(database: Database) {
    this.database = database;
  }

  moved(tenantId: string, head: number): void {
    const watched = this.watched.get(tenantId);
    if (watched === undefined || head <= watched.head) return;
    watched.head = head;
    watched.movedMs = performance.now();
    for (const waiter of watched.waiters) if (waiter.position < head) waiter.wake(true);
  }

  stirred(): void {
    void this.look();
  }

  /** When the present head of a followed tenant became known. */
  movedMs(tenantId: string): number {
    return this.watched.get(tenantId)?.movedMs ?? 0;
  }

  watch(tenantId: string): Watch {
    const watched = this.watched.get(tenantId) ?? { head: 0, movedMs: 0, watches: 0, waiters: new Set<Waiter>() };
    this.watched.set(tenantId, watched);
    watched.watches += 1;
    let open = true;
    let waiter: Waiter | null = null;
    return {
      get head() {
        return watched.head;
      },
      beyond: (position, ms) => {
        if (watched.head > position) return Promise.resolve(true);
        if (ms <= 0 || !open || this.released) return Promise.resolve(false);
        return new Promise((resolve) => {
          waiter = park(watched, position, ms, resolve);
          this.lookNowAndThen();
        });
      },
      close: () => {
        if (!open) return;
        open = false;
        waiter?.wake(false);
        watched.watches -= 1;
        if (watched.watches === 0) this.watched.delete(tenantId);
      },
    };
  }

  /** The head, as soon as it is at the position or time is up. */
  async waitForPosition(tenantId: string, position: number, ms: number): Promise<number> {
    const watch = this.watch(tenantId);
    try {
      const head = await readPosition(this.database, tenantId);
      if (head < position) await watch.beyond(position - 1, ms);
      return Math.max(head, watch.head);
    } finally {
      watch.close();
    }
  }

  /** Everyone who waits answers now, and nobody waits any more. */
  release(): void {
    this.released = true;
    this.rest();
    for (const { waiters } of this.watched.values()) for (const waiter of waiters) waiter.wake(false);
  }

  private lookNowAndThen(): void {
    this.timer ??= setInterval(() => void this.look(), lookEveryMs);
  }

  private rest(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  /** Notices that come while the answer is on its way are answered by one more look. */
  private async look(): Promise<void> {
    this.lookAgain = this.looking;
    if (this.looking) return;
    const waited = [...this.watched].filter(([, { waiters }]) => waiters.size > 0).map(([tenantId]) => tenantId);
    if (waited.length === 0) {
      this.rest();
      return;
    }
    this.looking = true;
    try {
      const found = await readPositions(this.database, waited);
      for (const { tenant_id, head } of found) this.moved(tenant_id, head);
    } catch {
      // The database is away: whoever waits goes on waiting, and the next look is soon.
    } finally {
      this.looking = false;
    }
    if (this.lookAgain) void this.look();
  }
}

function park(watched: Watched, position: number, ms: number, resolve: (reached: boolean) => void): Waiter {
  const timer = setTimeout(() => waiter.wake(false), ms);
  const waiter: Waiter = {
    position,
    wake(reached) {
      clearTimeout(timer);
      if (watched.waiters.delete(waiter)) resolve(reached);
    },
  };
  watched.waiters.add(waiter);
  return waiter;
}
