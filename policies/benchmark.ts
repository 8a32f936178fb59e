// Who may measure, and what a benchmark and its runs must be for it.
import type { RoleRule } from '../kernel/actor.ts';
import type { LookupDefinition, World } from '../kernel/command.ts';
import type { Loaded } from '../kernel/event.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import {
  type Benchmark,
  BenchmarkAbandoned,
  BenchmarkFinished,
  BenchmarkStarted,
  benchmarkStream,
} from '../events/benchmark.ts';
import type { Run } from '../events/run.ts';
import { RunRequested } from '../events/run-fact.ts';
import type { Named } from './run-result.ts';

export const benchmarkRules = {
  read: { atLeast: 'agent' },
  /** As for runs: whoever may ask for those. */
  measure: { atLeast: 'orchestrator' },
} as const satisfies Record<string, RoleRule>;

export const benchmarkRefusals = defineRefusals({
  benchmark_not_found: {
    kind: 'missing',
    title: 'No such benchmark',
    remedy: 'List the benchmarks with GET /api/v1/benchmarks.',
  },
  benchmark_ended: {
    kind: 'conflict',
    title: 'The benchmark has ended',
    remedy: 'Start another one of the same name with POST /api/v1/benchmarks.',
  },
  benchmark_name_taken: {
    kind: 'conflict',
    title: 'An open benchmark has this name',
    remedy: 'Go on with it, abandon it with POST /api/v1/benchmarks/{benchmark_id}/abandon, or choose another name.',
  },
  benchmark_too_large: {
    kind: 'rejected',
    title: 'The benchmark has too many runs',
    remedy: 'Measure fewer problems, or each of them less often.',
  },
  benchmark_run_foreign: {
    kind: 'rejected',
    title: 'The run does not belong to the benchmark',
    remedy:
      'Ask for its runs with the labels `benchmark` (the id), `problem` and `sample`, and with the model, sandboxes, repairs and cap of the benchmark.',
  },
  benchmark_sample_taken: {
    kind: 'conflict',
    title: 'Another run was recorded for this sample',
    remedy: 'Nothing is to be done: the first one counts.',
  },
  benchmark_run_later: {
    kind: 'conflict',
    title: 'Another run was asked for earlier for this sample',
    remedy:
      'Record that one: of several runs of a sample, the first that was asked for counts, however it ends. GET /api/v1/runs?label=benchmark:<id> lists them.',
  },
  benchmark_incomplete: {
    kind: 'conflict',
    title: 'Not every run is recorded',
    remedy: 'Record the rest with POST /api/v1/benchmarks/{benchmark_id}/results, or abandon the benchmark.',
  },
});

const { refuse } = benchmarkRefusals;
export const maxBenchmarkRuns = 10_000;

const ends = new Set([BenchmarkFinished.type, BenchmarkAbandoned.type]);

/** Whether an open benchmark has the name. */
export const benchmarkNameTaken: LookupDefinition<boolean> = {
  name: 'benchmark-name-taken',
  keyOf: ({ type, data }) => (type === BenchmarkStarted.type || ends.has(type) ? (data['name'] as string) : null),
  fold: (_taken, { type }) => type === BenchmarkStarted.type,
};

type Asked = Pick<Run, 'labels' | 'model' | 'limits' | 'tiers' | 'retry_of'>;

/** Equal for runs of which each could be the one of a sample. Null for what is no run of one. */
function sampleKey({ labels, model, limits, tiers, retry_of }: Asked): string | null {
  const { benchmark, sample, problem } = labels;
  if (benchmark === undefined || sample === undefined || problem === undefined || retry_of !== null) return null;
  const { max_repairs, cap_micros } = limits;
  return JSON.stringify([`${benchmark}/${sample}/${problem}`, model, max_repairs, cap_micros, JSON.stringify(tiers)]);
}

/** The run that was asked for first of those with one key. */
export const firstOfSample: LookupDefinition<string | null> = {
  name: 'first-of-sample',
  keyOf: ({ type, data }) => (type === RunRequested.type ? sampleKey(data as unknown as Asked) : null),
  fold: (first, { stream }) => first ?? stream.id,
};

/** Otherwise somebody could ask for two, and record the better of both. */
export function requireFirst(world: World, run_id: string, run: Run): void {
  const key = sampleKey(run);
  const first = key === null ? null : world.lookup(firstOfSample, key);
  if (first === run_id) return;
  throw refuse('benchmark_run_later', `The first run of the sample is ${first ?? 'not known'}.`);
}

export function benchmarkOf(world: World, id: string): Loaded<Benchmark> {
  const benchmark = world.find(benchmarkStream, id);
  if (benchmark === undefined) throw refuse('benchmark_not_found', 'There is no such benchmark.');
  return benchmark;
}

export function openBenchmark(world: World, id: string): Benchmark {
  const { state } = benchmarkOf(world, id);
  if (state.status !== 'open') throw refuse('benchmark_ended', `The benchmark is ${state.status}.`);
  return state;
}

/** Which problem a run is of, by the labels that it was asked for with. A run that was asked for again counts for nobody. */
export function placeOf(benchmark_id: string, benchmark: Benchmark, run: Run): Named {
  const { labels, limits, kind, model, tiers, retry_of } = run;
  const { benchmark: of, problem = '', sample: number = '', category = benchmark.problem_set } = labels;
  const sample = /^[1-9]\d{0,2}$/.test(number) ? Number(number) : Infinity;
  const faults = [
    kind === 'solve' && of === benchmark_id ? null : 'It was not asked for under the id of the benchmark.',
    retry_of === null ? null : 'It is another try.',
    problem === '' ? 'It does not say which problem it is of.' : null,
    sample <= benchmark.samples ? null : `Its sample is none from 1 to ${benchmark.samples}.`,
    model === benchmark.model ? null : 'It asks another model.',
    limits.max_repairs === benchmark.max_repairs ? null : `It has ${limits.max_repairs} repairs.`,
    limits.cap_micros === benchmark.cap_micros ? null : 'It has another cap.',
    tiers.join() === benchmark.tiers.join() ? null : 'It is allowed other sandboxes.',
  ];
  const fault = faults.find((one) => one !== null);
  if (fault !== undefined) throw refuse('benchmark_run_foreign', fault);
  return { problem, category, sample };
}

/** A problem and a sample are recorded once, and no more problems than were said. */
export function requirePlace({ results, problems }: Benchmark, { problem, sample }: Named): void {
  const known = new Set<string>();
  for (const result of results) {
    known.add(result.problem);
    if (result.problem === problem && result.sample === sample) {
      throw refuse('benchmark_sample_taken', `Sample ${sample} of ${problem} is there already.`);
    }
  }
  if (known.size < problems || known.has(problem)) return;
  throw refuse('benchmark_run_foreign', `The benchmark has ${problems} problems, and ${problem} is none of them.`);
}
