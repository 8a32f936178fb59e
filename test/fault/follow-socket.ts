// A follower on a WebSocket: comes back with its last cursor whenever it is cut off, and writes down what it was told.
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Access } from './http-client.ts';
import { digestOf, type HistoryFile } from './history.ts';

export interface FollowTally {
  /** Events that were handed over, repeats included. */
  events: number;
  repeats: number;
  connections: number;
}

export interface FollowSocketOptions {
  readonly name: string;
  readonly url: string;
  readonly access: Access;
  readonly history: HistoryFile;
  readonly tally: FollowTally;
  /** The position at which it may end; null while nobody knows. */
  readonly end: () => number | null;
}

interface Message {
  readonly op: string;
  readonly events?: readonly { readonly id: string; readonly position: number }[];
  readonly cursor?: string;
}

const againMs = 50;

export async function followSocket(options: FollowSocketOptions): Promise<void> {
  const place = { cursor: '0', position: 0 };
  const isOver = (): boolean => {
    const end = options.end();
    return end !== null && place.position >= end;
  };
  while (!isOver()) {
    await connectOnce(options, place, isOver);
    await sleep(againMs);
  }
  const { name: reader, access, history } = options;
  history.add({ kind: 'ended', reader, tenant: access.tenant, position: place.position });
}

interface Place {
  cursor: string;
  position: number;
}

function connectOnce(options: FollowSocketOptions, place: Place, isOver: () => boolean): Promise<void> {
  const { url, access, tally } = options;
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/stream`, ['ll.v1'], {
    headers: { authorization: `Bearer ${access.secret}` },
    handshakeTimeout: 5_000,
  });
  return new Promise((resolve) => {
    const looking = setInterval(() => {
      if (isOver()) socket.close();
    }, againMs);
    socket.on('open', () => {
      tally.connections += 1;
      socket.send(JSON.stringify({ op: 'sub', id: 'a', since: place.cursor }));
    });
    socket.on('message', (data: Buffer) => take(options, place, JSON.parse(data.toString()) as Message));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(looking);
      resolve();
    });
  });
}

function take({ name: reader, access, history, tally }: FollowSocketOptions, place: Place, message: Message): void {
  if (message.cursor !== undefined) place.cursor = message.cursor;
  const { events } = message;
  if (message.op !== 'events' || events === undefined) return;
  const fresh = events.filter(({ position }) => position > place.position);
  tally.events += events.length;
  tally.repeats += events.length - fresh.length;
  const [first, last] = [fresh[0], fresh.at(-1)];
  if (first === undefined || last === undefined) return;
  place.position = last.position;
  const digest = digestOf(fresh.map(({ id }) => id).join());
  history.add({ kind: 'page', reader, tenant: access.tenant, from: first.position, to: last.position, digest });
}
