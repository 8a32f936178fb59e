// Subscribers: a process of its own with any number of sockets, which writes to the log as well, so that one clock tells
// how long an event was on its way to each of them.
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { Histogram } from './measure/histogram.ts';
import type { OpenJob, SubscriberAnswer, SubscriberJob, WriteJob } from './measure/subscriber-job.ts';
import { counterMark } from './measure/job.ts';
import { bearer } from './stage/request.ts';

interface Reached {
  readonly position: number;
  readonly atMs: number;
}

interface Written {
  readonly askedMs: number;
  readonly answeredMs: number;
}

const openingAtOnce = 50;
const patienceMs = 20_000;
const mark = Buffer.from('"position":');
const eventsMark = Buffer.from('{"op":"events"');
const liveMark = Buffer.from('{"op":"live"');

let sockets: WebSocket[] = [];
let reached: Reached[] = [];

async function open({ port, key, count }: OpenJob): Promise<number> {
  let begun = 0;
  const opening = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      await openOne(port, key);
    }
  };
  await Promise.all(Array.from({ length: Math.min(openingAtOnce, count) }, opening));
  return sockets.length;
}

/** Until its subscription is where everything that follows is told at once. */
async function openOne(port: number, key: string): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/stream`, ['ll.v1'], {
    headers: bearer(key),
    perMessageDeflate: false,
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('open', () => socket.send('{"op":"sub","id":"a"}'));
    socket.on('message', (data: Buffer) => {
      if (starts(data, eventsMark)) take(data);
      else if (starts(data, liveMark)) resolve();
    });
  });
  socket.on('error', () => undefined);
  sockets.push(socket);
}

function starts(data: Buffer, text: Buffer): boolean {
  return data.subarray(0, text.length).equals(text);
}

function take(data: Buffer): void {
  const atMs = performance.now();
  for (let at = data.indexOf(mark); at !== -1; at = data.indexOf(mark, at + mark.length)) {
    const begin = at + mark.length;
    reached.push({ position: Number.parseInt(data.toString('latin1', begin, begin + 16), 10), atMs });
  }
}

async function write(job: WriteJob): Promise<SubscriberAnswer> {
  reached = [];
  const written = new Map<number, Written>();
  const writing: Promise<void>[] = [];
  const startMs = performance.now();
  for (let at = 0; at < job.events; at += 1) {
    await sleep(Math.max(0, startMs + (at * 1_000) / job.perSecond - performance.now()));
    writing.push(writeOne(job, written));
  }
  await Promise.all(writing);
  const expected = written.size * sockets.length;
  for (const endMs = performance.now() + patienceMs; reached.length < expected && performance.now() < endMs;)
    await sleep(10);
  return judge(written, expected);
}

async function writeOne({ port, key, path, body }: WriteJob, written: Map<number, Written>): Promise<void> {
  const askedMs = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { ...bearer(key), 'content-type': 'application/json' },
    body: body.replaceAll(counterMark, String(askedMs)),
  });
  await response.arrayBuffer();
  if (response.status !== 201) throw new Error(`a write was answered with ${response.status}`);
  written.set(Number(response.headers.get('loopledger-position')), { askedMs, answeredMs: performance.now() });
}

function judge(written: ReadonlyMap<number, Written>, expected: number): SubscriberAnswer {
  const [fromCommit, fromRequest] = [new Histogram(), new Histogram()];
  for (const { position, atMs } of reached) {
    const { askedMs, answeredMs } = written.get(position) ?? { askedMs: Number.NaN, answeredMs: Number.NaN };
    fromCommit.record(Math.max(0, atMs - answeredMs));
    fromRequest.record(atMs - askedMs);
  }
  const lastMs = reached.at(-1)?.atMs ?? 0;
  const firstMs = Math.min(...[...written.values()].map(({ askedMs }) => askedMs));
  return {
    sockets: sockets.length,
    missing: expected - reached.length,
    perSecond: reached.length / ((lastMs - firstMs) / 1_000),
    fromCommit: fromCommit.toCounts(),
    fromRequest: fromRequest.toCounts(),
  };
}

async function close(): Promise<void> {
  const closing = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  for (const socket of sockets) socket.terminate();
  sockets = [];
  await Promise.all(closing);
}

async function perform(job: SubscriberJob): Promise<SubscriberAnswer> {
  if (job.what === 'write') return write(job);
  if (job.what === 'open') await open(job);
  else await close();
  return { sockets: sockets.length, missing: 0, perSecond: 0, fromCommit: [], fromRequest: [] };
}

process.on('message', (job: SubscriberJob) => {
  perform(job).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      throw error;
    },
  );
});
process.once('disconnect', () => process.exit(0));
process.send?.({ ready: true });
