import { test } from 'tap';
import { advanceRun, takeRun } from '../../commands/run.ts';
import { RunSucceeded } from '../../events/run-fact.ts';
import { systemActor } from '../../kernel/actor.ts';
import { putContent } from '../../sql/content.ts';
import { request as command } from '../support/ledger.ts';
import { contentOf, executed, mendingFacts } from '../support/run.ts';
import { shareTestServer, type TestServer } from '../support/server.ts';

const url = '/api/v1/runs';
const ask = { prompt: 'Write add(a, b).', language: 'python', tests: 'assert add(1, 2) == 3' };

async function finish({ ledger, database }: TestServer, tenantId: string, run_id: string): Promise<void> {
  const by = { actor: systemActor };
  for (const text of ['bug', 'fix', 'the prompt', 'the output', '<svg/>']) {
    await putContent(database, tenantId, Buffer.from(text));
  }
  const artifacts = [{ name: 'plot.svg', content: contentOf('<svg/>') }];
  const facts = [...mendingFacts, executed(2, { artifacts }), { kind: RunSucceeded, data: { candidate: 2 } }];
  await ledger.execute(command(tenantId, takeRun, { run_id, worker: 'w', fence: 1 }, by));
  await ledger.execute(command(tenantId, advanceRun, { run_id, fence: 1, facts }, by));
}

test('a run is asked for, found and listed', async (t) => {
  const { say, found } = await shareTestServer(t);
  const { orchestratorKey: key, agentKey } = await found();
  const made = await say('POST', url, { key, body: { ...ask, labels: { benchmark: 'custom', problem: 'a:b' } } });
  t.equal(made.status, 201);
  t.match(made.body, {
    status: 'queued',
    has_tests: true,
    limits: { max_repairs: 3, deadline_s: 600 },
    prompt: ask.prompt,
  });
  t.equal(made.headers.get('location'), `${url}/${made.body.id}`);
  t.notMatch(made.text, 'assert add');
  const { prompt: _prompt, ...summary } = made.body;
  t.same((await say('GET', `${url}/${made.body.id}`, { key: agentKey })).body, made.body);
  const other = await say('POST', url, { key, body: { prompt: 'Two', language: 'javascript', needs_approval: true } });
  const list = async (query: string): Promise<unknown[]> =>
    (await say('GET', `${url}?${query}`, { key })).body.data.map(({ id }) => id);
  t.same(await list(''), [other.body.id, made.body.id], 'the latest first');
  t.same((await say('GET', `${url}?label=problem:a:b`, { key })).body.data, [summary]);
  t.same(await list('label=benchmark:mbpp'), []);
  t.same(await list('status=awaiting_approval'), [other.body.id]);
  t.equal((await say('POST', url, { key: agentKey, body: ask })).body.code, 'role_forbidden');
  for (const labels of [{ Up: 'x' }, { __proto: 'x' }]) {
    t.equal((await say('POST', url, { key, body: { ...ask, labels } })).body.code, 'body_invalid');
  }
});

test('a run of another tenant is none', async (t) => {
  const { say, found } = await shareTestServer(t);
  const [{ userKey: key }, { userKey: stranger }] = [await found(), await found()];
  const { id } = (await say('POST', url, { key, body: ask })).body;
  for (const place of ['', '/steps', '/transcript', '/code', '/artifacts/plot.svg']) {
    t.equal((await say('GET', `${url}/${id}${place}`, { key: stranger })).body.code, 'run_not_found', place);
  }
  for (const act of ['cancel', 'approve', 'retry']) {
    t.equal((await say('POST', `${url}/${id}/${act}`, { key: stranger })).body.code, 'run_not_found', act);
  }
  t.same((await say('GET', url, { key: stranger })).body.data, []);
});

