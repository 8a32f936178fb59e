// How much what an agent reports of its own work looks like the work that this tenant is used to. It decides nothing: above
// the threshold a story is looked at twice, and below it nothing is let pass that would not pass anyway.
import type { Static } from 'typebox';
import type { LookupDefinition } from '../kernel/command.ts';
import { StoryVerified } from '../events/story-custody.ts';
import type { Signals, Took } from '../events/story-custody-signal.ts';

type Took = Static<typeof Took>;
type Measure = keyof Signals;
export const measures = ['tool_calls', 'tokens', 'tests_run', 'seconds'] as const satisfies readonly Measure[];

/** Sums of levels, so that the order in which work was accepted makes no difference. */
interface Usual {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
}

/** What work that was verified took in this tenant. */
export type Baseline = Readonly<Record<Measure, Usual>>;

/** For each criterion, until the tenant has a baseline of its own: less than any honest work takes. */
const floors: Readonly<Record<Measure, number>> = { tool_calls: 4, tokens: 1_000, tests_run: 1, seconds: 30 };
/** Fewer stories than these say nothing of what is usual. */
const enough = 8;
/** Levels are counted in thousandths. */
const scale = 1_000;
/** Nobody's work is so even that a smaller deviation would mean anything. */
const leastDeviation = 0.35 * scale;
/** Deviations below the mean at which a measure cannot look worse. */
const worstDeviations = 3;
const scoreThreshold = 50;

const nothing: Usual = { count: 0, sum: 0, squares: 0 };
export const emptyBaseline: Baseline = { tool_calls: nothing, tokens: nothing, tests_run: nothing, seconds: nothing };

/** Of the logarithm of the amount for each criterion: work twice as large is as far from usual as work half as large. */
function levelOf(amount: number, criteria: number): number {
  return Math.round(scale * Math.log(1 + amount / Math.max(1, criteria)));
}

export function levelsOf({ signals, criteria }: Took): Partial<Record<Measure, number>> {
  const told = measures.flatMap((measure): [Measure, number][] => {
    const amount = signals[measure];
    return amount === undefined ? [] : [[measure, levelOf(amount, criteria)]];
  });
  return Object.fromEntries(told);
}

/** Only work that was verified belongs here: whoever reports little could lower the bar for itself otherwise. */
export function learn(baseline: Baseline, took: Took): Baseline {
  const levels = levelsOf(took);
  const learnt = { ...baseline };
  for (const measure of measures) {
    const level = levels[measure];
    if (level === undefined) continue;
    const { count, sum, squares } = baseline[measure];
    learnt[measure] = { count: count + 1, sum: sum + level, squares: squares + level * level };
  }
  return learnt;
}

export const wholeTenant = 'tenant';

/** Of the work that was ever accepted, also where it was rejected later. */
export const signalBaseline: LookupDefinition<Baseline> = {
  name: 'signal-baseline',
  keyOf: ({ type, data }) => (type === StoryVerified.type && data['took'] !== undefined ? wholeTenant : null),
  fold: (baseline, { data }) => learn(baseline, data['took'] as unknown as Took),
};

/** From 0, as usual, to 100. Too little is suspicious; much work is not. */
export function suspicionOf(signals: Signals, criteria: number, baseline: Baseline): number {
  const parts = measures.map((measure) => suspicionIn(signals[measure], criteria, baseline[measure], floors[measure]));
  return Math.round((100 * parts.reduce((sum, part) => sum + part, 0)) / parts.length);
}

function suspicionIn(amount: number | undefined, criteria: number, usual: Usual, floor: number): number {
  if (amount === undefined || amount === 0) return 1;
  const level = levelOf(amount, criteria);
  const { count, sum, squares } = usual;
  if (count < enough) return level < levelOf(floor * Math.max(1, criteria), criteria) ? 1 : 0;
  const mean = sum / count;
  const deviation = Math.max(leastDeviation, Math.sqrt(Math.max(0, squares / count - mean * mean)));
  return Math.min(1, Math.max(0, (mean - level) / deviation / worstDeviations));
}

/** Work that was reported with nothing is always looked at twice. */
export function isSuspicious(suspicion: number): boolean {
  return suspicion >= scoreThreshold;
}
