// Reads the feed for callers, and parks those for whom there is nothing yet: in the process, without a connection.
import { setTimeout as sleep } from 'node:timers/promises';
import { defineRefusals } from '../kernel/refusal.ts';
import { type FeedPage, type FeedRequest, readFeed } from '../projections/feed.ts';
import type { Database } from '../sql/database.ts';
import type { FeedHub, Watch } from './feed-hub.ts';
import type { Histogram, Metrics } from './platform/metrics.ts';

export const feedRefusals = defineRefusals({
  feed_readers_exceeded: {
    kind: 'limited',
    title: 'This key has too many requests waiting for changes',
    remedy: 'Wait with fewer requests at a time; one is enough to see every event.',
  },
});

export interface Parked {
  readonly credentialId: string;
  /** Already counted by `enter`. */
  readonly entered?: boolean;
  readonly ms: number;
  /** Called with what ends the wait when the caller goes away. */
  onGone(end: () => void): void;
  /** Rejects when the caller may no longer read. */
  confirm(): Promise<void>;
}

export interface FeedSources {
  readonly database: Database;
  readonly hub: FeedHub;
  readonly metrics: Metrics;
  readonly maxWaitingPerKey: number;
}

interface Waiting extends Parked {
  readonly watch: Watch;
  readonly deadlineMs: number;
}

/** A reader whose filter keeps missing looks again no sooner than this, however fast the log grows. */
const pauseMs = 25;

export class FeedReader {
  readonly hub: FeedHub;
  private readonly database: Database;
  private readonly maxParked: number;
  private readonly wakes: Histogram;
  private readonly parkedBy = new Map<string, number>();
  /** Reads on their way, by what was asked after which wake-up: readers that wake together share them. */
  private readonly reads = new Map<string, Promise<FeedPage>>();
  private parked = 0;

  constructor(sources: FeedSources) {
    const { metrics } = sources;
    this.database = sources.database;
    this.hub = sources.hub;
    this.maxParked = sources.maxWaitingPerKey;
    this.wakes = metrics.histogram(
      'loopledger_feed_wake_seconds',
      'From a known commit to the page of a waiting reader.',
    );
    metrics.addGauges(() => [
      { name: 'loopledger_feed_parked', help: 'Requests that wait for changes.', value: this.parked },
    ]);
  }

  read(request: FeedRequest): Promise<FeedPage> {
    return readFeed(this.database, request);
  }

  /** The first page that tells something new, or an empty one when time is up. */
  async follow(request: FeedRequest, parked: Parked): Promise<FeedPage> {
    const deadlineMs = performance.now() + parked.ms;
    const watch = this.hub.watch(request.tenantId);
    parked.onGone(watch.close);
    try {
      const page = await this.read(request);
      return tells(page) ? page : await this.wait(request, page, { ...parked, watch, deadlineMs });
    } finally {
      watch.close();
    }
  }

  private async wait(request: FeedRequest, empty: FeedPage, parked: Waiting): Promise<FeedPage> {
    const { watch, deadlineMs } = parked;
    const leave = parked.entered === true ? null : this.enter(parked.credentialId);
    let page = empty;
    try {
      while (await watch.beyond(page.head, deadlineMs - performance.now())) {
        const wanted = { ...request, after: page.position };
        [page] = await Promise.all([this.readShared(wanted, watch.head), parked.confirm()]);
        if (tells(page)) break;
        await sleep(pauseMs);
      }
      return page;
    } finally {
      leave?.();
    }
  }

  /** Counts a reader that waits; the returned function lets it go. */
  enter(credentialId: string): () => void {
    const count = this.parkedBy.get(credentialId) ?? 0;
    if (count >= this.maxParked) {
      const detail = `This key has ${count} requests waiting for changes already.`;
      throw feedRefusals.refuse('feed_readers_exceeded', detail, { headers: { 'retry-after': '1' } });
    }
    this.parkedBy.set(credentialId, count + 1);
    this.parked += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.parked -= 1;
      const others = (this.parkedBy.get(credentialId) ?? 1) - 1;
      if (others === 0) this.parkedBy.delete(credentialId);
      else this.parkedBy.set(credentialId, others);
    };
  }

  private readShared(request: FeedRequest, head: number): Promise<FeedPage> {
    const key = `${head} ${JSON.stringify(request)}`;
    const same = this.reads.get(key);
    if (same !== undefined) return same;
    const wokenMs = this.hub.movedMs(request.tenantId);
    const reading = this.read(request).finally(() => {
      this.reads.delete(key);
      this.wakes.observe(performance.now() - wokenMs);
    });
    this.reads.set(key, reading);
    return reading;
  }
}

function tells(page: FeedPage): boolean {
  return page.count > 0 || page.position < page.head;
}