test('what a run did is shown with its texts, its code and its artifacts', async (t) => {
  const server = await shareTestServer(t);
  const { say } = server;
  const { userKey: key, tenantId } = await server.found();
  const { id } = (await say('POST', url, { key, body: ask })).body;
  t.equal((await say('GET', `${url}/${id}/code`, { key })).body.code, 'run_content_not_found');
  await finish(server, tenantId, id);
  t.match((await say('GET', `${url}/${id}`, { key })).body, {
    status: 'succeeded',
    calls: 1,
    cost_micros: 7,
    complexity: 'simple',
    candidates: [
      { number: 1, is_solved: false, error_class: 'logic', confidence: 0.9 },
      { number: 2, of: 1, is_solved: true, tier: 'bubblewrap', verdict: 'ok' },
    ],
    outcome: { reason: 'solved', best: 2 },
  });
  const steps = (await say('GET', `${url}/${id}/steps?limit=2`, { key })).body;
  t.same(
    steps.data.map(({ type }) => type),
    ['run.requested', 'run.taken'],
  );
  const { data } = (await say('GET', `${url}/${id}/transcript`, { key })).body;
  t.match(data, [
    { call: 1, purpose: 'code', prompt: { text: 'the prompt', is_cut: false }, output: { text: 'the output' } },
  ]);
  const raw = async (path: string) => {
    const answer = await fetch(`${server.url}${url}/${id}/${path}`, { headers: { authorization: `Bearer ${key}` } });
    return { type: answer.headers.get('content-type'), text: await answer.text() };
  };
  t.same(await raw('code'), { type: 'text/plain; charset=utf-8', text: 'fix' });
  t.equal((await raw('code?candidate=1')).text, 'bug');
  t.equal((await raw('tests')).text, ask.tests);
  t.same(await raw('artifacts/plot.svg'), { type: 'application/octet-stream', text: '<svg/>' });
  t.equal((await say('GET', `${url}/${id}/artifacts/other`, { key })).body.code, 'run_content_not_found');
});

test('long texts of a transcript are cut', async (t) => {
  const server = await shareTestServer(t);
  const { userKey: key, tenantId } = await server.found();
  const { id } = (await server.say('POST', url, { key, body: ask })).body;
  const long = 'ä'.repeat(40_000);
  await putContent(server.database, tenantId, Buffer.from(long));
  const by = { actor: systemActor };
  const facts = mendingFacts
    .slice(2, 3)
    .map(({ kind, data }) => ({ kind, data: { ...data, prompt: contentOf(long) } }));
  await server.ledger.execute(command(tenantId, takeRun, { run_id: id, worker: 'w', fence: 1 }, by));
  await server.ledger.execute(command(tenantId, advanceRun, { run_id: id, fence: 1, facts }, by));
  const { data } = (await server.say('GET', `${url}/${id}/transcript`, { key })).body;
  t.same(data[0]?.['prompt'], { text: 'ä'.repeat(32_768), is_cut: true });
  t.equal(data[0]?.['output'], null, 'what is not kept is not invented');
});

test('a run is approved, cancelled and asked for again', async (t) => {
  const { say, found } = await shareTestServer(t);
  const { userKey: key, orchestratorKey } = await found();
  const { id } = (await say('POST', url, { key, body: { ...ask, needs_approval: true } })).body;
  t.equal((await say('POST', `${url}/${id}/approve`, { key: orchestratorKey })).body.code, 'role_forbidden');
  t.match((await say('POST', `${url}/${id}/approve`, { key })).body, { status: 'queued' });
  t.equal((await say('POST', `${url}/${id}/approve`, { key })).body.code, 'run_not_waiting');
  t.equal((await say('POST', `${url}/${id}/retry`, { key })).body.code, 'run_not_ended');
  const ended = await say('POST', `${url}/${id}/cancel`, { key: orchestratorKey });
  t.match(ended.body, { status: 'cancelled', outcome: { reason: 'cancelled' } });
  t.equal((await say('POST', `${url}/${id}/cancel`, { key })).body.code, 'run_ended');
  const again = await say('POST', `${url}/${id}/retry`, { key });
  t.match(again.body, { retry_of: id, status: 'awaiting_approval', prompt: ask.prompt });
  t.equal(again.headers.get('location'), `${url}/${again.body.id}`);
});

test('an agent is shown the runs that it asked for', async (t) => {
  const server = await shareTestServer(t);
  const { say } = server;
  const { userKey, orchestratorKey, agentKey } = await server.found();
  const mine = (await say('POST', url, { key: orchestratorKey, body: ask })).body;
  const agent_id = (mine['asked_by'] as { readonly agent_id: string }).agent_id;
  await say('POST', url, { key: userKey, body: ask });
  t.match(mine, { asked_by: { agent_id, role: 'orchestrator' } });
  const { prompt: _prompt, ...summary } = mine;
  const list = async (query = '') =>
    (await say('GET', `/api/v1/agents/${agent_id}/runs?${query}`, { key: agentKey })).body;
  t.same((await list()).data, [summary]);
  t.same((await list('status=failed')).data, []);
  const { userKey: stranger } = await server.found();
  const foreign = await say('GET', `/api/v1/agents/${agent_id}/runs`, { key: stranger });
  t.equal(foreign.body.code, 'agent_not_found');
});
