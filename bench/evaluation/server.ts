// The part of the API that an evaluation needs: its set, the runs of its cases, and what the server makes of them.
import type { Static } from 'typebox';
import type { StartEvaluationBody } from '../../commands/evaluation.ts';
import type { ToldCase } from '../../commands/evaluation-set.ts';
import type { Comparison } from '../../kernel/evaluation-comparison.ts';
import type { EvaluationResultView, EvaluationView } from '../../projections/evaluation.ts';
import type { EvaluationSetSummary, EvaluationSetView } from '../../projections/evaluation-set.ts';
import type { RunSummary } from '../../projections/run.ts';
import { ApiClient } from '../run/api-client.ts';

export type SeenEvaluation = Static<typeof EvaluationView>;
export type SeenEvaluationResult = Static<typeof EvaluationResultView>;
export type SeenSet = Static<typeof EvaluationSetSummary>;
type FullSet = Static<typeof EvaluationSetView>;
type Told = readonly Static<typeof ToldCase>[];
type Run = Pick<Static<typeof RunSummary>, 'id' | 'outcome'>;
export type EvaluationPlan = Required<Omit<Static<typeof StartEvaluationBody>, 'classify' | 'tools'>>;

export class EvaluationServer extends ApiClient {
  /** Null when there is none of the name. */
  async findSet(name: string): Promise<SeenSet | null> {
    return await this.first<SeenSet>('/evaluation-sets', { name });
  }

  async createSet(name: string, cases: Told): Promise<SeenSet> {
    return await this.call<FullSet>('POST', '/evaluation-sets', { body: { name, cases } });
  }

  /** Another revision where the cases differ, and nothing where they do not. */
  async reviseSet(id: string, cases: Told): Promise<SeenSet> {
    return await this.call<FullSet>('PATCH', `/evaluation-sets/${id}`, { body: { cases } });
  }

  async caseNames(id: string, revision: number): Promise<string[]> {
    const { cases } = await this.call<FullSet>('GET', `/evaluation-sets/${id}/cases?revision=${revision}`);
    return cases.map(({ name }) => name);
  }

  async findOpen(name: string): Promise<SeenEvaluation | null> {
    return await this.first<SeenEvaluation>('/evaluations', { name, status: 'open' });
  }

  /** Refused by the server when there is none. */
  async find(id: string): Promise<SeenEvaluation> {
    return await this.call('GET', `/evaluations/${id}`);
  }

  async lastFinished(evaluation_set_id: string): Promise<SeenEvaluation | null> {
    return await this.first<SeenEvaluation>('/evaluations', { evaluation_set_id, status: 'finished' });
  }

  async start(plan: EvaluationPlan): Promise<SeenEvaluation> {
    return await this.call('POST', '/evaluations', { body: plan });
  }

  /** Asking twice gives the same run. */
  async ask(id: string, name: string, sample: number): Promise<string> {
    const body = { case: name, sample };
    const { run_id } = await this.call<{ readonly run_id: string }>('POST', `/evaluations/${id}/runs`, { body });
    return run_id;
  }

  async see(run_id: string): Promise<Run> {
    return await this.call('GET', `/runs/${run_id}`);
  }

  async record(id: string, run_id: string): Promise<SeenEvaluation> {
    return await this.call('POST', `/evaluations/${id}/results`, { body: { run_id } });
  }

  async results(id: string): Promise<SeenEvaluationResult[]> {
    return await this.all<SeenEvaluationResult>(`/evaluations/${id}/results`, {});
  }

  async finish(id: string): Promise<SeenEvaluation> {
    return await this.call('POST', `/evaluations/${id}/finish`);
  }

  async compare(id: string, against: string, tolerance_percent: number): Promise<Comparison> {
    const query = new URLSearchParams({ against, tolerance_percent: String(tolerance_percent) });
    return await this.call('GET', `/evaluations/${id}/comparison?${query.toString()}`);
  }
}
