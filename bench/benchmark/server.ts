// The part of the API that a benchmark needs: asking for runs, and seeing what became of them.
import type { Static } from 'typebox';
import type { RunSummary } from '../../projections/run.ts';

export type SeenRun = Pick<
  Static<typeof RunSummary>,
  'id' | 'status' | 'labels' | 'candidates' | 'calls' | 'cost_micros' | 'outcome' | 'created_at' | 'updated_at'
>;

export class RunServer {
  private readonly base: string;
  private readonly key: string;

  constructor(base: string, key: string) {
    this.base = `${base}/api/v1/runs`;
    this.key = key;
  }

  /** Asking twice under the same name gives the same run. */
  async request(name: string, body: object): Promise<SeenRun> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': name };
    return await this.call<SeenRun>(this.base, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async see(id: string): Promise<SeenRun> {
    return await this.call<SeenRun>(`${this.base}/${id}`, {});
  }

  /** All with a label, the latest first. */
  async labelled(label: string): Promise<SeenRun[]> {
    const found: SeenRun[] = [];
    let cursor: string | null = null;
    do {
      const query = new URLSearchParams({ label, limit: '200', ...(cursor === null ? {} : { cursor }) });
      const page: { data: SeenRun[]; next_cursor: string | null } = await this.call(
        `${this.base}?${query.toString()}`,
        {},
      );
      found.push(...page.data);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return found;
  }

  private async call<Body>(url: string, init: RequestInit): Promise<Body> {
    const headers = { ...(init.headers as Record<string, string>), authorization: `Bearer ${this.key}` };
    const response = await fetch(url, { ...init, headers });
    const text = await response.text();
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${url}: ${response.status} ${text.slice(0, 500)}`);
    return JSON.parse(text) as Body;
  }
}
