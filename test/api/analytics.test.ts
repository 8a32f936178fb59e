import { test } from 'tap';
import { changeModelEndpoint, createModelEndpoint, deleteModelEndpoint } from '../../commands/model-endpoint.ts';
import { advanceRun, requestRun, takeRun } from '../../commands/run.ts';
import { RunFailed, RunSucceeded } from '../../events/run-fact.ts';
import { systemActor } from '../../kernel/actor.ts';
import { newId } from '../../kernel/id.ts';
import type { StepFact } from '../../runs/step.ts';
import { request as command } from '../support/ledger.ts';
import { executed, failure, mendingFacts, modelCalled, runRequest } from '../support/run.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const by = { actor: systemActor };

async function runThrough({ ledger }: TestServer, tenantId: string, facts: readonly StepFact[]): Promise<void> {
  const run_id = newId();
  await ledger.execute(command(tenantId, requestRun, runRequest(run_id), by));
  await ledger.execute(command(tenantId, takeRun, { run_id, worker: 'w', fence: 1 }, by));
  await ledger.execute(command(tenantId, advanceRun, { run_id, fence: 1, facts }, by));
}

const limited = { error: { class: 'limited', detail: '429' }, served_model: null, tokens: null, output: null };
const solved: readonly StepFact[] = [
  ...mendingFacts,
  modelCalled(2, {
    purpose: 'review',
    asked_model: 'small',
    served_model: 'small-1',
    cost_micros: 100,
    latency_ms: 50,
  }),
  modelCalled(3, { ...limited, asked_model: 'small', cost_micros: 0, latency_ms: 900 }),
  executed(2),
  { kind: RunSucceeded, data: { candidate: 2 } },
];
const lost: readonly StepFact[] = [
  ...mendingFacts,
  executed(2, failure),
  { kind: RunFailed, data: { reason: 'stuck', detail: 'The same failure twice.', best: 1 } },
];

test('what models cost is summed by what was asked', async (t) => {
  const server = await startTestServer(t);
  const { tenantId, orchestratorKey: key, agentKey } = await server.found();
  await runThrough(server, tenantId, solved);
  await runThrough(server, tenantId, lost);
  await runThrough(server, (await server.found()).tenantId, solved);
  const sum = async (query: string) => (await server.say('GET', `/api/v1/analytics/models?${query}`, { key })).body;
  const { data, total } = await sum('');
  t.match(total, { runs: 2, calls: 4, failed_calls: 1, cost_micros: 114, input_tokens: 30, output_tokens: 15 });
  t.match(data, [
    { key: 'small-1', calls: 1, calls_share: 0.25, cost_micros: 100, cost_share: 0.8772, latency_p50_ms: 50 },
    { key: 'scripted', runs: 2, calls: 2, cost_micros: 14 },
    { key: 'small', calls: 1, failed_calls: 1, cost_micros: 0, latency_p50_ms: null },
  ]);
  t.match((await sum('by=purpose')).data, [
    { key: 'review', cost_micros: 100 },
    { key: 'code', calls: 3 },
  ]);
  t.match((await sum('by=error_class')).data, [
    { key: null, calls: 3 },
    { key: 'limited', calls: 1 },
  ]);
  t.match((await sum('by=role')).data, [{ key: 'superadmin', calls: 4, calls_share: 1, cost_share: 1 }]);
  t.match((await sum('by=agent')).data, [{ key: null, calls: 4 }]);
  t.match((await sum('by=project')).data, [{ key: null, calls: 4 }]);
  t.match((await sum('by=day')).data, [{ key: new Date().toISOString().slice(0, 10), calls: 4 }]);
  t.match(await sum('to=2026-01-01T00:00:00.000Z'), {
    data: [],
    total: { calls: 0, cost_micros: 0, latency_p50_ms: null },
  });
  t.match((await sum(`project_id=${newId()}`)).total, { calls: 0 });
  const refused = await server.say('GET', '/api/v1/analytics/models', { key: agentKey });
  t.equal(refused.body.code, 'role_forbidden');
});

