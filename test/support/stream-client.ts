// A client of the stream that keeps what it hears, for the tests.
import { WebSocket } from 'ws';
import { patienceMs } from './pace.ts';

export type Heard = Record<string, unknown> & { readonly op: string };

export interface StreamClient {
  readonly heard: Heard[];
  readonly ws: WebSocket;
  say(message: object | string): void;
  /** The next message of the kind that was not returned before. */
  next(op: string): Promise<Heard>;
  /** The code of the close frame. */
  readonly closed: Promise<number>;
}

export interface StreamOptions {
  readonly key?: string;
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

export class Refused extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
  }
}

export async function openStream(url: string, options: StreamOptions): Promise<StreamClient> {
  const { key, protocols = ['ll.v1'] } = options;
  const headers = { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...options.headers };
  const ws = new WebSocket(`${url.replace('http', 'ws')}/api/v1/stream`, [...protocols], { headers });
  const heard: Heard[] = [];
  const returned = new Set<Heard>();
  let awake = (): void => undefined;
  ws.on('message', (data: Buffer) => {
    heard.push(JSON.parse(data.toString()) as Heard);
    awake();
  });
  const closed = new Promise<number>((resolve) => ws.once('close', (code) => resolve(code)));
  void closed.then(() => awake());
  await new Promise<void>((resolve, reject) => {
    ws.once('open', resolve);
    ws.once('error', reject);
    ws.once('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { code } = JSON.parse(Buffer.concat(chunks).toString()) as { readonly code: string };
        reject(new Refused(response.statusCode ?? 0, code));
      });
    });
  });
  ws.on('error', () => undefined);
  return {
    heard,
    ws,
    closed,
    say: (message) => ws.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async next(op) {
      const deadlineMs = performance.now() + patienceMs;
      for (;;) {
        const found = heard.find((message) => message.op === op && !returned.has(message));
        if (found !== undefined) {
          returned.add(found);
          return found;
        }
        if (ws.readyState === ws.CLOSED || performance.now() > deadlineMs) throw new Error(`no ${op} came`);
        await new Promise<void>((resolve) => {
          awake = resolve;
          setTimeout(resolve, 500);
        });
      }
    },
  };
}

/** Positions of all events of a subscription, in the order in which they came. */
export function positionsOf(heard: readonly Heard[], id: string): number[] {
  return heard
    .filter((message) => message.op === 'events' && message['id'] === id)
    .flatMap(({ events }) => (events as { readonly position: number }[]).map(({ position }) => position));
}
