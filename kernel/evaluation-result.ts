// What came of the runs of an evaluation, and what all of them come to.
import { type Static, Type } from 'typebox';
import { Digest } from './digest.ts';
import { CaseName, type ScorePart, scoreParts, SeenSteps } from './evaluation-case.ts';
import { rounded, Score, Share } from './evaluation-score.ts';
import { runEndFields, runSumFields, sumsOf } from './run-result.ts';

const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const maxWorst = 10;

export const Sample = Type.Integer({ minimum: 1, maximum: 100, description: 'Of several runs of one case, which' });

export const EvaluationResult = Type.Object(
  {
    ...runEndFields,
    case: CaseName,
    sample: Sample,
    case_sha256: Digest,
    tests: Type.Union([Type.Object({ passed: Count, total: Count }, closed), Type.Null()], {
      description: 'Of the best candidate; null where their end was not observed',
    }),
    steps: SeenSteps,
    repeats: Type.Integer({
      minimum: 0,
      description: 'Candidates that have the code or the failure of an earlier one',
    }),
    score: Score,
  },
  closed,
);
export type EvaluationResult = Static<typeof EvaluationResult>;

const PartFigure = Type.Object(
  { mean: Share, runs: Type.Integer({ minimum: 0, description: 'That have this part' }) },
  closed,
);

export const EvaluationFigures = Type.Object(
  {
    ...runSumFields,
    cases: Count,
    scored: Type.Integer({ minimum: 0, description: 'Runs that have a score' }),
    total: Share,
    completion: PartFigure,
    steps: PartFigure,
    cost: PartFigure,
    loops: PartFigure,
    solved_share: Share,
    worst: Type.Array(Type.Object({ case: CaseName, total: Share }, closed), {
      maxItems: maxWorst,
      description: 'Cases with the least scores, those without one first',
    }),
  },
  closed,
);
export type EvaluationFigures = Static<typeof EvaluationFigures>;

/** Each case counts as much as any other, however many of its samples have a score. */
export function evaluationFiguresOf(results: readonly EvaluationResult[]): EvaluationFigures {
  const cases = [...Map.groupBy(results, (result) => result.case)];
  const totals = cases.map(([name, ones]) => ({ case: name, total: meanOf(ones.map(({ score }) => score.total)) }));
  const sums = sumsOf(results);
  return {
    ...sums,
    cases: cases.length,
    scored: results.filter(({ score }) => score.total !== null).length,
    total: meanOf(totals.map(({ total }) => total)),
    ...partFiguresOf(cases.map(([, ones]) => ones)),
    solved_share: results.length === 0 ? null : rounded(sums.solved / results.length),
    worst: totals.toSorted((one, other) => rankOf(one) - rankOf(other)).slice(0, maxWorst),
  };
}

function rankOf({ total }: { readonly total: number | null }): number {
  return total ?? -1;
}

function partFiguresOf(cases: readonly (readonly EvaluationResult[])[]): Record<ScorePart, Static<typeof PartFigure>> {
  const figure = (part: ScorePart): Static<typeof PartFigure> => {
    const shares = cases.map((ones) => ones.map(({ score }) => score[part]));
    return { mean: meanOf(shares.map(meanOf)), runs: shares.flat().filter((share) => share !== null).length };
  };
  return Object.fromEntries(scoreParts.map((part) => [part, figure(part)])) as ReturnType<typeof partFiguresOf>;
}

/** Of those that are known; null where none is. */
export function meanOf(shares: readonly (number | null)[]): number | null {
  const known = shares.filter((share) => share !== null);
  return known.length === 0 ? null : rounded(known.reduce((sum, share) => sum + share, 0) / known.length);
}
