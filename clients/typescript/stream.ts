// Follows the log over WebSocket, and goes on from the last cursor whenever the socket is lost.
import { type Followed, FollowError, type FollowedEvent, type FollowOptions, pause } from './follow.ts';

export interface StreamOptions extends FollowOptions {
  /** Told when all that there was has been passed on, and when it is so no longer. */
  readonly onLive?: (live: boolean) => void;
}

interface Said {
  readonly op: string;
  readonly cursor?: string;
  readonly events?: readonly FollowedEvent[];
  readonly problem?: { readonly status: number; readonly code: string };
}

const firstPauseMs = 200;
const longestPauseMs = 10_000;

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
  const socket = await open(options);
  const inbox: Said[] = [];
  let wake = (): void => undefined;
  let ended = false;
  const end = (): void => {
    ended = true;
    wake();
  };
  socket.addEventListener('message', ({ data }) => {
    inbox.push(JSON.parse(String(data)) as Said);
    wake();
  });
  for (const event of ['close', 'error']) socket.addEventListener(event, end);
  options.signal?.addEventListener('abort', end);
  try {
    const where = options.projectId === undefined ? {} : { where: { project_id: [options.projectId] } };
    const types = options.types === undefined ? {} : { types: options.types };
    socket.send(JSON.stringify({ op: 'sub', id: 'follow', since, ...types, ...where }));
    while (!ended || inbox.length > 0) {
      const said = inbox.shift();
      if (said === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      if (said.op === 'error') throw new FollowError(said.problem?.status ?? 400, said.problem?.code ?? 'unknown');
      if (said.op === 'live' || said.op === 'behind') options.onLive?.(said.op === 'live');
      const { cursor, events = [] } = said;
      if (cursor !== undefined) yield { cursor, events };
    }
  } finally {
    options.signal?.removeEventListener('abort', end);
    socket.close();
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
