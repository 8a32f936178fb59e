// The part of the API that a benchmark needs: asking for runs, seeing how they fare, and writing down what came of them.
import type { Static } from 'typebox';
import type { StartBenchmarkBody } from '../../commands/benchmark.ts';
import type { BenchmarkResultView, BenchmarkView } from '../../projections/benchmark.ts';
import type { RunSummary } from '../../projections/run.ts';
import { ApiClient } from '../run/api-client.ts';

export type SeenRun = Pick<Static<typeof RunSummary>, 'id' | 'labels' | 'outcome'>;
export type SeenBenchmark = Static<typeof BenchmarkView>;
export type SeenResult = Static<typeof BenchmarkResultView>;
export type BenchmarkPlan = Required<Static<typeof StartBenchmarkBody>>;

export class RunServer extends ApiClient {
  /** Null when no benchmark of the name is open. */
  async findOpen(name: string): Promise<SeenBenchmark | null> {
    return await this.first<SeenBenchmark>('/benchmarks', { name, status: 'open' });
  }

  async start(plan: BenchmarkPlan): Promise<SeenBenchmark> {
    return await this.call('POST', '/benchmarks', { body: plan });
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
}
