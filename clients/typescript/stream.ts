// Follows the log over WebSocket, and goes on from the last cursor whenever the socket is lost.
import { type Followed, FollowError, type FollowOptions, type LogEvent, pause } from './follow.ts';

export interface StreamOptions extends FollowOptions {
  /** Told when all that there was has been passed on, and when it is so no longer. */
  readonly onLive?: (live: boolean) => void;
}

interface Said {
  readonly op: string;
  readonly cursor?: string;
  readonly events?: readonly LogEvent[];
  readonly heartbeat_ms?: number;
  readonly problem?: { readonly status: number; readonly code: string };
}

const firstPauseMs = 200;
const longestPauseMs = 10_000;
/** So much may wait for a caller that takes its time; then the socket is let go, and the rest is read again later. */
const mostWaiting = 256;
/** A quiet server says where it is once in a heartbeat. */
const silentBeats = 3;

export async function* stream(options: StreamOptions): AsyncGenerator<Followed, void> {
  let since = options.since ?? 'now';
  let seen = 0;
  let pauseMs = firstPauseMs;
  while (options.signal?.aborted !== true) {
    try {
      for await (const { cursor, events } of listen(options, since)) {
        const fresh = events.filter(({ position }) => position > seen);
        seen = fresh.at(-1)?.position ?? seen;
        since = cursor;
        pauseMs = firstPauseMs;
        yield { events: fresh, cursor };
      }
    } catch (error) {
      if (error instanceof FollowError) throw error;
    }
    options.onLive?.(false);
    await pause(pauseMs, options.signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/** What one socket tells of, until it ends. */
async function* listen(options: StreamOptions, since: string): AsyncGenerator<Followed, void> {
  const inbox = new Inbox(await open(options));
  const end = (): void => inbox.end();
  options.signal?.addEventListener('abort', end);
  try {
    const where = options.projectId === undefined ? {} : { where: { project_id: [options.projectId] } };
    const types = options.types === undefined ? {} : { types: options.types };
    inbox.say({ op: 'sub', id: 'follow', since, ...types, ...where });
    for (let said = await inbox.next(); said !== null; said = await inbox.next()) {
      if (said.op === 'error') throw new FollowError(said.problem?.status ?? 400, said.problem?.code ?? 'unknown');
      if (said.op === 'live' || said.op === 'behind') options.onLive?.(said.op === 'live');
      const { cursor, events = [] } = said;
      if (cursor !== undefined) yield { cursor, events };
    }
  } finally {
    options.signal?.removeEventListener('abort', end);
    inbox.end();
  }
}

/** What a socket said and nobody has taken yet. */
class Inbox {
  private readonly socket: WebSocket;
  private readonly waiting: Said[] = [];
  private ended = false;
  private wake = (): void => undefined;
  private silenceMs = 60_000;
  private silence: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.addEventListener('message', ({ data }) => this.take(JSON.parse(String(data)) as Said));
    for (const event of ['close', 'error']) socket.addEventListener(event, () => this.end());
    this.listen();
  }

  say(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Null after the last one. */
  async next(): Promise<Said | null> {
    while (this.waiting.length === 0 && !this.ended) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.waiting.shift() ?? null;
  }

  end(): void {
    this.ended = true;
    clearTimeout(this.silence);
    this.socket.close();
    this.wake();
  }

  private take(said: Said): void {
    if (this.ended) return;
    if (said.heartbeat_ms !== undefined) this.silenceMs = said.heartbeat_ms * silentBeats;
    this.waiting.push(said);
    this.listen();
    if (this.waiting.length >= mostWaiting) this.end();
    this.wake();
  }

  private listen(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.end(), this.silenceMs);
  }
}

/** By a ticket, because a WebSocket of browsers and of Node takes no headers. */
async function open({ url, key, signal }: StreamOptions): Promise<WebSocket> {
  const response = await fetch(`${url}/api/v1/stream/tickets`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    ...(signal === undefined ? {} : { signal }),
  });
  const answer = (await response.json()) as { readonly ticket: string; readonly code: string };
  if (!response.ok && response.status < 500 && response.status !== 429) {
    throw new FollowError(response.status, answer.code);
  }
  if (!response.ok) throw new Error('no ticket for the moment');
  const place = `${url.replace(/^http/, 'ws')}/api/v1/stream`;
  const socket = new WebSocket(place, ['ll.v1', `ll.ticket.${answer.ticket}`]);
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve(socket), { once: true });
    socket.addEventListener('error', () => reject(new Error('the socket did not open')), { once: true });
  });
}
