// The API of a running server as programs of ours use it: JSON under a key, and every refusal an error that says where.
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
    const response = await fetch(`${this.base}${place}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${place}: ${response.status} ${text.slice(0, 500)}`);
    return JSON.parse(text) as Body;
  }
}
