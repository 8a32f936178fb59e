// Which models are asked, over HTTP.
import type { Static } from 'typebox';
import { setModelRouting } from '../commands/model-routing.ts';
import { RoutingSettings } from '../events/model-routing.ts';
import { firstRouting, modelRoutingRules } from '../policies/model-routing.ts';
import { ModelRoutingView, readModelRouting, wholeRouting } from '../projections/model-routing.ts';
import { readSpend, SpendView } from '../projections/model-spend.ts';
import type { Answer, Call } from './call.ts';
import { perform } from './perform.ts';
import { type Route, route } from './route.ts';

const url = '/api/v1/model-routing';
const tags = ['models'] as const;

const settingsExample = {
  ...firstRouting,
  complexity: {
    simple: ['anthropic/claude-haiku-4-5'],
    medium: ['anthropic/claude-sonnet-4-5', 'openai/gpt-5'],
    hard: ['anthropic/claude-opus-4-5'],
  },
};
const example = { version: 1, updated_at: '2026-01-02T03:04:05.678Z', ...settingsExample };

async function show({ api, tenantId }: Call): Promise<Answer> {
  const { position, view } = await readModelRouting(api.database, tenantId);
  return { status: 200, body: JSON.stringify(view), headers: ['loopledger-position', String(position)] };
}

function set(call: Call<unknown, unknown, Static<typeof RoutingSettings>>): Promise<Answer> {
  return perform(call, {
    definition: setModelRouting,
    command: { routing_id: call.tenantId, settings: call.body },
    render: ({ version, updated_at, state }) => ({
      status: 200,
      body: JSON.stringify({ version, updated_at, ...wholeRouting(state as RoutingSettings) }),
    }),
  });
}

async function showSpend({ api, tenantId }: Call): Promise<Answer> {
  const { position, view } = await readSpend(api.database, tenantId);
  return { status: 200, body: JSON.stringify(view), headers: ['loopledger-position', String(position)] };
}

const getRoute = route({
  method: 'GET',
  url,
  operation: 'getModelRouting',
  summary: 'Show which models are asked for what, and what they may cost',
  tags,
  role: modelRoutingRules.read,
  status: 200,
  response: ModelRoutingView,
  codes: [],
  examples: { response: example },
  handler: show,
});

const setRoute = route({
  method: 'PUT',
  url,
  operation: 'setModelRouting',
  summary: 'Say which models are asked for what, and what they may cost',
  description:
    'Of a list the first is asked, and the next when it fails. The most that a call may cost is held before it is made, ' +
    'so no cap is passed. Unless a run asks for a model to judge it, its task gets a score by its text; `thresholds` tell what that means.',
  tags,
  role: modelRoutingRules.set,
  body: RoutingSettings,
  status: 200,
  response: ModelRoutingView,
  codes: ['model_unknown', 'tenant_not_found', 'tenant_suspended'],
  examples: { body: settingsExample, response: example },
  handler: set,
});

const spendRoute = route({
  method: 'GET',
  url: '/api/v1/model-spend',
  operation: 'getModelSpend',
  summary: 'Show what was spent on models today, and what is held for calls under way',
  tags,
  role: modelRoutingRules.read,
  status: 200,
  response: SpendView,
  codes: [],
  examples: { response: { day: '2026-01-02', tenant_micros: 1_250_000, held_micros: 40_000 } },
  handler: showSpend,
});

export const modelRoutingRoutes: readonly Route[] = [getRoute, setRoute, spendRoute];
