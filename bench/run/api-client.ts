// The API of a running server as programs of ours use it: JSON under a key, and every refusal an error that says where.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Type } from 'typebox';
import { Value } from 'typebox/value';

export interface Page<Item> {
  readonly data: readonly Item[];
  readonly next_cursor: string | null;
}

export class ApiClient {
  private readonly base: string;
  private readonly key: string;
  private readonly patienceMs: number;
  private wasThere = false;

  constructor(base: string, key: string, patienceMs = 90_000) {
    this.base = `${base}/api/v1`;
    this.key = key;
    this.patienceMs = patienceMs;
  }

  /** Of all pages. */
  protected async all<Item>(place: string, filters: Record<string, string>): Promise<Item[]> {
    const found: Item[] = [];
    let cursor: string | null = null;
    do {
      const query = new URLSearchParams({ ...filters, limit: '200', ...(cursor === null ? {} : { cursor }) });
      const page: Page<Item> = await this.call('GET', `${place}?${query.toString()}`);
      found.push(...page.data);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return found;
  }

  /** The first that a list shows; null when it is empty. */
  protected async first<Item>(place: string, filters: Record<string, string>): Promise<Item | null> {
    const query = new URLSearchParams({ ...filters, limit: '1' });
    const { data } = await this.call<Page<Item>>('GET', `${place}?${query.toString()}`);
    return data[0] ?? null;
  }

  /** Writing twice under the same name is writing once, and a name of its own lets each be asked for again. */
  protected async call<Body>(
    method: string,
    place: string,
    { body, name = randomUUID() }: { readonly body?: object; readonly name?: string } = {},
  ): Promise<Body> {
    const headers = {
      authorization: `Bearer ${this.key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(method === 'GET' ? {} : { 'idempotency-key': name }),
    };
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    const { status, text } = await this.hearPatiently(place, init);
    if (status >= 300) throw new Error(`${method} ${place}: ${status} ${refusalIn(text)}`);
    return JSON.parse(text) as Body;
  }

  /** A server that was there and is away or busy is waited for: a restart does not end what takes hours. */
  private async hearPatiently(place: string, init: RequestInit): Promise<Heard> {
    const deadline = Date.now() + this.patienceMs;
    for (let pauseMs = 250; ; pauseMs = Math.min(pauseMs * 2, 4_000)) {
      const heard = await hear(`${this.base}${place}`, init);
      const isLate = Date.now() + pauseMs > deadline;
      if (heard instanceof Error) {
        if (!this.wasThere || isLate) throw this.absent(heard);
      } else {
        this.wasThere = true;
        if (!passing.has(heard.status) || isLate) return heard;
      }
      await pause(pauseMs);
    }
  }

  private absent(error: Error): Error {
    const { message, cause } = error;
    const why = cause instanceof Error && cause.message !== '' ? cause.message : message;
    const sentence = `No server answers at ${this.base} (${why}). Start it, or name another by --server or LOOPLEDGER_URL.`;
    return new Error(sentence, { cause: error });
  }
}

interface Heard {
  readonly status: number;
  readonly text: string;
}

/** Limited, and away or busy. */
const passing = new Set([429, 502, 503, 504]);

async function hear(address: string, init: RequestInit): Promise<Heard | Error> {
  try {
    const response = await fetch(address, init);
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

const Problem = Type.Object({
  code: Type.String(),
  detail: Type.String(),
  errors: Type.Optional(Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }))),
});

/** The sentence of a problem document with the places that it names; of any other answer its beginning. */
function refusalIn(text: string): string {
  const problem: unknown = parsed(text);
  if (!Value.Check(Problem, problem)) return text.slice(0, 500);
  const places = (problem.errors ?? []).map(({ pointer, detail }) => `\n  ${pointer} ${detail}`);
  return `${problem.code}: ${problem.detail}${places.join('')}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
