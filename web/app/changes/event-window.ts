// The last events of the log as a page shows them: so many and no more, however long it stands open. While it is paused,
// what comes waits outside and is counted.
import type { LogEvent } from '../api/client.ts';
import { Follower, type Listener, type Standing, type Wanted } from './follower.ts';

export const mostShown = 200;
/** A burst is drawn a few times a second, not event by event. */
const drawMs = 200;

export interface Shown {
  /** The newest first. */
  readonly events: readonly LogEvent[];
  readonly standing: Standing;
  readonly paused: boolean;
  readonly waiting: number;
  /** Of the newest event that is shown, or 0. */
  readonly position: number;
  /** Where to go on from to get what is not shown yet. */
  readonly cursor: string | null;
  /** How many events what is shown is behind the log; null when it is not known. */
  readonly lag: number | null;
}

const nothing: Shown = {
  events: [],
  standing: { is: 'connecting' },
  paused: false,
  waiting: 0,
  position: 0,
  cursor: null,
  lag: null,
};

export class EventWindow implements Listener {
  private readonly wanted: Wanted;
  private readonly watchers = new Set<() => void>();
  private follower: Follower | null = null;
  private shown = nothing;
  private standing: Standing = nothing.standing;
  private waiting: LogEvent[] = [];
  private count = 0;
  private latest: string | null = null;
  private head: number | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(wanted: Wanted) {
    this.wanted = wanted;
  }

  readonly open = (): (() => void) => {
    const follower = new Follower({ ...this.wanted, since: this.latest ?? this.wanted.since }, this);
    this.follower = follower;
    void follower.run();
    return () => {
      follower.close();
      if (this.timer !== null) clearTimeout(this.timer);
      this.timer = null;
    };
  };

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  };

  readonly look = (): Shown => this.shown;

  pause(): void {
    this.shown = { ...this.shown, paused: true };
    this.draw();
  }

  resume(): void {
    this.shown = { ...this.shown, paused: false };
    this.draw();
  }

  hurry(): void {
    this.follower?.hurry();
  }

  hear(events: readonly LogEvent[], cursor: string): void {
    this.latest = cursor;
    this.count += events.length;
    this.waiting = [...this.waiting, ...events].slice(-mostShown);
    this.head = Math.max(this.head ?? 0, events.at(-1)?.position ?? 0);
    this.drawSoon();
  }

  learnHead(head: number): void {
    this.head = Math.max(this.head ?? 0, head);
    this.drawSoon();
  }

  stand(standing: Standing): void {
    this.standing = standing;
    this.drawSoon();
  }

  private drawSoon(): void {
    this.timer ??= setTimeout(() => this.draw(), drawMs);
  }

  private draw(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (!this.shown.paused) this.takeIn();
    this.shown = { ...this.shown, standing: this.standing, waiting: this.count, lag: this.lagOf(this.shown) };
    for (const watcher of this.watchers) watcher();
  }

  private takeIn(): void {
    const events =
      this.waiting.length === 0
        ? this.shown.events
        : [...this.waiting.toReversed(), ...this.shown.events].slice(0, mostShown);
    this.waiting = [];
    this.count = 0;
    this.shown = { ...this.shown, events, position: events[0]?.position ?? 0, cursor: this.latest };
  }

  /** Whoever is live was told of all that matches; what does not match is not missing. */
  private lagOf({ paused, position }: Shown): number | null {
    if (paused) return this.count;
    if (this.standing.is === 'live' || this.standing.is === 'polling') return 0;
    return this.head === null ? null : Math.max(0, this.head - position);
  }
}
