// Two evaluations of one set, case by case. Only what both of them know is compared, and only where both asked the same.
import { type Static, Type } from 'typebox';
import { CaseName, type ScorePart, scoreParts } from './evaluation-case.ts';
import { type EvaluationResult, meanOf } from './evaluation-result.ts';
import { rounded, Share, totalOf } from './evaluation-score.ts';

const closed = { additionalProperties: false } as const;

const comparisonVerdicts = ['worse', 'unknown', 'better', 'same', 'changed', 'added', 'removed'] as const;
type Verdict = (typeof comparisonVerdicts)[number];

const Sides = Type.Object({ before: Share, after: Share }, closed);
const Difference = Type.Union([Type.Number({ minimum: -1, maximum: 1 }), Type.Null()], {
  description: 'After less before; null where it cannot be known',
});

const ComparedCase = Type.Object(
  {
    case: CaseName,
    verdict: Type.Enum([...comparisonVerdicts], {
      description:
        '`changed`: it is no longer the same case; `unknown`: a run of it has no score; `added`, `removed`: one has it alone',
    }),
    before: Share,
    after: Share,
    difference: Difference,
    parts: Type.Object({ completion: Sides, steps: Sides, cost: Sides, loops: Sides }, closed),
  },
  closed,
);
type ComparedCase = Static<typeof ComparedCase>;

const Count = Type.Integer({ minimum: 0 });

export const Comparison = Type.Object(
  {
    tolerance: Type.Number({ minimum: 0, maximum: 1, description: 'Up to this difference a case is the same' }),
    compared: Type.Integer({ minimum: 0, description: 'Cases that are better, the same or worse' }),
    before: Share,
    after: Share,
    difference: Difference,
    verdicts: Type.Object(
      {
        worse: Count,
        unknown: Count,
        better: Count,
        same: Count,
        changed: Count,
        added: Count,
        removed: Count,
      },
      closed,
    ),
    cases: Type.Array(ComparedCase, { maxItems: 1_000, description: 'The worst first' }),
  },
  closed,
);
export type Comparison = Static<typeof Comparison>;

type Results = readonly EvaluationResult[];

export function compare(before: Results, after: Results, tolerance: number): Comparison {
  const [old, now] = [byCase(before), byCase(after)];
  const names = [...new Set([...old.keys(), ...now.keys()])].toSorted();
  const cases = names
    .map((name) => compareCase(name, old.get(name) ?? [], now.get(name) ?? [], tolerance))
    .toSorted(worstFirst);
  const compared = cases.filter(({ difference }) => difference !== null);
  const means = { before: meanOf(compared.map((one) => one.before)), after: meanOf(compared.map((one) => one.after)) };
  return {
    tolerance,
    compared: compared.length,
    ...means,
    difference: differenceOf(means),
    verdicts: Object.fromEntries(
      comparisonVerdicts.map((verdict) => [verdict, cases.filter((one) => one.verdict === verdict).length]),
    ) as Comparison['verdicts'],
    cases,
  };
}

function byCase(results: Results): ReadonlyMap<string, Results> {
  return Map.groupBy(results, (result) => result.case);
}

function worstFirst(one: ComparedCase, other: ComparedCase): number {
  const place = ({ verdict }: ComparedCase): number => comparisonVerdicts.indexOf(verdict);
  return place(one) - place(other) || (one.difference ?? 0) - (other.difference ?? 0);
}

function compareCase(name: string, before: Results, after: Results, tolerance: number): ComparedCase {
  const sides = { before: totalOfAll(before, after, before), after: totalOfAll(before, after, after) };
  const parts = Object.fromEntries(
    scoreParts.map((part) => [part, { before: partMean(before, part), after: partMean(after, part) }]),
  ) as ComparedCase['parts'];
  const verdict = verdictOf(before, after, differenceOf(sides), tolerance);
  const isCompared = verdict === 'worse' || verdict === 'same' || verdict === 'better';
  return { case: name, verdict, ...sides, difference: isCompared ? differenceOf(sides) : null, parts };
}

function verdictOf(before: Results, after: Results, difference: number | null, tolerance: number): Verdict {
  if (before.length === 0) return 'added';
  if (after.length === 0) return 'removed';
  if (new Set([...before, ...after].map(({ case_sha256 }) => case_sha256)).size > 1) return 'changed';
  if (difference === null) return 'unknown';
  if (Math.abs(difference) <= tolerance) return 'same';
  return difference > 0 ? 'better' : 'worse';
}

/** The mean of one side, over the parts that every run of both sides has. Null where a run of it has no score. */
function totalOfAll(before: Results, after: Results, side: Results): number | null {
  if (side.length === 0 || side.some(({ score }) => score.total === null)) return null;
  const all = [...before, ...after];
  const common = scoreParts.filter((part) => all.every(({ score }) => score.total === null || part in score.of));
  const totals = side.map(({ score }) => {
    const of = Object.fromEntries(common.map((part) => [part, score.of[part] ?? 0]));
    return totalOf(score, of);
  });
  return totals.includes(null) ? null : meanOf(totals);
}

function partMean(results: Results, part: ScorePart): number | null {
  return meanOf(results.map(({ score }) => score[part]));
}

function differenceOf({ before, after }: { readonly before: number | null; readonly after: number | null }) {
  return before === null || after === null ? null : rounded(after - before);
}
