import { test } from 'tap';
import { setModelRouting } from '../../commands/model-routing.ts';
import { ModelEndpointCreated, ModelEndpointDeleted } from '../../events/model-endpoint.ts';
import { ModelRoutingSet } from '../../events/model-routing.ts';
import { TenantFounded } from '../../events/tenant.ts';
import { record } from '../../kernel/stream.ts';
import { firstRouting } from '../../policies/model-routing.ts';
import { chainOf, nthOf, tighter } from '../../workers/model-route.ts';
import { given, idOf, tenantId } from '../support/given.ts';

const founded = record(TenantFounded, { type: 'tenant', id: tenantId }, { name: 'T', slug: 't' }, null);
const endpointRef = { type: 'model_endpoint', id: idOf(1) };
const offered = record(
  ModelEndpointCreated,
  endpointRef,
  {
    name: 'ours',
    kind: 'openai',
    base_url: 'https://api.openai.com/v1',
    models: [{ name: 'org/m-1', price: null }],
    description: '',
    secret_id: null,
    secret_last_four: null,
  },
  null,
);
const settings = { ...firstRouting, complexity: { ...firstRouting.complexity, hard: ['ours/org/m-1'] } };
const command = { routing_id: tenantId, settings };
const set = record(ModelRoutingSet, { type: 'model_routing', id: tenantId }, settings, null);

test('routing names models that the tenant has', async (t) => {
  given(t, founded, offered).when(setModelRouting, command).thenEvents(set);
  given(t, founded, offered, set).when(setModelRouting, command).thenEvents();
  const gone = record(ModelEndpointDeleted, endpointRef, { name: 'ours' }, null);
  given(t, founded, offered, gone).when(setModelRouting, command).thenRefused('model_unknown');
  for (const name of ['ours/m-1', 'other/org/m-1', 'constructor/x']) {
    const purposes = { ...firstRouting.purposes, plan: [name] };
    given(t, founded, offered)
      .when(setModelRouting, { ...command, settings: { ...settings, purposes } })
      .thenRefused('model_unknown');
  }
});

test('only a user says which models are asked', async (t) => {
  for (const role of ['agent', 'orchestrator'] as const) {
    given(t, founded, offered).by(role).when(setModelRouting, command).thenRefused('role_forbidden');
  }
});

test('a question goes where the run says, or its purpose, or its complexity', async (t) => {
  const complexity = { simple: ['s/1'], medium: ['m/1'], hard: ['h/1', 'h/2'] };
  const purposes = { classify: [], plan: ['p/1'], code: [], review: [] };
  const routing = { ...firstRouting, complexity, purposes };
  const run = { model: null, complexity: 'hard' } as const;
  t.same(chainOf(routing, run, 'code'), ['h/1', 'h/2']);
  t.same(chainOf(routing, run, 'plan'), ['p/1']);
  t.same(chainOf(routing, { ...run, complexity: null }, 'code'), ['m/1']);
  t.same(chainOf(routing, { ...run, complexity: null }, 'classify'), ['s/1']);
  t.same(chainOf(routing, { ...run, model: 'x/1' }, 'plan'), ['x/1']);
});

test('of two caps the lower one holds, and none is no cap', async (t) => {
  t.equal(tighter(1, 2), 1);
  t.equal(tighter(null, 2), 2);
  t.equal(tighter(1, null), 1);
  t.equal(tighter(0, null), 0);
  t.equal(tighter(null, null), null);
});

test('which answer a run waits for follows from its state alone', async (t) => {
  t.equal(nthOf({ candidates: [], parts: {} }, 'code'), 1);
  const content = { sha256: 'ab'.repeat(32), size: 1 };
  t.equal(nthOf({ candidates: [], parts: { a: content, b: content } }, 'code'), 3);
  t.equal(nthOf({ candidates: [], parts: {} }, 'review'), 1);
});
