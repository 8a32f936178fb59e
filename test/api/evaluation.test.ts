import { test } from 'tap';
import { advanceRun, takeRun } from '../../commands/run.ts';
import { RunFailed, RunSucceeded } from '../../events/run-fact.ts';
import { systemActor } from '../../kernel/actor.ts';
import type { StepFact } from '../../runs/step.ts';
import { request as command } from '../support/ledger.ts';
import { executed, failure, mendingFacts, modelCalled } from '../support/run.ts';
import { startTestServer } from '../support/server.ts';

const sets = '/api/v1/evaluation-sets';
const url = '/api/v1/evaluations';
const one = { name: 'add', prompt: 'Write add(a, b).', language: 'python', tests: 'assert add(1, 2) == 3' };
const strict = { ...one, steps: { expected: ['code', 'execute'], never: ['review'] }, budget_micros: 7 };
const other = { name: 'read-file', prompt: 'Read a file.', language: 'javascript' };
const written = mendingFacts.slice(0, 6).filter(({ kind }) => kind.type !== 'run.model_called');
const solve = (cost: number): StepFact[] => [
  modelCalled(1, { price_version: 'list 1', cost_micros: cost }),
  ...written,
  executed(1),
  { kind: RunSucceeded, data: { candidate: 1 } },
];
const wander: StepFact[] = [
  ...mendingFacts,
  executed(2, { ...failure, tests: { passed: 0, failed: 1, errors: 0 } }),
  { kind: RunFailed, data: { reason: 'stuck', detail: 'Twice.', best: 1 } },
];

test('a set is kept by revisions, and its cases are read with their texts', async (t) => {
  const { say, found } = await startTestServer(t);
  const { orchestratorKey: key, agentKey, userKey } = await found();
  const made = await say('POST', sets, { key, body: { name: 'Support', cases: [strict, other] } });
  t.equal(made.status, 201);
  const place = `${sets}/${made.body.id}`;
  t.equal(made.headers.get('location'), place);
  t.match(made.body, { name: 'Support', revision: 1, case_count: 2, status: 'active' });
  t.match((made.body.cases as unknown[])[0], {
    name: 'add',
    outcome: 'solved',
    budget_micros: 7,
    weights: { completion: 3 },
  });
  t.equal(
    (await say('POST', sets, { key, body: { name: 'Support', cases: [one] } })).body.code,
    'evaluation_set_name_taken',
  );
  t.equal((await say('POST', sets, { key: agentKey, body: { name: 'B', cases: [one] } })).body.code, 'role_forbidden');
  t.same((await say('GET', place, { key: agentKey })).body, made.body);

  const changed = await say('PATCH', place, { key, body: { cases: [one] } });
  t.match(changed.body, { revision: 2, case_count: 1, version: 3 });
  t.same(
    (await say('PATCH', place, { key, body: { cases: [one] } })).body,
    changed.body,
    'the same again changes nothing',
  );
  const first = await say('GET', `${place}/cases?revision=1`, { key: agentKey });
  t.same(first.body, {
    evaluation_set_id: made.body.id,
    name: 'Support',
    revision: 1,
    latest_revision: 2,
    cases: made.body.cases,
  });
  t.equal((await say('GET', `${place}/cases?revision=3`, { key })).body.code, 'evaluation_revision_not_found');
  const full = await say('GET', `${place}/cases/add?revision=1`, { key });
  t.match(full.body, { prompt: strict.prompt, tests: strict.tests, budget_micros: 7 });
  t.match((await say('GET', `${place}/cases/read-file?revision=1`, { key })).body, {
    prompt: other.prompt,
    tests: null,
  });
  t.equal((await say('GET', `${place}/cases/none`, { key })).body.code, 'evaluation_case_not_found');
  t.equal((await say('GET', `${place}/cases/add?revision=1`, { key: agentKey })).body.code, 'role_forbidden');

  t.equal((await say('POST', `${place}/archive`, { key })).body.code, 'role_forbidden');
  t.equal((await say('POST', `${place}/archive`, { key: userKey })).body.status, 'archived');
  t.equal((await say('PATCH', place, { key, body: { cases: [other] } })).body.code, 'evaluation_set_archived');
  t.equal(
    (await say('POST', url, { key, body: { evaluation_set_id: made.body.id } })).body.code,
    'evaluation_set_archived',
  );
  const list = async (query: string): Promise<unknown[]> =>
    (await say('GET', `${sets}?${query}`, { key: agentKey })).body.data.map(({ id }) => id);
  t.same(await list('status=archived&name=Support'), [made.body.id]);
  t.same(await list('status=active'), []);
  t.equal((await say('POST', `${place}/restore`, { key: userKey })).body.status, 'active');
});

