// The part of the API that a benchmark needs: asking for runs, seeing how they fare, and writing down what came of them.
import { randomUUID } from 'node:crypto';
import type { Static } from 'typebox';
import type { StartBenchmarkBody } from '../../commands/benchmark.ts';
import type { BenchmarkResultView, BenchmarkView } from '../../projections/benchmark.ts';
import type { RunSummary } from '../../projections/run.ts';

export type SeenRun = Pick<Static<typeof RunSummary>, 'id' | 'labels' | 'outcome'>;
export type SeenBenchmark = Static<typeof BenchmarkView>;
export type SeenResult = Static<typeof BenchmarkResultView>;
export type BenchmarkPlan = Required<Static<typeof StartBenchmarkBody>>;

interface Page<Item> {
  readonly data: readonly Item[];
  readonly next_cursor: string | null;
}

export class RunServer {
  private readonly base: string;
  private readonly key: string;

  constructor(base: string, key: string) {
    this.base = `${base}/api/v1`;
    this.key = key;
  }

  /** Null when no benchmark of the name is open. */
  async findOpen(name: string): Promise<SeenBenchmark | null> {
    const query = new URLSearchParams({ name, status: 'open' });
    const { data } = await this.call<Page<SeenBenchmark>>('GET', `/benchmarks?${query.toString()}`);
    return data[0] ?? null;
  }

  async start(plan: BenchmarkPlan): Promise<SeenBenchmark> {
    return await this.call('POST', '/benchmarks', { body: plan, name: randomUUID() });
  }

  async results(id: string): Promise<SeenResult[]> {
    return await this.all<SeenResult>(`/benchmarks/${id}/results`, {});
  }

  async record(id: string, run_id: string): Promise<SeenBenchmark> {
    return await this.call('POST', `/benchmarks/${id}/results`, { body: { run_id } });
  }

  async finish(id: string): Promise<SeenBenchmark> {
    return await this.call('POST', `/benchmarks/${id}/finish`);
  }

  /** Asking twice under the same name gives the same run. */
  async request(name: string, body: object): Promise<SeenRun> {
    return await this.call('POST', '/runs', { body, name });
  }

  async see(id: string): Promise<SeenRun> {
    return await this.call('GET', `/runs/${id}`);
  }

  /** All with a label, the latest first. */
  async labelled(label: string): Promise<SeenRun[]> {
    return await this.all<SeenRun>('/runs', { label });
  }

  private async all<Item>(place: string, filters: Record<string, string>): Promise<Item[]> {
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

  private async call<Body>(
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
