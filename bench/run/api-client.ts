// The API of a running server as programs of ours use it: JSON under a key, and every refusal an error that says where.
import { Type } from 'typebox';
import { Value } from 'typebox/value';

export interface Page<Item> {
  readonly data: readonly Item[];
  readonly next_cursor: string | null;
}

export class ApiClient {
  private readonly base: string;
  private readonly key: string;

  constructor(base: string, key: string) {
    this.base = `${base}/api/v1`;
    this.key = key;
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

  /** Writing twice under the same name is writing once. */
  protected async call<Body>(
    method: string,
    place: string,
    { body, name }: { readonly body?: object; readonly name?: string } = {},
  ): Promise<Body> {
    const headers = {
      authorization: `Bearer ${this.key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(name === undefined ? {} : { 'idempotency-key': name }),
    };
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    const response = await fetch(`${this.base}${place}`, init).catch((error: unknown) => {
      throw this.absent(error);
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${place}: ${response.status} ${refusalIn(text)}`);
    return JSON.parse(text) as Body;
  }

  private absent(error: unknown): Error {
    const { message, cause } = error as Error;
    const why = cause instanceof Error && cause.message !== '' ? cause.message : message;
    const sentence = `No server answers at ${this.base} (${why}). Start it, or name another by --server or LOOPLEDGER_URL.`;
    return new Error(sentence, { cause: error });
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
