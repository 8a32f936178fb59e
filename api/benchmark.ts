// Benchmarks over HTTP: saying what is measured, recording what came of each run, reading the figures.
import { type Static, Type } from 'typebox';
import { newId } from '../kernel/id.ts';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id } from '../kernel/shape.ts';
import {
  abandonBenchmark,
  finishBenchmark,
  RecordResultBody,
  recordResult,
  startBenchmark,
  StartBenchmarkBody,
} from '../commands/benchmark.ts';
import type { Benchmark } from '../events/benchmark.ts';
import { benchmarkRefusals, benchmarkRules } from '../policies/benchmark.ts';
import {
  benchmarkFilters,
  BenchmarkResultView,
  benchmarkText,
  BenchmarkView,
  findBenchmark,
  listBenchmarks,
  listResults,
} from '../projections/benchmark.ts';
import type { ExecuteRequest } from '../sql/batch.ts';
import type { Answer, Call } from './call.ts';
import { perform } from './perform.ts';
import { pageOf, presentList } from './present.ts';
import { presentFound, presentListed } from './render.ts';
import { type Route, route } from './route.ts';
import { runExample } from './run.ts';

const BenchmarkPath = Type.Object({ benchmark_id: Id }, { additionalProperties: false });
const url = '/api/v1/benchmarks';
const one = `${url}/:benchmark_id`;
const tags = ['benchmarks'] as const;

const told = {
  name: 'humaneval openai/gpt-5 repair',
  problem_set: 'humaneval',
  problems_sha256: '0'.repeat(64),
  problems: 1,
};
const example = {
  id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d40',
  version: 1,
  created_at: '2026-01-02T03:04:05.678Z',
  updated_at: '2026-01-02T03:04:05.678Z',
  ...told,
  samples: 1,
  model: 'openai/gpt-5',
  max_repairs: 3,
  cap_micros: null,
  tiers: ['docker', 'bubblewrap', 'wasm'],
  status: 'open',
  recorded: 0,
  solved: 0,
  cost_micros: 0,
  figures: null,
};
const recorded = { ...example, version: 2, recorded: 1, solved: 1, cost_micros: 1_200 };
const figures = {
  problems: 1,
  runs: 1,
  solved: 1,
  solved_at_once: 0,
  pass: [{ k: 1, with_repair: 1, without_repair: 0 }],
  candidates: 2,
  calls: 2,
  cost_micros: 1_200,
  cost_micros_per_solved: 1_200,
  took_p50_ms: 8_400,
  took_p95_ms: 8_400,
  tiers: { docker: 1 },
  reasons: { solved: 1 },
};
const result = {
  run_id: runExample.id,
  problem: 'HumanEval/0',
  category: 'humaneval',
  sample: 1,
  is_solved: true,
  is_solved_at_once: false,
  reason: 'solved',
  candidates: 2,
  calls: 2,
  cost_micros: 1_200,
  took_ms: 8_400,
  tiers: ['docker'],
  tests_sha256: '1'.repeat(64),
  recorded_at: '2026-01-02T03:04:15.678Z',
};
const params = { benchmark_id: example.id };

function missing(): Error {
  return benchmarkRefusals.refuse('benchmark_not_found', 'There is no such benchmark.');
}

function show(status: 200 | 201): ExecuteRequest['render'] {
  return ({ id, version, created_at, updated_at, state }) => ({
    status,
    body: JSON.stringify({ id, version, created_at, updated_at, ...benchmarkText(state as Benchmark) }),
  });
}

function start(call: Call<unknown, unknown, Static<typeof StartBenchmarkBody>>): Promise<Answer> {
  const command = { ...call.body, benchmark_id: newId() };
  return perform(call, { definition: startBenchmark, command, render: show(201), location: url });
}

const listRoute = route({
  method: 'GET',
  url,
  operation: 'listBenchmarks',
  summary: 'List benchmarks, the latest first',
  tags,
  role: benchmarkRules.read,
  query: pageQuery(benchmarkFilters),
  status: 200,
  response: listOf(BenchmarkView),
  codes: [],
  examples: {
    query: { status: 'open', problem_set: 'humaneval' },
    response: { data: [example], next_cursor: null, changes_cursor: 'c2VhbGVk' },
  },
  handler: async (call) =>
    presentList(call, await listBenchmarks(call.api.database, call.tenantId, call.query, pageOf(call))),
});

