// Which models a question goes to, in which order, and under which caps. Pure.
import type { RoutingSettings } from '../events/model-routing.ts';
import type { Run } from '../events/run.ts';
import type { Price } from '../models/price.ts';
import type { AskedEndpoint } from '../projections/model-endpoint.ts';
import type { Question } from '../runs/step.ts';

export interface Choice {
  /** `<endpoint>/<model>` */
  readonly name: string;
  readonly model: string;
  readonly endpoint: AskedEndpoint | null;
  readonly price: Price | null;
  /** Why it cannot be asked; null when it can. */
  readonly fault: string | null;
}

/** The model that a run names is asked and no other. Before it is known how hard a task is, it may be a simple one. */
export function chainOf(
  { complexity, purposes }: RoutingSettings,
  run: Pick<Run, 'model' | 'complexity'>,
  purpose: Question['purpose'],
): readonly string[] {
  if (run.model !== null) return [run.model];
  const own = purposes[purpose];
  if (own.length > 0) return own;
  return complexity[run.complexity ?? (purpose === 'classify' ? 'simple' : 'medium')];
}

type PriceFinder = (endpoint: AskedEndpoint, model: string) => Price | null;

export function choicesOf(
  named: readonly string[],
  endpoints: readonly AskedEndpoint[],
  priceIn: PriceFinder,
): readonly Choice[] {
  return [...new Set(named)].map((name) => choiceOf(name, endpoints, priceIn));
}

function choiceOf(name: string, endpoints: readonly AskedEndpoint[], priceIn: PriceFinder): Choice {
  const at = name.indexOf('/');
  const model = name.slice(at + 1);
  const endpoint = endpoints.find((one) => one.name === name.slice(0, Math.max(at, 0))) ?? null;
  const fail = (fault: string): Choice => ({ name, model, endpoint, price: null, fault });
  if (endpoint === null) return fail('there is no such endpoint');
  if (endpoint.status !== 'active') return fail('the endpoint is disabled');
  if (!endpoint.models.some((one) => one.name === model)) return fail('the endpoint has no such model');
  const price = priceIn(endpoint, model);
  // What it costs would be anybody's guess, and no cap would hold.
  return price === null ? fail('model_price_unknown') : { name, model, endpoint, price, fault: null };
}

/** The lower of two caps; null is none. */
export function tighter(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}

/** Which answer of its purpose a run waits for; equal for whoever repeats the step. */
export function nthOf(run: Pick<Run, 'candidates' | 'parts'>, purpose: Question['purpose']): number {
  if (purpose === 'review') return Math.max(run.candidates.length, 1);
  return purpose === 'code' ? Object.keys(run.parts).length + 1 : 1;
}
