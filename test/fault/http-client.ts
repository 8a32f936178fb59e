// Writers and readers that speak to servers as any client does, and write down what they were told.
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../../kernel/id.ts';
import type { Json } from '../../kernel/event.ts';
import { digestOf, type HistoryFile, type Sent } from './history.ts';
import type { Random } from './random.ts';

export interface Access {
  readonly tenant: string;
  readonly keyId: string;
  readonly secret: string;
}

export interface HttpTally {
  readonly statuses: Map<number, number>;
  /** No reply at all: the server was gone. */
  failed: number;
  /** A 503 that does not say when to come back. */
  impolite: number;
  done: number;
}

export interface HttpWriterOptions {
  /** Where to write now; another server when the first one is gone. */
  readonly server: () => string;
  readonly access: Access;
  readonly epic: string;
  readonly history: HistoryFile;
  readonly random: Random;
  readonly tally: HttpTally;
  readonly stopped: () => boolean;
}

interface Wish {
  readonly method: 'POST' | 'PATCH';
  readonly path: string;
  readonly body: Json;
  readonly ifMatch: number | null;
}

interface Told {
  readonly id: string;
  readonly version: number;
}

const maxTries = 300;

export class HttpWriter {
  private readonly options: HttpWriterOptions;
  private own: Told | null = null;

  constructor(options: HttpWriterOptions) {
    this.options = options;
  }

  async run(): Promise<void> {
    while (!this.options.stopped()) {
      const wish = this.wish();
      const told = await this.send(wish);
      if (told !== null) this.own = told;
      else if (wish.method === 'PATCH') this.own = null;
    }
  }

  private wish(): Wish {
    const { random, epic } = this.options;
    const body = { title: `Story ${newId()}` };
    if (random.chance(0.1)) return { method: 'POST', path: `/epics/${newId()}/stories`, body, ifMatch: null };
    if (this.own === null || random.chance(0.6))
      return { method: 'POST', path: `/epics/${epic}/stories`, body, ifMatch: null };
    return { method: 'PATCH', path: `/stories/${this.own.id}`, body, ifMatch: this.own.version };
  }

  /** The same key until the outcome is known; null when it was refused. */
  private async send(wish: Wish): Promise<Told | null> {
    const { history, access } = this.options;
    const { tenant, keyId: scope } = access;
    const { method, path, body: command, ifMatch } = wish;
    const id = newId();
    const sent: Sent = {
      kind: 'sent',
      id,
      tenant,
      scope,
      name: `${method} ${path}`,
      command,
      ifMatch,
      supplied: true,
      effect: 'all',
      events: 1,
    };
    history.add(sent);
    for (let tries = 0; tries < maxTries; tries += 1) {
      const response = await this.ask(wish, id);
      if (response !== null && response.status < 500) return this.conclude(sent, response);
      history.add({ kind: 'unknown', id, tenant, code: String(response?.status ?? 'no reply') });
      await sleep(20);
    }
    return null;
  }

  private async ask(wish: Wish, id: string): Promise<{ status: number; headers: Headers; text: string } | null> {
    const { server, access, tally, history } = this.options;
    try {
      const response = await fetch(`${server()}/api/v1${wish.path}`, {
        method: wish.method,
        headers: {
          authorization: `Bearer ${access.secret}`,
          'content-type': 'application/json',
          'idempotency-key': id,
          ...(wish.ifMatch === null ? {} : { 'if-match': `"v${wish.ifMatch}"` }),
        },
        body: JSON.stringify(wish.body),
        signal: AbortSignal.timeout(15_000),
      });
      const { status, headers } = response;
      tally.statuses.set(status, (tally.statuses.get(status) ?? 0) + 1);
      if (status === 503 && headers.get('retry-after') === null) tally.impolite += 1;
      const text = await response.text();
      if (status === 500) history.add({ kind: 'broken', tenant: access.tenant, what: `500 for ${id}: ${text}` });
      return { status, headers, text };
    } catch {
      tally.failed += 1;
      return null;
    }
  }

  private conclude(sent: Sent, reply: { status: number; headers: Headers; text: string }): Told | null {
    const { history, tally } = this.options;
    const { id, tenant } = sent;
    const { status, headers, text } = reply;
    const body = JSON.parse(text) as Told & { readonly code?: string };
    if (status >= 400) {
      history.add({ kind: 'refused', id, tenant, code: body.code ?? '' });
      return null;
    }
    tally.done += 1;
    history.add({
      kind: 'done',
      id,
      tenant,
      status,
      position: Number(headers.get('loopledger-position')),
      version: body.version,
      bytes: digestOf(text),
      meaning: null,
      replayed: headers.get('idempotency-replayed') === 'true',
    });
    return { id: body.id, version: body.version };
  }
}

interface Feed {
  readonly data: readonly { readonly id: string; readonly position: number }[];
  readonly next_cursor: string;
  readonly has_more: boolean;
}

export interface FeedSources {
  readonly history: HistoryFile;
  readonly stopped: () => boolean;
  readonly tally?: { events: number; repeats: number };
}

/** Follows the feed by its cursor, waiting at its end, from whichever server answers. */
export async function followFeed(
  name: string,
  server: () => string,
  { tenant, secret }: Access,
  { history, stopped, tally }: FeedSources,
): Promise<void> {
  let cursor = '0';
  let position = 0;
  for (;;) {
    const last = stopped();
    const page = await readFeed(`${server()}/api/v1/changes?since=${cursor}&limit=50&wait=${last ? 0 : 2}`, secret);
    if (page === null) {
      await sleep(50);
      continue;
    }
    cursor = page.next_cursor;
    if (page.data.length > 0) {
      const from = page.data[0]?.position ?? 0;
      if (tally !== undefined) {
        tally.events += page.data.length;
        tally.repeats += page.data.filter((event) => event.position <= position).length;
      }
      position = page.data.at(-1)?.position ?? 0;
      const digest = digestOf(page.data.map(({ id }) => id).join());
      history.add({ kind: 'page', reader: name, tenant, from, to: position, digest });
    } else if (last) {
      history.add({ kind: 'ended', reader: name, tenant, position });
      return;
    }
  }
}

async function readFeed(url: string, secret: string): Promise<Feed | null> {
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${secret}` },
      signal: AbortSignal.timeout(15_000),
    });
    return response.status === 200 ? ((await response.json()) as Feed) : null;
  } catch {
    return null;
  }
}
