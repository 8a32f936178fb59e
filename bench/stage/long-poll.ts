// Readers that wait at the feed with a long poll for what one writer adds, and how long each of them waits.
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '../measure/connection.ts';
import { counterMark } from '../measure/job.ts';
import type { Tenant } from './population.ts';
import { bearer, getRequest, storyBody } from './request.ts';

export interface Sample {
  /** From the writer's answer to the reader's; below zero when the reader hears first. */
  readonly afterCommitMs: number;
  readonly afterRequestMs: number;
}

interface Page {
  readonly next_cursor: string;
  readonly data: readonly unknown[];
}

export interface Place {
  readonly port: number;
  readonly tenant: Tenant;
}

/** Between a reader's question and the write that it waits for. */
export const longPollPauseMs = 20;

interface Plan {
  readonly writes: number;
  /** Who wait for each of them. */
  readonly readers: number;
}

export async function takeSamples(place: Place, { writes, readers }: Plan): Promise<Sample[]> {
  const agent = new Agent({ keepAlive: true });
  const samples: Sample[] = [];
  let { next_cursor: cursor } = await call<Page>(agent, place, { path: '/api/v1/changes?since=now' });
  for (let index = 0; index < writes; index += 1) {
    const path = `/api/v1/changes?since=${cursor}`;
    const reading = Array.from({ length: readers }, () => readOnce(place, `${path}&wait=30`));
    // The readers are parked by then.
    await sleep(longPollPauseMs + 2 * readers);
    const askedMs = performance.now();
    await call(agent, place, { path: `/api/v1/epics/${place.tenant.epics[0]}/stories`, body: storyBody });
    const answeredMs = performance.now();
    for (const readMs of await Promise.all(reading)) {
      if (readMs < askedMs) throw new Error('a reader was answered before there was anything to read');
      samples.push({ afterCommitMs: readMs - answeredMs, afterRequestMs: readMs - askedMs });
    }
    const page = await call<Page>(agent, place, { path });
    if (page.data.length !== 1) throw new Error(`readers saw ${page.data.length} events where one was written`);
    cursor = page.next_cursor;
  }
  agent.destroy();
  return samples;
}

/** Over a connection that looks at the head of the answer alone: what parses all of it would be measured instead. */
function readOnce({ port, tenant }: Place, path: string): Promise<number> {
  const request = Buffer.from(getRequest(path, bearer(tenant.key)));
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let isAsked = false;
  const connection = new Connection(port, 200, {
    next: (buffer) => {
      if (isAsked) return 0;
      isAsked = true;
      return request.copy(buffer);
    },
    answered: (_status, _latencyMs, failure) => {
      if (failure === null) resolve(performance.now());
      else reject(new Error(failure));
    },
    ended: () => undefined,
  });
  connection.start();
  return promise;
}

interface Asked {
  readonly path: string;
  readonly body?: string;
}

function call<Answer>(agent: Agent, { port, tenant }: Place, { path, body }: Asked): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = { ...bearer(tenant.key), ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  const method = body === undefined ? 'GET' : 'POST';
  const outgoing = request({ agent, host: '127.0.0.1', port, path, method, headers }, (incoming) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const text = Buffer.concat(parts).toString();
      if ((incoming.statusCode ?? 0) < 300) resolve(JSON.parse(text) as Answer);
      else reject(new Error(`${method} ${path} answered ${incoming.statusCode}: ${text}`));
    });
  });
  outgoing.once('error', reject);
  outgoing.end(body?.replaceAll(counterMark, String(Date.now())));
  return promise;
}
