// What the same calls would have cost at the dearest model that could have been asked.
import { type Static, Type } from 'typebox';
import { Timestamp } from '../kernel/shape.ts';
import { dearestOf } from '../models/dearest.ts';
import { Micros } from '../events/run-fact.ts';
import { runRules } from '../policies/run.ts';
import { readModelOffers } from '../projections/model-offer.ts';
import { sumTokensBetween } from '../projections/model-tokens.ts';
import { analyticsSpan, rangeOf } from './analytics-span.ts';
import type { Answer, Call } from './call.ts';
import { type Route, route } from './route.ts';

const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const mostModels = 500;

const DearestModel = Type.Object({ model: Type.String({ maxLength: 200 }), calls: Count, cost_micros: Micros }, closed);
const ComparisonView = Type.Object(
  {
    from: Timestamp,
    to: Timestamp,
    calls: Count,
    unknown_calls: Type.Integer({ ...bounds(), description: 'Whose tokens nobody counted; in no sum' }),
    unpriced_calls: Type.Integer({ ...bounds(), description: 'When no model that was offered had a price; in no sum' }),
    cost_micros: Type.Integer({ ...bounds(), description: 'What the calls that could be compared did cost' }),
    dearest_cost_micros: Type.Integer({ ...bounds(), description: 'What they would have cost' }),
    saved_micros: Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
    dearest: Type.Array(DearestModel, {
      maxItems: mostModels,
      description: 'Which model was the dearest, for how many',
    }),
  },
  closed,
);
type Comparison = Static<typeof ComparisonView>;
const Query = Type.Object(analyticsSpan, closed);

function bounds() {
  return { minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
}

async function compare(call: Call<unknown, Static<typeof Query>>): Promise<Answer> {
  const range = rangeOf(call);
  const { database } = call.api;
  const offers = await readModelOffers(database, call.tenantId, range);
  const times = offers.map(({ from }) => from);
  const { position, sums } = await sumTokensBetween(database, call.tenantId, range, times);
  const dearest = new Map<string, Static<typeof DearestModel>>();
  const total = { calls: 0, unknown_calls: 0, unpriced_calls: 0, cost_micros: 0, dearest_cost_micros: 0 };
  for (const sum of sums) {
    const known = sum.calls - sum.unknown_calls;
    const offer = offers[sum.at];
    const found = offer === undefined || known === 0 ? null : dearestOf(offer, sum);
    total.calls += sum.calls;
    total.unknown_calls += sum.unknown_calls;
    if (found === null) {
      total.unpriced_calls += known;
      continue;
    }
    const { model, micros } = found;
    const before = dearest.get(model) ?? { calls: 0, cost_micros: 0 };
    dearest.set(model, { model, calls: before.calls + known, cost_micros: before.cost_micros + micros });
    total.cost_micros += sum.cost_micros;
    total.dearest_cost_micros += micros;
  }
  const shown: Comparison = {
    from: range.from,
    to: range.to,
    ...total,
    saved_micros: total.dearest_cost_micros - total.cost_micros,
    dearest: [...dearest.values()].toSorted((one, other) => other.cost_micros - one.cost_micros).slice(0, mostModels),
  };
  return { status: 200, body: JSON.stringify(shown), headers: ['loopledger-position', String(position)] };
}

const example: Comparison = {
  from: '2026-01-01T00:00:00.000Z',
  to: '2026-01-31T00:00:00.000Z',
  calls: 40,
  unknown_calls: 1,
  unpriced_calls: 0,
  cost_micros: 426_000,
  dearest_cost_micros: 2_130_000,
  saved_micros: 1_704_000,
  dearest: [{ model: 'anthropic/claude-opus-4-5', calls: 39, cost_micros: 2_130_000 }],
};

export const modelComparisonRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/analytics/models/dearest',
    operation: 'compareModelCost',
    summary: 'Show what the same calls would have cost at the dearest model',
    description:
      'At each time, the dearest is looked for among the models that the active endpoints of the tenant offered then, at the ' +
      'prices of then, for the same tokens. A call whose tokens nobody counted is counted and not priced.',
    tags: ['analytics'],
    role: runRules.request,
    query: Query,
    status: 200,
    response: ComparisonView,
    codes: ['query_invalid'],
    examples: { query: { from: example.from, to: example.to }, response: example },
    handler: compare,
  }),
];
