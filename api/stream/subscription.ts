// One subscription of a socket: pages from the log until it is where the tail begins, then told with everybody else.
// A socket that does not keep up sends it back to the log, so that nothing is held for it in memory.
import { setTimeout as sleep } from 'node:timers/promises';
import { type FeedFilter, readFeed } from '../../projections/feed.ts';
import { matcherOf, type TailEvent } from '../../projections/feed-tail.ts';
import type { ApiContext } from '../context.ts';
import { frame, frameText } from './frame.ts';
import type { FrameCache, Tail, TailListener } from './tail.ts';

/** Where frames go. */
export interface Outlet {
  readonly closed: boolean;
  /** Takes no more for now. */
  readonly congested: boolean;
  /** When it takes more again, or is closed. */
  whenFree(): Promise<void>;
  send(frame: Buffer): void;
}

export interface SubscriptionStart {
  readonly id: string;
  readonly tenantId: string;
  readonly filter: FeedFilter;
  /** Null is the head. */
  readonly after: number | null;
}

/** A page is what waits for a slow socket at most beside what waits already, so large events come in fewer. */
const pageChars = 262_144;
const firstEvents = 50;
const mostEvents = 200;
const troubleMs = 500;

export class Subscription implements TailListener {
  readonly id: string;
  private readonly api: ApiContext;
  private readonly outlet: Outlet;
  private readonly tail: Tail;
  private readonly start: SubscriptionStart;
  private readonly matches: (event: TailEvent) => boolean;
  private readonly group: string;
  private position: number;
  private open = true;
  private live = false;
  private sentMs = performance.now();
  private pageEvents = firstEvents;

  constructor(api: ApiContext, outlet: Outlet, tail: Tail, start: SubscriptionStart) {
    this.api = api;
    this.outlet = outlet;
    this.tail = tail;
    this.start = start;
    this.id = start.id;
    this.matches = matcherOf(start.filter);
    this.group = `${start.id}\n${JSON.stringify(start.filter)}`;
    this.position = start.after ?? tail.position;
    void this.catchUp();
  }

  get isBehind(): boolean {
    return !this.live;
  }

  close(): void {
    this.open = false;
    this.tail.listeners.delete(this);
  }

  tell(events: readonly TailEvent[], round: FrameCache): void {
    if (this.outlet.congested) {
      this.fallBehind();
      return;
    }
    const whole = (events[0] as TailEvent).position > this.position;
    const frame = whole ? this.sharedFrame(events, round) : this.frameOf(events);
    this.position = Math.max(this.position, (events.at(-1) as TailEvent).position);
    if (frame !== null) this.say(frame);
  }

  /** Marks the place of a subscription for which nothing came for long. */
  markPlace(nowMs: number, quietMs: number): void {
    if (!this.live || nowMs - this.sentMs < quietMs || this.outlet.congested) return;
    this.say(frame({ op: 'bookmark', id: this.id, cursor: this.cursor() }));
  }

  cursor(): string {
    return this.api.cursors.sealFeed(this.start.tenantId, this.position);
  }

  private sharedFrame(events: readonly TailEvent[], round: FrameCache): Buffer | null {
    const known = round.get(this.group);
    if (known !== undefined) return known;
    const made = this.frameOf(events);
    round.set(this.group, made);
    return made;
  }

  private frameOf(events: readonly TailEvent[]): Buffer | null {
    const texts = events
      .filter((event) => event.position > this.position && this.matches(event))
      .map(({ text }) => text);
    if (texts.length === 0) return null;
    return this.eventsFrame(texts.join(','), (events.at(-1) as TailEvent).position);
  }

  private eventsFrame(text: string, position: number): Buffer {
    const cursor = this.api.cursors.sealFeed(this.start.tenantId, position);
    return frameText(`{"op":"events","id":${JSON.stringify(this.id)},"events":[${text}],"cursor":"${cursor}"}`);
  }

  private say(message: Buffer): void {
    this.sentMs = performance.now();
    this.outlet.send(message);
  }

  private fallBehind(): void {
    this.live = false;
    this.tail.listeners.delete(this);
    this.say(frame({ op: 'behind', id: this.id, cursor: this.cursor() }));
    void this.catchUp();
  }

  private async catchUp(): Promise<void> {
    while (this.open && !this.outlet.closed) {
      if (this.outlet.congested) await this.outlet.whenFree();
      else if (this.join()) return;
      // The database is away: the place is kept, and the log is asked again.
      else await this.page().catch(() => sleep(troubleMs));
    }
  }

  /** The seam: from here on nothing is read, because all that follows is told. Nothing is awaited in between. */
  private join(): boolean {
    const missing = this.tail.since(this.position);
    if (missing === null) return false;
    const message = missing.length === 0 ? null : this.frameOf(missing);
    this.position = Math.max(this.position, this.tail.position);
    this.live = true;
    this.tail.listeners.add(this);
    if (message !== null) this.say(message);
    this.say(frame({ op: 'live', id: this.id, cursor: this.cursor() }));
    return true;
  }

  private async page(): Promise<void> {
    const { tenantId, filter } = this.start;
    const request = { tenantId, after: this.position, limit: this.pageEvents, withData: true, filter };
    const page = await readFeed(this.api.database, request);
    if (!this.open || this.outlet.closed) return;
    this.position = page.position;
    if (page.count === 0) return;
    this.pageEvents = Math.max(1, Math.min(mostEvents, Math.floor((pageChars * page.count) / page.text.length)));
    this.say(this.eventsFrame(page.text, page.position));
  }
}