test('agents are evaluated, and one evaluation is held against another', async (t) => {
  const server = await startTestServer(t);
  const { say } = server;
  const { orchestratorKey: key, agentKey, tenantId } = await server.found();
  const set = (await say('POST', sets, { key, body: { name: 'Support', cases: [strict, other] } })).body;
  const start = async (name: string): Promise<string> => {
    const made = await say('POST', url, { key, body: { evaluation_set_id: set.id, name, max_repairs: 1 } });
    t.match(made.body, { name, set_name: 'Support', status: 'open', cases: 2, asked: 0, total: null });
    return made.body.id;
  };
  const work = async (id: string, facts: Readonly<Record<string, StepFact[]>>): Promise<string[]> => {
    const runs: string[] = [];
    for (const [name, steps] of Object.entries(facts)) {
      const asked = await say('POST', `${url}/${id}/runs`, { key, body: { case: name } });
      t.same(Object.keys(asked.body).toSorted(), ['case', 'run_id', 'sample']);
      const run_id = String(asked.body.run_id);
      t.same((await say('POST', `${url}/${id}/runs`, { key, body: { case: name } })).body, asked.body, 'asked once');
      t.equal((await say('POST', `${url}/${id}/results`, { key, body: { run_id } })).body.code, 'run_not_ended');
      const by = { actor: systemActor };
      await server.ledger.execute(command(tenantId, takeRun, { run_id, worker: 'w', fence: 1 }, by));
      await server.ledger.execute(command(tenantId, advanceRun, { run_id, fence: 1, facts: steps }, by));
      t.equal((await say('POST', `${url}/${id}/results`, { key, body: { run_id } })).status, 200);
      runs.push(run_id);
    }
    return runs;
  };
  const before = await start('before');
  t.equal((await say('POST', `${url}/${before}/finish`, { key })).body.code, 'evaluation_incomplete');
  const runs = await work(before, { add: solve(7), 'read-file': solve(7) });
  const asked = await say('GET', `/api/v1/runs/${runs[0]}`, { key });
  t.match(asked.body, {
    prompt: strict.prompt,
    has_tests: true,
    limits: { max_repairs: 1 },
    labels: { evaluation: before },
  });
  const retry = (await say('POST', `/api/v1/runs/${runs[0]}/retry`, { key })).body.id;
  for (const run_id of [retry, runs[0]]) {
    const answer = await say('POST', `${url}/${before}/results`, { key, body: { run_id } });
    t.equal(answer.body.code ?? answer.body.recorded, run_id === retry ? 'evaluation_run_foreign' : 2);
  }
  const finished = await say('POST', `${url}/${before}/finish`, { key });
  t.match(finished.body, {
    status: 'finished',
    asked: 2,
    total: 1,
    figures: { total: 1, scored: 2, cost: { mean: 1, runs: 1 } },
  });
  t.same((await say('GET', `${url}/${before}`, { key: agentKey })).body, finished.body);

  const after = await start('after');
  await work(after, { add: solve(14), 'read-file': wander });
  const against = `${url}/${after}/comparison?against=${before}`;
  t.equal((await say('GET', against, { key: agentKey })).body.code, 'evaluation_not_finished');
  const worse = (await say('POST', `${url}/${after}/finish`, { key })).body;
  t.match(worse.figures, { solved_share: 0.5, worst: [{ case: 'read-file', total: 0 }, { case: 'add' }] });
  const results = await say('GET', `${url}/${after}/results?limit=1`, { key: agentKey });
  t.match(results.body.data, [
    { case: 'add', sample: 1, score: { completion: 1, steps: 1, cost: 0, loops: 1, total: 0.8333 } },
  ]);
  const next = await say('GET', `${url}/${after}/results?limit=1&cursor=${String(results.body.next_cursor)}`, { key });
  t.match(next.body, { data: [{ case: 'read-file', reason: 'stuck', score: { loops: 0 } }], next_cursor: null });
  const comparison = (await say('GET', against, { key: agentKey })).body;
  t.match(comparison, { compared: 2, before: 1, after: 0.4167, difference: -0.5833, verdicts: { worse: 2, same: 0 } });
  t.match(comparison.cases, [
    { case: 'read-file', verdict: 'worse', difference: -1 },
    { case: 'add', difference: -0.1667 },
  ]);
  const mild = (await say('GET', `${against}&tolerance_percent=20`, { key })).body;
  t.match(mild.verdicts, { worse: 1, same: 1 });

  const list = async (query: string): Promise<unknown[]> =>
    (await say('GET', `${url}?${query}`, { key: agentKey })).body.data.map(({ id }) => id);
  t.same(await list(`evaluation_set_id=${set.id}`), [after, before], 'the latest first');
  t.same(await list('name=before&status=finished'), [before]);
  t.same(await list('status=open'), []);

  const strange = (await say('POST', sets, { key, body: { name: 'Other', cases: [one] } })).body;
  const third = (await say('POST', url, { key, body: { evaluation_set_id: strange.id } })).body;
  await work(third.id, { add: solve(7) });
  await say('POST', `${url}/${third.id}/finish`, { key });
  const foreign = await say('GET', `${url}/${third.id}/comparison?against=${before}`, { key });
  t.equal(foreign.body.code, 'evaluation_set_differs');
});

test('evaluations of another tenant are none', async (t) => {
  const { say, found } = await startTestServer(t);
  const [{ userKey: key }, { userKey: stranger }] = [await found(), await found()];
  const set = (await say('POST', sets, { key, body: { name: 'Support', cases: [one] } })).body;
  const evaluation = (await say('POST', url, { key, body: { evaluation_set_id: set.id } })).body;
  const [place, go] = [`${sets}/${set.id}`, `${url}/${evaluation.id}`];
  for (const read of ['', '/cases', '/cases/add']) {
    t.equal((await say('GET', `${place}${read}`, { key: stranger })).body.code, 'evaluation_set_not_found', read);
  }
  for (const read of ['', '/results', `/comparison?against=${evaluation.id}`]) {
    t.equal((await say('GET', `${go}${read}`, { key: stranger })).body.code, 'evaluation_not_found', read);
  }
  for (const act of ['/finish', '/abandon']) {
    t.equal((await say('POST', `${go}${act}`, { key: stranger })).body.code, 'evaluation_not_found', act);
  }
  const asked = await say('POST', `${go}/runs`, { key: stranger, body: { case: 'add' } });
  t.equal(asked.body.code, 'evaluation_not_found');
  const started = await say('POST', url, { key: stranger, body: { evaluation_set_id: set.id } });
  t.equal(started.body.code, 'evaluation_set_not_found');
  t.same((await say('GET', sets, { key: stranger })).body.data, []);
  t.same((await say('GET', url, { key: stranger })).body.data, []);
});