test('runs are counted by how they fared', async (t) => {
  const server = await startTestServer(t);
  const { tenantId, orchestratorKey: key } = await server.found();
  await runThrough(server, tenantId, solved);
  await runThrough(server, tenantId, lost);
  await server.say('POST', '/api/v1/runs', { key, body: { prompt: 'Later', language: 'javascript' } });
  const show = async (query: string) => (await server.say('GET', `/api/v1/analytics/runs?${query}`, { key })).body;
  const { total, errors, data } = await show('');
  t.match(total, { runs: 3, open: 1, succeeded: 1, failed: 1, cancelled: 0, success_rate: 0.5, first_try_rate: 0 });
  t.match(total, { repairs_mean: 1, calls_mean: 2, cost_micros: 114, cost_per_success_micros: 114 });
  t.same(errors, [{ error_class: 'logic', candidates: 3 }]);
  t.match(data, [{ key: new Date().toISOString().slice(0, 10), runs: 3 }]);
  const keys = async (group: string) =>
    ((await show(`by=${group}`)).data as readonly Record<string, unknown>[]).map((row) => [row['key'], row['runs']]);
  t.same(await keys('reason'), [
    ['solved', 1],
    ['stuck', 1],
    [null, 1],
  ]);
  t.same(await keys('language'), [
    ['python', 2],
    ['javascript', 1],
  ]);
  t.same(await keys('tier'), [
    ['bubblewrap', 2],
    [null, 1],
  ]);
});

test('a span of time that nobody can mean is refused', async (t) => {
  const { say, found } = await startTestServer(t);
  const { orchestratorKey: key } = await found();
  const spans = [
    'from=2026-01-02T00:00:00.000Z&to=2026-01-01T00:00:00.000Z',
    'from=2020-01-01T00:00:00.000Z',
    'from=yesterday',
    'by=weather',
  ];
  for (const span of spans) {
    t.equal((await say('GET', `/api/v1/analytics/runs?${span}`, { key })).body.code, 'query_invalid', span);
  }
});

async function addEndpoint({ ledger }: TestServer, tenantId: string, name: string, input: number): Promise<string> {
  const endpoint_id = newId();
  const price = { input, cached: 0, output: 0 };
  await ledger.execute(
    command(
      tenantId,
      createModelEndpoint,
      {
        endpoint_id,
        name,
        kind: 'compatible',
        base_url: 'https://models.example/v1',
        ...allowed,
        models: [{ name: 'm', price }],
      },
      by,
    ),
  );
  return endpoint_id;
}
const allowed = { allow_private: false, allow_scripted: false };

test('it is told what the same calls would have cost at the dearest model that was offered then', async (t) => {
  const server = await startTestServer(t);
  const { tenantId, orchestratorKey: key, agentKey } = await server.found();
  const compare = async (query = '') =>
    (await server.say('GET', `/api/v1/analytics/models/dearest?${query}`, { key })).body;
  await runThrough(server, tenantId, solved);
  t.match(await compare(), {
    calls: 3,
    unknown_calls: 1,
    unpriced_calls: 2,
    cost_micros: 0,
    dearest_cost_micros: 0,
    dearest: [],
  });
  await addEndpoint(server, tenantId, 'low', 1_000_000);
  const high = await addEndpoint(server, tenantId, 'high', 20_000_000);
  await runThrough(server, tenantId, solved);
  const changes = { models: [{ name: 'm', price: { input: 2_000_000, cached: 0, output: 0 } }] };
  await server.ledger.execute(
    command(tenantId, changeModelEndpoint, { endpoint_id: high, changes, allow_private: false }, by),
  );
  await runThrough(server, tenantId, solved);
  await server.ledger.execute(command(tenantId, deleteModelEndpoint, { endpoint_id: high }, by));
  await runThrough(server, tenantId, solved);
  t.match(await compare(), {
    calls: 12,
    unknown_calls: 4,
    unpriced_calls: 2,
    cost_micros: 3 * 107,
    dearest_cost_micros: 20 * 20 + 20 * 2 + 20,
    saved_micros: 460 - 321,
    dearest: [
      { model: 'high/m', calls: 4, cost_micros: 440 },
      { model: 'low/m', calls: 2, cost_micros: 20 },
    ],
  });
  t.match(await compare('to=2026-01-01T00:00:00.000Z'), { calls: 0, dearest: [] });
  t.match(await compare(`project_id=${newId()}`), { calls: 0 });
  t.equal((await compare('from=2020-01-01T00:00:00.000Z')).code, 'query_invalid');
  const refused = await server.say('GET', '/api/v1/analytics/models/dearest', { key: agentKey });
  t.equal(refused.body.code, 'role_forbidden');
});
