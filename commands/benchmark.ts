// Commands on benchmarks. Whoever measures says which run is one of its own; what came of it is read from the run.
import { type Static, Type } from 'typebox';
import type { CommandDefinition } from '../kernel/command.ts';
import { figuresOf } from '../kernel/run-result.ts';
import { Id } from '../kernel/shape.ts';
import { record } from '../kernel/stream.ts';
import {
  BenchmarkAbandoned,
  benchmarkFields,
  BenchmarkFinished,
  BenchmarkResultRecorded,
  BenchmarkStarted,
} from '../events/benchmark.ts';
import {
  benchmarkNameTaken,
  benchmarkOf,
  benchmarkRefusals,
  benchmarkRules,
  maxBenchmarkRuns,
  openBenchmark,
  placeOf,
  requireFirst,
  requirePlace,
} from '../policies/benchmark.ts';
import { requireRole } from '../policies/role.ts';
import { runOf } from '../policies/run.ts';
import { resultOf } from '../policies/run-result.ts';
import { openTenant } from '../policies/tenant.ts';

const closed = { additionalProperties: false } as const;
const { samples, model, max_repairs, cap_micros, tiers, ...named } = benchmarkFields;

export const StartBenchmarkBody = Type.Object(
  {
    ...named,
    samples: Type.Optional(samples),
    model: Type.Optional(model),
    max_repairs: Type.Optional(max_repairs),
    cap_micros: Type.Optional(cap_micros),
    tiers: Type.Optional(Type.Array(tiers.items, { minItems: 1, maxItems: 3, uniqueItems: true })),
  },
  closed,
);

export const RecordResultBody = Type.Object({ run_id: Id }, closed);

const benchmarkRef = (id: string) => ({ type: 'benchmark', id });

export interface StartBenchmark extends Static<typeof StartBenchmarkBody> {
  readonly benchmark_id: string;
}

export const startBenchmark: CommandDefinition<StartBenchmark> = {
  name: 'StartBenchmark',
  subject: ({ benchmark_id }) => benchmarkRef(benchmark_id),
  authorize: (_command, world) => requireRole(benchmarkRules.measure, world.actor),
  decide({ benchmark_id, ...told }, world) {
    openTenant(world);
    if (world.lookup(benchmarkNameTaken, told.name)) {
      throw benchmarkRefusals.refuse('benchmark_name_taken', `The name ${told.name} is taken.`);
    }
    const data = {
      ...told,
      samples: told.samples ?? 1,
      model: told.model ?? null,
      max_repairs: told.max_repairs ?? 3,
      cap_micros: told.cap_micros ?? null,
      tiers: told.tiers ?? (['docker', 'bubblewrap', 'wasm'] as const).slice(),
    };
    if (data.problems * data.samples > maxBenchmarkRuns) {
      throw benchmarkRefusals.refuse('benchmark_too_large', `A benchmark has at most ${maxBenchmarkRuns} runs.`);
    }
    return [record(BenchmarkStarted, benchmarkRef(benchmark_id), data, null)];
  },
};

export interface NameBenchmark {
  readonly benchmark_id: string;
}

export interface RecordResult extends NameBenchmark, Static<typeof RecordResultBody> {}

/** A run that was recorded before is not recorded twice. */
export const recordResult: CommandDefinition<RecordResult> = {
  name: 'RecordResult',
  subject: ({ benchmark_id }) => benchmarkRef(benchmark_id),
  authorize: (_command, world) => requireRole(benchmarkRules.measure, world.actor),
  decide({ benchmark_id, run_id }, world) {
    if (benchmarkOf(world, benchmark_id).state.results.some((result) => result.run_id === run_id)) return [];
    const benchmark = openBenchmark(world, benchmark_id);
    const run = runOf(world, run_id);
    const place = placeOf(benchmark_id, benchmark, run.state);
    requirePlace(benchmark, place);
    requireFirst(world, run_id, run.state);
    const result = resultOf(world, run_id, run, place);
    return [record(BenchmarkResultRecorded, benchmarkRef(benchmark_id), result, null)];
  },
};

export const finishBenchmark: CommandDefinition<NameBenchmark> = {
  name: 'FinishBenchmark',
  subject: ({ benchmark_id }) => benchmarkRef(benchmark_id),
  authorize: (_command, world) => requireRole(benchmarkRules.measure, world.actor),
  decide({ benchmark_id }, world) {
    if (benchmarkOf(world, benchmark_id).state.status === 'finished') return [];
    const { name, results, problems, samples: each } = openBenchmark(world, benchmark_id);
    if (results.length < problems * each) {
      const detail = `${results.length} of ${problems * each} are recorded.`;
      throw benchmarkRefusals.refuse('benchmark_incomplete', detail);
    }
    return [record(BenchmarkFinished, benchmarkRef(benchmark_id), { name, figures: figuresOf(results, each) }, null)];
  },
};

export const abandonBenchmark: CommandDefinition<NameBenchmark> = {
  name: 'AbandonBenchmark',
  subject: ({ benchmark_id }) => benchmarkRef(benchmark_id),
  authorize: (_command, world) => requireRole(benchmarkRules.measure, world.actor),
  decide({ benchmark_id }, world) {
    if (benchmarkOf(world, benchmark_id).state.status === 'abandoned') return [];
    const { name } = openBenchmark(world, benchmark_id);
    return [record(BenchmarkAbandoned, benchmarkRef(benchmark_id), { name }, null)];
  },
};
