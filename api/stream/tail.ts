// The end of one tenant's log in memory: read once for all who follow it, kept for those who are about to catch up.
import { setTimeout as sleep } from 'node:timers/promises';
import { readTail, type TailEvent } from '../../projections/feed-tail.ts';
import type { Database } from '../../sql/database.ts';
import { readPosition } from '../../sql/feed-position.ts';
import type { FeedHub, Watch } from '../feed-hub.ts';
import type { Histogram } from '../platform/metrics.ts';

/** Told of every event once and in order, all of one read together. */
export interface TailListener {
  tell(events: readonly TailEvent[], round: FrameCache): void;
}

/** Frames of one round by what is in them: followers who ask for the same share one. */
export type FrameCache = Map<string, Buffer | null>;

export interface TailSources {
  readonly database: Database;
  readonly hub: FeedHub;
  readonly fanout: Histogram;
  readonly stopping: AbortSignal;
}

const keptEvents = 1_000;
const keptChars = 4 << 20;
const waitMs = 30_000;
const troubleMs = 250;

class Tail {
  readonly listeners = new Set<TailListener>();
  /** Of the last event that was read. */
  position = 0;
  followers = 0;
  private readonly tenantId: string;
  private readonly sources: TailSources;
  private readonly watch: Watch;
  private kept: TailEvent[] = [];
  private chars = 0;
  private open = true;
  readonly ready: Promise<void>;

  constructor(tenantId: string, sources: TailSources) {
    this.tenantId = tenantId;
    this.sources = sources;
    this.watch = sources.hub.watch(tenantId);
    this.ready = this.begin();
  }

  /** What comes after the position, when all of it is still here; null when some of it is not. */
  since(position: number): readonly TailEvent[] | null {
    if (position >= this.position) return [];
    const first = this.kept[0]?.position ?? this.position + 1;
    return position >= first - 1 ? this.kept.slice(position - first + 1) : null;
  }

  close(): void {
    this.open = false;
    this.watch.close();
  }

  private async begin(): Promise<void> {
    this.position = await readPosition(this.sources.database, this.tenantId);
    void this.run();
  }

  private async run(): Promise<void> {
    const { stopping } = this.sources;
    while (this.open && !stopping.aborted) {
      if (!(await this.watch.beyond(this.position, waitMs))) continue;
      // While the database is away, whoever follows waits; nothing is lost, because nothing was passed on.
      await this.read().catch(() => sleep(troubleMs));
    }
  }

  private async read(): Promise<void> {
    const { database, hub, fanout } = this.sources;
    const movedMs = hub.movedMs(this.tenantId);
    const events = await readTail(database, this.tenantId, this.position);
    const last = events.at(-1);
    if (last === undefined || !this.open) return;
    this.position = last.position;
    this.keep(events);
    const round: FrameCache = new Map();
    for (const listener of this.listeners) listener.tell(events, round);
    fanout.observe(performance.now() - movedMs);
  }

  private keep(events: readonly TailEvent[]): void {
    for (const event of events) this.chars += event.text.length;
    this.kept.push(...events);
    let dropped = 0;
    while (this.kept.length - dropped > keptEvents || this.chars > keptChars) {
      this.chars -= (this.kept[dropped] as TailEvent).text.length;
      dropped += 1;
    }
    if (dropped > 0) this.kept = this.kept.slice(dropped);
  }
}

export type { Tail };

/** The tails of all tenants that somebody follows. */
export class Tails {
  private readonly sources: TailSources;
  private readonly tails = new Map<string, Tail>();

  constructor(sources: TailSources) {
    this.sources = sources;
  }

  /** Each follower leaves by the returned function, once. */
  enter(tenantId: string): { readonly tail: Tail; readonly leave: () => void } {
    const tail = this.tails.get(tenantId) ?? new Tail(tenantId, this.sources);
    this.tails.set(tenantId, tail);
    tail.followers += 1;
    // A tail that could not begin is of no use to whoever comes next.
    tail.ready.catch(() => this.forget(tenantId, tail));
    let inside = true;
    return {
      tail,
      leave: () => {
        if (!inside) return;
        inside = false;
        tail.followers -= 1;
        if (tail.followers === 0) this.forget(tenantId, tail);
      },
    };
  }

  private forget(tenantId: string, tail: Tail): void {
    tail.close();
    if (this.tails.get(tenantId) === tail) this.tails.delete(tenantId);
  }
}
