// Follows the log of the session's tenant: by WebSocket, and by long poll while no socket opens. It goes on from the last
// cursor whenever a connection is lost, and passes each event on once.
import { deliver, type LogEvent, requestOf, type Response } from '../api/client.ts';
import { Problem } from '../api/problem.ts';
import { listen } from './socket.ts';

export interface Wanted {
  /** `0`, `now`, a cursor, or a time. */
  readonly since: string;
  readonly types: readonly string[];
  readonly project: string | undefined;
  /** A key or an agent. */
  readonly actor: string | undefined;
}

export type Standing =
  | { readonly is: 'connecting' | 'behind' | 'live' | 'polling' | 'lost' | 'ended' }
  | { readonly is: 'refused'; readonly error: unknown };

export interface Listener {
  hear(events: readonly LogEvent[], cursor: string): void;
  learnHead(head: number): void;
  stand(standing: Standing): void;
}

type Page = Response<'GET /api/v1/changes'>;

const firstPauseMs = 250;
const longestPauseMs = 5_000;
/** So many sockets that never opened mean that none does. */
const patience = 2;
const socketAgainMs = 60_000;
const waitSeconds = 20;
const signedOut = 4401;

export class Follower {
  private readonly wanted: Wanted;
  private readonly listener: Listener;
  private readonly gone = new AbortController();
  private since: string;
  private seen = 0;
  private pauseMs = firstPauseMs;
  private wake: () => void = () => undefined;

  constructor(wanted: Wanted, listener: Listener) {
    this.wanted = wanted;
    this.listener = listener;
    this.since = wanted.since;
  }

  async run(): Promise<void> {
    let unopened = 0;
    while (!this.gone.signal.aborted) {
      try {
        if (unopened === patience) {
          unopened = 0;
          await this.byPoll();
          continue;
        }
        unopened = (await this.bySocket()) ? 0 : unopened + 1;
        if (unopened === patience) continue;
      } catch (error) {
        if (this.isFinal(error)) return;
      }
      if (this.gone.signal.aborted) return;
      if (unopened === 0) this.say({ is: 'lost' });
      await this.rest();
    }
  }

  /** Tries again at once. */
  hurry(): void {
    this.pauseMs = firstPauseMs;
    this.wake();
  }

  close(): void {
    this.gone.abort();
    this.wake();
  }

  /** Whether the socket opened. */
  private async bySocket(): Promise<boolean> {
    const { types, project, actor } = this.wanted;
    const where = {
      ...(project === undefined ? {} : { project_id: [project] }),
      ...(actor === undefined ? {} : { actor: [actor] }),
    };
    const sub = { since: this.since, ...(types.length === 0 ? {} : { types }), where };
    const end = await listen(sub, this.gone.signal, {
      opened: () => {
        this.say({ is: 'behind' });
        void this.askHead();
      },
      live: (live) => this.say({ is: live ? 'live' : 'behind' }),
      heard: (events, cursor) => this.pass(events, cursor),
    });
    if (end.code === signedOut) throw new SignedOut();
    if (end.problem !== null) throw end.problem;
    return end.opened;
  }

  private async byPoll(): Promise<void> {
    const untilMs = performance.now() + socketAgainMs;
    let wait = 0;
    while (!this.gone.signal.aborted && performance.now() < untilMs) {
      const { types, project, actor } = this.wanted;
      const query = {
        since: this.since,
        wait,
        ...(types.length === 0 ? {} : { types }),
        ...(project === undefined ? {} : { project_id: [project] }),
        ...(actor === undefined ? {} : { actor: [actor] }),
      };
      const request = requestOf('GET /api/v1/changes', { query });
      const page = (await deliver(request, {}, this.gone.signal)) as Page;
      this.pass(page.data, page.next_cursor);
      this.listener.learnHead(page.head);
      this.say({ is: page.has_more ? 'behind' : 'polling' });
      wait = page.has_more ? 0 : waitSeconds;
    }
  }

  /** A socket does not tell how long the log is. */
  private async askHead(): Promise<void> {
    const query = { since: 'now', limit: 1, include: 'none' } as const;
    const request = requestOf('GET /api/v1/changes', { query });
    const page = await deliver(request, {}, this.gone.signal).catch(() => null);
    if (page !== null) this.listener.learnHead((page as Page).head);
  }

  private pass(events: readonly LogEvent[], cursor: string): void {
    this.since = cursor;
    this.pauseMs = firstPauseMs;
    const fresh = events.filter(({ position }) => position > this.seen);
    this.seen = fresh.at(-1)?.position ?? this.seen;
    this.listener.hear(fresh, cursor);
  }

  private say(standing: Standing): void {
    if (!this.gone.signal.aborted) this.listener.stand(standing);
  }

  /** What no other try will change. */
  private isFinal(error: unknown): boolean {
    const isSignedOut = error instanceof SignedOut || (error instanceof Problem && error.status === 401);
    if (isSignedOut) this.say({ is: 'ended' });
    const isRefused = error instanceof Problem && error.status < 500 && error.status !== 429;
    if (!isSignedOut && isRefused) this.say({ is: 'refused', error });
    return isSignedOut || isRefused;
  }

  private async rest(): Promise<void> {
    const ms = this.pauseMs * (0.5 + Math.random());
    this.pauseMs = Math.min(this.pauseMs * 2, longestPauseMs);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

class SignedOut extends Error {}
