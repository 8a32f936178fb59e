// How much what an agent reports of its own work looks like the work that this tenant is used to. It decides nothing: above
// the threshold a story is looked at twice, and below it nothing is let pass that would not pass anyway.
import { type Static, Type } from 'typebox';

const Amount = Type.Integer({ minimum: 0, maximum: 1_000_000_000 });

/** What is left out counts against the work, not as nothing. */
export const Signals = Type.Object(
  {
    tool_calls: Type.Optional(Amount),
    tokens: Type.Optional(Amount),
    tests_run: Type.Optional(Amount),
    seconds: Type.Optional(Amount),
  },
  { additionalProperties: false, description: 'What the work took' },
);
export type Signals = Static<typeof Signals>;
type Measure = keyof Signals;

interface Usual {
  readonly count: number;
  /** Of the logarithm of the amount for each criterion. */
  readonly mean: number;
  readonly squares: number;
}

/** What work that was verified took in this tenant. */
export type Baseline = Readonly<Record<Measure, Usual>>;

const measures = ['tool_calls', 'tokens', 'tests_run', 'seconds'] as const satisfies readonly Measure[];
/** For each criterion, until the tenant has a baseline of its own: less than any honest work takes. */
const floors: Readonly<Record<Measure, number>> = { tool_calls: 4, tokens: 1_000, tests_run: 1, seconds: 30 };
/** Fewer stories than these say nothing of what is usual. */
const enough = 8;
/** Nobody's work is so even that a smaller deviation would mean anything. */
const leastDeviation = 0.35;
/** Deviations below the mean at which a measure cannot look worse. */
const worstDeviations = 3;
const scoreThreshold = 50;

const nothing: Usual = { count: 0, mean: 0, squares: 0 };
export const emptyBaseline: Baseline = { tool_calls: nothing, tokens: nothing, tests_run: nothing, seconds: nothing };

function levelOf(amount: number, criteria: number): number {
  return Math.log(1 + amount / Math.max(1, criteria));
}

/** Only work that was verified belongs here: whoever reports little could lower the bar for itself otherwise. */
export function learn(baseline: Baseline, signals: Signals, criteria: number): Baseline {
  const learnt = { ...baseline };
  for (const measure of measures) {
    const amount = signals[measure];
    if (amount !== undefined) learnt[measure] = add(baseline[measure], levelOf(amount, criteria));
  }
  return learnt;
}

function add({ count, mean, squares }: Usual, level: number): Usual {
  const next = mean + (level - mean) / (count + 1);
  return { count: count + 1, mean: next, squares: squares + (level - mean) * (level - next) };
}

/** From 0, as usual, to 100. Too little is suspicious; much work is not. */
export function suspicionOf(signals: Signals, criteria: number, baseline: Baseline): number {
  const parts = measures.map((measure) => suspicionIn(signals[measure], criteria, baseline[measure], floors[measure]));
  return Math.round((100 * parts.reduce((sum, part) => sum + part, 0)) / parts.length);
}

function suspicionIn(amount: number | undefined, criteria: number, usual: Usual, floor: number): number {
  if (amount === undefined || amount === 0) return 1;
  const level = levelOf(amount, criteria);
  if (usual.count < enough) return level < levelOf(floor * Math.max(1, criteria), criteria) ? 1 : 0;
  const deviation = Math.max(leastDeviation, Math.sqrt(usual.squares / usual.count));
  return Math.min(1, Math.max(0, (usual.mean - level) / deviation / worstDeviations));
}

/** Work that was reported with nothing is always looked at twice. */
export function needsSecondReview(signals: Signals | undefined, criteria: number, baseline: Baseline): boolean {
  return suspicionOf(signals ?? {}, criteria, baseline) >= scoreThreshold;
}
