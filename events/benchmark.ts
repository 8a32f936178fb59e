// Benchmark: problems with known tests, each solved by runs, and what came of every one of them.
import { type Static, Type } from 'typebox';
import { Digest } from '../kernel/digest.ts';
import { RunFigures, RunResult } from '../kernel/run-result.ts';
import { Name } from '../kernel/shape.ts';
import { born, defineStream, eventType, when } from '../kernel/stream.ts';

const closed = { additionalProperties: false } as const;

const BenchmarkName = Type.String({ ...Name, maxLength: 100 });

export const benchmarkFields = {
  name: BenchmarkName,
  problem_set: Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,39}$', maxLength: 40 }),
  problems_sha256: Digest,
  problems: Type.Integer({ minimum: 1, maximum: 10_000, description: 'How many' }),
  samples: Type.Integer({ minimum: 1, maximum: 100, description: 'Runs of each problem' }),
  model: Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Type.Null()], {
    description: '`<endpoint>/<model>` for every call, or null where the settings of the tenant choose',
  }),
  max_repairs: Type.Integer({ minimum: 0, maximum: 10 }),
  cap_micros: Type.Union([Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), Type.Null()], {
    description: 'The most that each run may cost, in millionths of a US dollar',
  }),
  tiers: Type.Array(Type.Enum(['docker', 'bubblewrap', 'wasm']), { minItems: 1, maxItems: 3 }),
} as const;

export const BenchmarkStarted = eventType(
  'benchmark.started',
  Type.Object(benchmarkFields, closed),
  'It was said what is to be measured, and how.',
);
export const BenchmarkResultRecorded = eventType(
  'benchmark.result_recorded',
  RunResult,
  'One run of a problem ended; this is what came of it.',
);
/** Carries the name, so that it is known from the facts alone which names are free again. */
export const BenchmarkFinished = eventType(
  'benchmark.finished',
  Type.Object({ name: BenchmarkName, figures: RunFigures }, closed),
  'Every run of every problem was recorded; these are the figures.',
);
export const BenchmarkAbandoned = eventType(
  'benchmark.abandoned',
  Type.Object({ name: BenchmarkName }, closed),
  'Nobody goes on with it; what was recorded stays.',
);

export const benchmarkStatuses = ['open', 'finished', 'abandoned'] as const;

export interface Benchmark extends Static<typeof BenchmarkStarted.shape> {
  readonly status: (typeof benchmarkStatuses)[number];
  readonly results: readonly RunResult[];
  /** Null until it is finished. */
  readonly figures: RunFigures | null;
}

export const benchmarkStream = defineStream<Benchmark>('benchmark', [
  born(BenchmarkStarted, (data) => ({ ...data, status: 'open', results: [], figures: null })),
  when(BenchmarkResultRecorded, (benchmark, result) => ({ ...benchmark, results: [...benchmark.results, result] })),
  when(BenchmarkFinished, (benchmark, { figures }) => ({ ...benchmark, status: 'finished', figures })),
  when(BenchmarkAbandoned, (benchmark) => ({ ...benchmark, status: 'abandoned' })),
]);
