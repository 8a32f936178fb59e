// Figures of runs: what models cost, and how runs fared, over a span of time.
import { type Static, type TObject, Type } from 'typebox';
import { Timestamp } from '../kernel/shape.ts';
import { runRules } from '../policies/run.ts';
import { mostRows, sumModelUsage, usageGroups, UsageRow, UsageTotal } from '../projections/model-usage.ts';
import { ErrorCounts, readRunFigures, RunFigures, RunFiguresRow, runGroups } from '../projections/run-figures.ts';
import { analyticsSpan, rangeOf, usualDays } from './analytics-span.ts';
import type { Answer, Call } from './call.ts';
import { type Route, route } from './route.ts';

const closed = { additionalProperties: false } as const;
const tags = ['analytics'] as const;
const ModelsQuery = Type.Object(
  {
    by: Type.Optional(Type.Enum([...usageGroups], { default: 'model', description: 'What is summed together' })),
    ...analyticsSpan,
  },
  closed,
);
const RunsQuery = Type.Object(
  {
    by: Type.Optional(Type.Enum([...runGroups], { default: 'day', description: 'What is counted together' })),
    ...analyticsSpan,
  },
  closed,
);

function figuresOf(row: TObject, total: TObject, further: Record<string, TObject | typeof ErrorCounts> = {}) {
  return Type.Object(
    { from: Timestamp, to: Timestamp, data: Type.Array(row, { maxItems: mostRows }), total, ...further },
    closed,
  );
}

function answer(position: number, shown: object): Answer {
  return { status: 200, body: JSON.stringify(shown), headers: ['loopledger-position', String(position)] };
}

async function showModels(call: Call<unknown, Static<typeof ModelsQuery>>): Promise<Answer> {
  const range = rangeOf(call);
  const { by = 'model' } = call.query;
  const { position, rows: data, total } = await sumModelUsage(call.api.database, call.tenantId, { ...range, by });
  return answer(position, { from: range.from, to: range.to, data, total });
}

async function showRuns(call: Call<unknown, Static<typeof RunsQuery>>): Promise<Answer> {
  const range = rangeOf(call);
  const { by = 'day' } = call.query;
  const figured = await readRunFigures(call.api.database, call.tenantId, { ...range, by });
  const { position, rows: data, total, errors } = figured;
  return answer(position, { from: range.from, to: range.to, data, total, errors });
}

const exampleSpan = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-31T00:00:00.000Z' };
const usage = {
  runs: 12,
  calls: 40,
  failed_calls: 1,
  input_tokens: 52_000,
  cached_tokens: 0,
  output_tokens: 18_000,
  reasoning_tokens: 0,
  cost_micros: 426_000,
  latency_p50_ms: 2_100,
  latency_p95_ms: 6_400,
};
const figures = {
  runs: 12,
  open: 1,
  succeeded: 10,
  failed: 1,
  cancelled: 0,
  retries: 1,
  success_rate: 0.9091,
  first_try_rate: 0.7,
  repairs_mean: 0.455,
  calls_mean: 3.3,
  seconds_p50: 9.1,
  seconds_p95: 31.4,
  cost_micros: 426_000,
  cost_per_success_micros: 42_600,
};

export const analyticsRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/analytics/models',
    operation: 'sumModelUsage',
    summary: 'Sum what models were asked for and what it cost',
    description: `By model, endpoint, purpose (the kind of agent that asked), project, day, class of error, or by the agent or role that asked for the run. Without \`from\`, the last ${usualDays} days before \`to\`.`,
    tags,
    role: runRules.request,
    query: ModelsQuery,
    status: 200,
    response: figuresOf(UsageRow, UsageTotal),
    codes: ['query_invalid'],
    examples: {
      query: { by: 'model', ...exampleSpan },
      response: {
        ...exampleSpan,
        data: [{ key: 'gpt-5-mini', ...usage, calls_share: 1, cost_share: 1 }],
        total: usage,
      },
    },
    handler: showModels,
  }),
  route({
    method: 'GET',
    url: '/api/v1/analytics/runs',
    operation: 'showRunFigures',
    summary: 'Show how runs fared: successes, repairs, time and cost',
    description: `By what they were or how they ended. Without \`from\`, those asked for in the last ${usualDays} days before \`to\`.`,
    tags,
    role: runRules.request,
    query: RunsQuery,
    status: 200,
    response: figuresOf(RunFiguresRow, RunFigures, { errors: ErrorCounts }),
    codes: ['query_invalid'],
    examples: {
      query: { by: 'complexity', ...exampleSpan },
      response: {
        ...exampleSpan,
        data: [{ key: 'simple', ...figures }],
        total: figures,
        errors: [{ error_class: 'logic', candidates: 4 }],
      },
    },
    handler: showRuns,
  }),
];
