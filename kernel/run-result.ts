// What came of a run that was made to be measured, and the figures of many such: the same for benchmarks and for whatever
// else measures runs.
import { type Static, Type } from 'typebox';
import { Digest } from './digest.ts';
import { meanPassAt, quantile } from './estimate.ts';
import { Id } from './shape.ts';

const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Micros = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Millionths of a US dollar',
});
const Word = Type.String({ minLength: 1, maxLength: 40 });
const Share = Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()]);

/** What a run came to, whatever it was a run of. */
export const runEndFields = {
  run_id: Id,
  is_solved: Type.Boolean(),
  is_solved_at_once: Type.Boolean({ description: 'By the first candidate, without a repair' }),
  reason: Type.String({ minLength: 1, maxLength: 40, description: 'Why the run ended' }),
  candidates: Type.Integer({ minimum: 0, maximum: 1_000 }),
  calls: Count,
  cost_micros: Micros,
  took_ms: Type.Integer({ minimum: 0, description: 'From the request to the end, with the time that it waited' }),
  tiers: Type.Array(Word, { maxItems: 3, description: 'Sandboxes that it was executed in' }),
  tests_sha256: Type.Union([Digest, Type.Null()], { description: 'Of the tests that it was judged by' }),
} as const;

export const RunEnd = Type.Object(runEndFields, closed);
export type RunEnd = Static<typeof RunEnd>;

export const runResultFields = {
  ...runEndFields,
  problem: Type.String({ minLength: 1, maxLength: 200 }),
  category: Type.String({ maxLength: 200 }),
  sample: Type.Integer({ minimum: 1, maximum: 100, description: 'Of several runs of one problem, which' }),
} as const;

export const RunResult = Type.Object(runResultFields, closed);
export type RunResult = Static<typeof RunResult>;

/** What many ends of runs come to. */
export const runSumFields = {
  runs: Count,
  solved: Count,
  solved_at_once: Count,
  candidates: Count,
  calls: Count,
  cost_micros: Micros,
  cost_micros_per_solved: Type.Union([Micros, Type.Null()]),
  took_p50_ms: Type.Union([Count, Type.Null()]),
  took_p95_ms: Type.Union([Count, Type.Null()]),
  tiers: Type.Record(Word, Count, { maxProperties: 10 }),
  reasons: Type.Record(Word, Count, { maxProperties: 100 }),
} as const;

const RunSums = Type.Object(runSumFields, closed);

export const RunFigures = Type.Object(
  {
    ...runSumFields,
    problems: Count,
    pass: Type.Array(
      Type.Object({ k: Type.Integer({ minimum: 1 }), with_repair: Share, without_repair: Share }, closed),
      {
        maxItems: 2,
        description: 'pass@k without bias, the mean over problems; null where no problem has k samples',
      },
    ),
  },
  closed,
);
export type RunFigures = Static<typeof RunFigures>;

/** `samples` is how many runs each problem was to have. */
export function figuresOf(results: readonly RunResult[], samples: number): RunFigures {
  const problems = [...Map.groupBy(results, ({ problem }) => problem).values()];
  const counts = (isRight: (result: RunResult) => boolean) =>
    problems.map((ones) => ({ n: ones.length, c: ones.filter(isRight).length }));
  return {
    ...sumsOf(results),
    problems: problems.length,
    pass: [...new Set([1, samples])].map((k) => ({
      k,
      with_repair: meanPassAt(
        k,
        counts(({ is_solved }) => is_solved),
      ),
      without_repair: meanPassAt(
        k,
        counts(({ is_solved_at_once }) => is_solved_at_once),
      ),
    })),
  };
}

export function sumsOf(ends: readonly RunEnd[]): Static<typeof RunSums> {
  const solved = ends.filter(({ is_solved }) => is_solved).length;
  const cost = sum(ends, 'cost_micros');
  const times = ends.map(({ took_ms }) => took_ms);
  return {
    runs: ends.length,
    solved,
    solved_at_once: ends.filter(({ is_solved_at_once }) => is_solved_at_once).length,
    candidates: sum(ends, 'candidates'),
    calls: sum(ends, 'calls'),
    cost_micros: cost,
    cost_micros_per_solved: solved === 0 ? null : Math.round(cost / solved),
    took_p50_ms: quantile(times, 0.5),
    took_p95_ms: quantile(times, 0.95),
    tiers: countOf(ends.flatMap(({ tiers }) => tiers)),
    reasons: countOf(ends.map(({ reason }) => reason)),
  };
}

function sum(ends: readonly RunEnd[], field: 'candidates' | 'calls' | 'cost_micros'): number {
  return ends.reduce((total, end) => total + end[field], 0);
}

function countOf(words: readonly string[]): Record<string, number> {
  const counted = [...Map.groupBy(words.toSorted(), (word) => word)];
  return Object.fromEntries(counted.map(([word, all]) => [word, all.length]));
}
