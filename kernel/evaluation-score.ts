// How well a run did what a case expects, in four parts from 0 to 1. What cannot be known is null, and never a 1 or a 0.
import { type Static, Type } from 'typebox';
import { type Expectation, type RunStep, type ScorePart, scoreParts } from './evaluation-case.ts';

const closed = { additionalProperties: false } as const;
export const Share = Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
  description: 'Null where it cannot be known',
});
const PartWeight = Type.Optional(Type.Integer({ minimum: 1, maximum: 100 }));

export const Score = Type.Object(
  {
    completion: Share,
    steps: Share,
    cost: Share,
    loops: Share,
    total: Share,
    of: Type.Object(
      { completion: PartWeight, steps: PartWeight, cost: PartWeight, loops: PartWeight },
      { ...closed, description: 'The parts that the total is made of, with their weights' },
    ),
  },
  closed,
);
export type Score = Static<typeof Score>;

/** What a run is judged by; all of it is read from its state. */
export interface Seen {
  readonly reason: string;
  /** Of the best candidate; null where the end of the tests was not observed. */
  readonly tests: { readonly passed: number; readonly total: number } | null;
  readonly steps: readonly RunStep[];
  /** Null where no model was asked, or the price of one is not known. */
  readonly cost_micros: number | null;
  readonly calls: number;
  readonly candidates: number;
  /** Candidates that have the code or the failure of an earlier one. */
  readonly repeats: number;
}

/** These are faults of the server; what the agents would have done is not known. */
const faultsOfOurs = new Set(['sandbox_unavailable', 'sandbox_error', 'worker_failed']);
/** However many tests pass: what is not solved is not complete. */
const mostUnsolved = 0.99;
/** At this many times the budget a run has no score for its cost. */
const worthlessAt = 2;

export function scoreOf(expected: Expectation, seen: Seen): Score {
  const isUnknown = faultsOfOurs.has(seen.reason);
  const parts = {
    completion: isUnknown ? null : rounded(completionOf(expected, seen)),
    steps: isUnknown ? null : rounded(stepsOf(expected, seen)),
    cost: isUnknown ? null : rounded(costOf(expected, seen)),
    loops: isUnknown ? null : rounded(loopsOf(expected, seen)),
  };
  if (parts.completion === null) return { ...parts, total: null, of: {} };
  const of: Partial<Record<ScorePart, number>> = {};
  for (const part of scoreParts)
    if (parts[part] !== null && expected.weights[part] > 0) of[part] = expected.weights[part];
  return { ...parts, total: totalOf(parts, of), of };
}

export function totalOf(
  parts: Readonly<Record<ScorePart, number | null>>,
  of: Readonly<Partial<Record<ScorePart, number>>>,
): number | null {
  let [sum, weight] = [0, 0];
  for (const part of scoreParts) {
    sum += (parts[part] ?? 0) * (of[part] ?? 0);
    weight += of[part] ?? 0;
  }
  return weight === 0 ? null : rounded(sum / weight);
}

/** Four decimals, so that sums of the same shares are the same text. */
export function rounded<Value extends number | null>(value: Value): Value {
  return (value === null ? null : Math.round(value * 10_000) / 10_000) as Value;
}

function completionOf({ outcome }: Expectation, { reason, tests }: Seen): number {
  if (outcome !== 'solved') return reason === outcome ? 1 : 0;
  if (reason === 'solved') return 1;
  return tests === null || tests.total === 0 ? 0 : Math.min(mostUnsolved, tests.passed / tests.total);
}

function stepsOf({ steps: wanted }: Expectation, { steps }: Seen): number | null {
  if (wanted === null) return null;
  const { expected, in_order, never } = wanted;
  const found = in_order ? longestInOrder(expected, steps) : countCommon(expected, steps);
  const unwanted = steps.filter((step) => never.includes(step)).length;
  // Where nothing is expected but that something does not happen, that is one expectation.
  const silent = expected.length === 0 ? 1 : 0;
  return (found + silent) / (expected.length + silent + unwanted);
}

function costOf({ budget_micros: budget }: Expectation, { cost_micros: cost }: Seen): number | null {
  if (budget === null || cost === null) return null;
  if (cost <= budget) return 1;
  return budget === 0 ? 0 : Math.max(0, 1 - (cost - budget) / (budget * (worthlessAt - 1)));
}

function loopsOf({ outcome, max_candidates, max_calls }: Expectation, seen: Seen): number | null {
  if (outcome === 'stuck') return null;
  if (seen.reason === 'stuck') return 0;
  if (seen.candidates === 0) return null;
  const fresh = 1 - seen.repeats / seen.candidates;
  return Math.min(fresh, within(max_candidates, seen.candidates), within(max_calls, seen.calls));
}

function within(most: number | null, count: number): number {
  return most === null || count <= most ? 1 : most / count;
}

/** The length of the longest common subsequence. */
function longestInOrder(wanted: readonly RunStep[], seen: readonly RunStep[]): number {
  let before = new Array<number>(seen.length + 1).fill(0);
  for (const step of wanted) {
    const lengths = [0];
    for (const [index, other] of seen.entries()) {
      const longest = Math.max(before[index + 1] ?? 0, lengths[index] ?? 0);
      lengths.push(step === other ? (before[index] ?? 0) + 1 : longest);
    }
    before = lengths;
  }
  return before.at(-1) ?? 0;
}

function countCommon(wanted: readonly RunStep[], seen: readonly RunStep[]): number {
  const left = [...seen];
  return wanted.filter((step) => {
    const index = left.indexOf(step);
    if (index >= 0) left.splice(index, 1);
    return index >= 0;
  }).length;
}
