// One socket with one subscription, from its opening to its end. A page of this server needs no ticket: it has the cookie.
import type { LogEvent } from '../api/client.ts';
import { Problem } from '../api/problem.ts';

export interface Sub {
  readonly since: string;
  readonly types?: readonly string[];
  readonly where: object;
}

export interface SocketListener {
  opened(): void;
  live(live: boolean): void;
  heard(events: readonly LogEvent[], cursor: string): void;
}

export interface SocketEnd {
  readonly opened: boolean;
  readonly code: number;
  readonly problem: Problem | null;
}

interface Said {
  readonly op: string;
  readonly cursor?: string;
  readonly events?: readonly LogEvent[];
  readonly problem?: ConstructorParameters<typeof Problem>[0];
}

/** Nothing is heard for so long of a connection that broke without a word. */
const silentMs = 40_000;

export function listen(sub: Sub, gone: AbortSignal, listener: SocketListener): Promise<SocketEnd> {
  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/v1/stream`, 'll.v1');
  let opened = false;
  let problem: Problem | null = null;
  const close = () => socket.close();
  let silence = setTimeout(close, silentMs);
  function take({ op, cursor, events = [], problem: refused }: Said): void {
    if (op === 'ready') {
      opened = true;
      listener.opened();
      socket.send(JSON.stringify({ op: 'sub', id: 'page', ...sub }));
    }
    if (op === 'error' && refused !== undefined) {
      problem = new Problem(refused, null);
      close();
    }
    if (cursor !== undefined) listener.heard(events, cursor);
    if (op === 'live' || op === 'behind') listener.live(op === 'live');
  }
  return new Promise((resolve) => {
    gone.addEventListener('abort', close);
    socket.addEventListener('message', ({ data }) => {
      clearTimeout(silence);
      silence = setTimeout(close, silentMs);
      if (!gone.aborted) take(JSON.parse(String(data)) as Said);
    });
    socket.addEventListener('close', ({ code }) => {
      clearTimeout(silence);
      gone.removeEventListener('abort', close);
      resolve({ opened, code, problem });
    });
  });
}