const startRoute = route({
  method: 'POST',
  url,
  operation: 'startBenchmark',
  summary: 'Say what is to be measured, and how',
  description:
    'Its runs are asked for with POST /api/v1/runs, with the labels `benchmark` (the id of this), `problem`, `sample` and, ' +
    'if there are such, `category`, and with the same model, sandboxes, repairs and cap.',
  tags,
  role: benchmarkRules.measure,
  body: StartBenchmarkBody,
  status: 201,
  response: BenchmarkView,
  codes: ['benchmark_name_taken', 'benchmark_too_large', 'tenant_not_found', 'tenant_suspended'],
  examples: { body: { ...told, model: example.model }, response: example },
  handler: start,
});

const getRoute = route({
  method: 'GET',
  url: one,
  operation: 'getBenchmark',
  summary: 'Show a benchmark, and its figures once it is finished',
  tags,
  role: benchmarkRules.read,
  params: BenchmarkPath,
  status: 200,
  response: BenchmarkView,
  codes: ['benchmark_not_found'],
  examples: { params, response: { ...recorded, version: 3, status: 'finished', figures } },
  handler: (call) =>
    presentFound(call, findBenchmark(call.api.database, call.tenantId, call.params.benchmark_id), missing),
});

const resultsRoute = route({
  method: 'GET',
  url: `${one}/results`,
  operation: 'listBenchmarkResults',
  summary: 'List what came of each run, in the order in which it was recorded',
  tags,
  role: benchmarkRules.read,
  params: BenchmarkPath,
  query: pageQuery({}),
  status: 200,
  response: listOf(BenchmarkResultView),
  codes: ['benchmark_not_found'],
  examples: { params, response: { data: [result], next_cursor: null, changes_cursor: 'c2VhbGVk' } },
  handler: (call) =>
    presentListed(call, listResults(call.api.database, call.tenantId, call.params.benchmark_id, pageOf(call)), missing),
});

const recordRoute = route({
  method: 'POST',
  url: `${one}/results`,
  operation: 'recordBenchmarkResult',
  summary: 'Record what came of a run of the benchmark',
  description:
    'The result is read from the run itself, so nobody can tell another one. Of several runs that were asked for for one ' +
    'sample, the first is recorded and no other. A run that was recorded before changes nothing.',
  tags,
  role: benchmarkRules.measure,
  params: BenchmarkPath,
  body: RecordResultBody,
  status: 200,
  response: BenchmarkView,
  codes: [
    'benchmark_not_found',
    'benchmark_ended',
    'benchmark_run_foreign',
    'benchmark_sample_taken',
    'benchmark_run_later',
    'run_not_found',
    'run_not_ended',
  ],
  examples: { params, body: { run_id: runExample.id }, response: recorded },
  handler: (call) =>
    perform(call, { definition: recordResult, command: { ...call.params, ...call.body }, render: show(200) }),
});

const finishRoute = route({
  method: 'POST',
  url: `${one}/finish`,
  operation: 'finishBenchmark',
  summary: 'Have the figures made, once every run is recorded',
  tags,
  role: benchmarkRules.measure,
  params: BenchmarkPath,
  status: 200,
  response: BenchmarkView,
  codes: ['benchmark_not_found', 'benchmark_ended', 'benchmark_incomplete'],
  examples: { params, response: { ...recorded, version: 3, status: 'finished', figures } },
  handler: (call) => perform(call, { definition: finishBenchmark, command: call.params, render: show(200) }),
});

const abandonRoute = route({
  method: 'POST',
  url: `${one}/abandon`,
  operation: 'abandonBenchmark',
  summary: 'Say that nobody goes on with a benchmark; what was recorded stays',
  tags,
  role: benchmarkRules.measure,
  params: BenchmarkPath,
  status: 200,
  response: BenchmarkView,
  codes: ['benchmark_not_found', 'benchmark_ended'],
  examples: { params, response: { ...recorded, version: 3, status: 'abandoned' } },
  handler: (call) => perform(call, { definition: abandonBenchmark, command: call.params, render: show(200) }),
});

export const benchmarkRoutes: readonly Route[] = [
  listRoute,
  startRoute,
  getRoute,
  resultsRoute,
  recordRoute,
  finishRoute,
  abandonRoute,
];
