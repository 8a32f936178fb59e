// Webhooks: from a commit to the first attempt, how many deliveries a second, and what one receiver that hangs costs the
// others. Receivers answer from this process, so their share of the machine is in the figures too.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { counterMark } from '../measure/job.ts';
import type { Section } from '../report/result.ts';
import { rowOfRate, rowOfSamples } from '../report/row.ts';
import type { Bench } from '../stage/bench.ts';
import type { Tenant } from '../stage/population.ts';
import { bearer, storyBody } from '../stage/request.ts';

interface Place {
  readonly port: number;
  readonly tenant: Tenant;
}

/** When each delivery was first seen, by its id; `/hang` never answers. */
class Receivers {
  readonly seen = new Map<string, number>();
  repeats = 0;
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      request.resume();
      request.on('end', () => {
        if (request.url === '/hang') return;
        const id = String(request.headers['webhook-id']);
        if (this.seen.has(id)) this.repeats += 1;
        else this.seen.set(id, performance.now());
        response.writeHead(204).end();
      });
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  async until(count: number): Promise<void> {
    const endMs = performance.now() + 60_000;
    while (this.seen.size < count) {
      if (performance.now() > endMs) throw new Error(`${count - this.seen.size} of ${count} deliveries are missing`);
      await sleep(2);
    }
  }
}

const endpoints = 49;
const busyPauseMs = 100;

export async function benchWebhooks(bench: Bench): Promise<Section> {
  const ours = await bench.ours('all');
  const [one, many] = (await bench.populator.found(2, 4)) as [Tenant, Tenant];
  const receivers = new Receivers();
  const url = await receivers.open();
  try {
    const idlePlace = { port: ours.port, tenant: one };
    await addWebhook(idlePlace, `${url}/one`);
    const samples = await sampleWaits(idlePlace, receivers, bench.options.quick ? 10 : 200, 1);
    const place = { port: ours.port, tenant: many };
    for (let at = 0; at < endpoints; at += 1) await addWebhook(place, `${url}/${at}`);
    const stories = bench.options.quick ? 10 : 400;
    const perSecond = await measureRate(place, receivers, stories);
    const rounds = bench.options.quick ? 3 : 60;
    const calm = await sampleWaits(place, receivers, rounds, endpoints);
    await addWebhook(place, `${url}/hang`);
    const hung = await sampleWaits(place, receivers, rounds, endpoints);
    return {
      name: 'webhooks',
      title: 'Webhooks',
      notes: [
        `idle: one endpoint, ${samples.length} writes, from the writer's answer to the receiver`,
        `${stories * endpoints} deliveries of one tenant's stories to ${endpoints} endpoints, signed, attempts logged; ` +
          `all arrived, ${receivers.repeats} came twice`,
        `${endpoints} endpoints, one write after the other, without and with another endpoint that never answers`,
      ],
      rows: [
        rowOfSamples('idle, commit to first attempt', samples),
        rowOfRate(`deliveries, ${endpoints} endpoints`, perSecond),
        rowOfSamples('all endpoints well', calm),
        rowOfSamples('one endpoint hangs', hung),
      ],
    };
  } finally {
    await ours.stop();
    receivers.close();
  }
}

async function sampleWaits(place: Place, receivers: Receivers, writes: number, each: number): Promise<number[]> {
  const waits: number[] = [];
  for (let at = 0; at < writes; at += 1) {
    const before = new Set(receivers.seen.keys());
    await addStory(place);
    const answeredMs = performance.now();
    await receivers.until(before.size + each);
    for (const [id, atMs] of receivers.seen) if (!before.has(id)) waits.push(atMs - answeredMs);
    await sleep(30);
  }
  return waits;
}

async function measureRate(place: Place, receivers: Receivers, stories: number): Promise<number> {
  const before = receivers.seen.size;
  const beganMs = performance.now();
  for (let at = 0; at < stories; at += 10) {
    await Promise.all(Array.from({ length: 10 }, () => addStory(place)));
  }
  await receivers.until(before + stories * endpoints);
  return (stories * endpoints) / ((performance.now() - beganMs) / 1_000);
}

function addStory(place: Place): Promise<void> {
  const body = storyBody.replaceAll(counterMark, String(performance.now()));
  return post(place, `/api/v1/epics/${place.tenant.epics[0]}/stories`, body);
}

function addWebhook(place: Place, url: string): Promise<void> {
  return post(place, '/api/v1/webhooks', JSON.stringify({ url, event_types: ['story.created'] }));
}

async function post({ port, tenant }: Place, path: string, body: string): Promise<void> {
  const headers = { ...bearer(tenant.key), 'content-type': 'application/json' };
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body });
    const text = await response.text();
    if (response.status === 201) return;
    // A process that sends as fast as it can may be too busy for a moment; whoever writes tries again.
    if (response.status !== 503) throw new Error(`${path} answered ${response.status}: ${text}`);
    await sleep(busyPauseMs);
  }
}
