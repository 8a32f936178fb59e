import { test } from 'tap';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { RunModelCalled } from '../../events/run-fact.ts';
import { readSpend } from '../../projections/model-spend.ts';
import { readContent } from '../../sql/content.ts';
import { openAsking, price } from '../support/asking.ts';
import { administer } from '../support/database.ts';
import { startModelServer } from '../support/model-server.ts';
import { bestOf, msOf } from '../support/pace.ts';
import { until } from '../support/workers.ts';

const usage = { prompt_tokens: 100, completion_tokens: 10 };
const secret = 'sk-live-0123456789';
const one = (name: string) => ({ name, price });

test('an answer is written down with what it cost, and its money is settled', async (t) => {
  const server = await startModelServer(t);
  server.onMessage('hello', { content: 'def f(): pass', usage, model: 'small-2026' });
  const { offer, route, begin, database, tenantId } = await openAsking(t);
  await offer({ name: 'ours', kind: 'compatible', base_url: `${server.url}/v1`, models: [one('small')], secret });
  await route(['ours/small']);
  const { ask, calls, pieces, runId } = begin();
  t.same(await ask('hello'), { text: 'def f(): pass' });
  t.equal(pieces.join(''), 'def f(): pass');
  const [call] = calls;
  t.match(call, { call: 1, attempt: 1, endpoint: 'ours', asked_model: 'small', served_model: 'small-2026' });
  t.match(call, { cost_micros: 120, tokens: { input: 100, output: 10 }, finish_reason: 'stop', error: null });
  t.match(call?.price_version, /^endpoint [0-9a-f-]{36} v1$/);
  t.ok((call?.reserved_micros ?? 0) >= 120);
  t.ok(
    Value.Check(RunModelCalled.shape, { ...call, fence: 1 }),
    JSON.stringify(Value.Errors(RunModelCalled.shape, call)),
  );
  t.equal(String(await readContent(database, tenantId, call?.output?.sha256 ?? '')), 'def f(): pass');
  t.match((await readSpend(database, tenantId)).view, { tenant_micros: 120, held_micros: 0 });
  const [request] = server.getRequests();
  t.match(request?.headers['idempotency-key'], new RegExp(`^${runId}-code-`));
});

test('when a model fails the next one is asked, and each attempt is a call of its own', async (t) => {
  const [bad, good] = [await startModelServer(t), await startModelServer(t)];
  bad.onMessage('hello', { error: { message: 'gone' }, status: 503 });
  good.onMessage('hello', { content: 'well', usage: { input_tokens: 100, output_tokens: 10 } });
  const { offer, route, begin } = await openAsking(t);
  await offer({ name: 'bad', kind: 'openai', base_url: `${bad.url}/v1`, models: [one('m')], secret });
  await offer({ name: 'good', kind: 'anthropic', base_url: `${good.url}/v1`, models: [one('claude-x')], secret });
  await route(['bad/m', 'good/claude-x']);
  const { ask, calls, run } = begin();
  t.same(await ask('hello'), { text: 'well' });
  t.match(calls, [
    { call: 1, attempt: 1, endpoint: 'bad', error: { class: 'unavailable' }, cost_micros: 0, output: null },
    { call: 2, attempt: 2, endpoint: 'good', error: null, cost_micros: 120 },
  ]);
  t.match(run(), { calls: 2, cost_micros: 120 });
});

test('a conversation with tools goes on at another model when the first one fails in the middle', async (t) => {
  const [first, second] = [await startModelServer(t), await startModelServer(t)];
  const told = { input_tokens: 100, output_tokens: 10 };
  const call = { name: 'run_code', arguments: '{"code":"print(1)"}' };
  first.on({ userMessage: 'hello', hasToolResult: false }, { toolCalls: [call], usage: told });
  first.on({ toolResultContains: 'it wrote 1' }, { error: { message: 'gone' }, status: 503 });
  second.on({ toolResultContains: 'it wrote 1' }, { content: 'one', usage: told });
  second.on({ userMessage: 'made up' }, { content: 'mine', usage: told });
  first.on({ userMessage: 'made up' }, { toolCalls: [{ name: 'delete_all', arguments: '{}' }], usage: told });
  const { offer, route, begin, database, tenantId } = await openAsking(t);
  await offer({ name: 'first', kind: 'openai', base_url: `${first.url}/v1`, models: [one('m')], secret });
  await offer({ name: 'second', kind: 'anthropic', base_url: `${second.url}/v1`, models: [one('claude-x')], secret });
  await route(['first/m', 'second/claude-x']);
  const { ask, calls } = begin();
  const parameters = Type.Object({ code: Type.String() }, { additionalProperties: false });
  const tools = [{ name: 'run_code', description: 'Runs a program.', parameters }];
  const asked = await ask('hello', { tools });
  t.same(asked, { text: '', calls: [{ name: 'run_code', arguments: { code: 'print(1)' } }] });
  const [called] = calls;
  t.match(called, { output: { size: 0 }, tool_calls: [{ name: 'run_code' }], finish_reason: 'tool-calls' });
  const kept = await readContent(database, tenantId, called?.tool_calls?.[0]?.arguments.sha256 ?? '');
  t.equal(String(kept), '{"code":"print(1)"}', 'arguments lie beside the log');
  t.ok(Value.Check(RunModelCalled.shape, { ...called, fence: 1 }));
  const use = { name: 'run_code', arguments: { code: 'print(1)' }, id: 'use_1' };
  const messages = [
    { role: 'user', text: 'hello' },
    { role: 'assistant', text: '', calls: [use] },
    { role: 'tool', id: 'use_1', name: 'run_code', text: 'it wrote 1' },
  ] as const;
  t.same(await ask('hello, and it wrote 1', { tools, messages }), { text: 'one' });
  t.match(calls.slice(1), [
    { endpoint: 'first', error: { class: 'unavailable' }, cost_micros: 0 },
    { endpoint: 'second', attempt: 2, error: null, cost_micros: 120 },
  ]);
  t.same(await ask('made up', { tools }), { text: 'mine' });
  t.match(calls.slice(3), [
    { endpoint: 'first', error: { class: 'tool_unknown' }, cost_micros: 120 },
    { endpoint: 'second', error: null },
  ]);
});

test('a limited model is left alone for as long as it wished, and then asked again', async (t) => {
  const server = await startModelServer(t);
  server.on({ userMessage: 'hello', sequenceIndex: 0 }, { error: { message: 'slow' }, status: 429, retryAfter: 1 });
  server.on({ userMessage: 'hello', sequenceIndex: 1 }, { content: 'well', usage });
  const { offer, route, begin } = await openAsking(t, { patienceMs: 60_000 });
  await offer({ name: 'ours', kind: 'compatible', base_url: `${server.url}/v1`, models: [one('m')], secret });
  await route(['ours/m']);
  const { ask, calls } = begin();
  const begun = performance.now();
  t.same(await ask('hello'), { text: 'well' });
  t.ok(performance.now() - begun >= 1_000, `${Math.round(performance.now() - begun)} ms`);
  t.match(calls, [
    { error: { class: 'limited' }, cost_micros: 0 },
    { attempt: 2, error: null },
  ]);
});

test('a model that will not answer is given up, within the attempts and the patience', async (t) => {
  const server = await startModelServer(t);
  server.onMessage('never', { error: { message: 'no' }, status: 500 });
  server.onMessage('wrong', { error: { message: 'no' }, status: 401 });
  server.onMessage('later', { error: { message: 'no' }, status: 429, retryAfter: 3_600 });
  const { offer, route, begin } = await openAsking(t, { patienceMs: 1_600 });
  const common = { kind: 'compatible', base_url: `${server.url}/v1`, secret };
  for (const name of ['a', 'b', 'c']) await offer({ ...common, name, models: [one('m')] });
  await route(['a/m']);
  const never = begin();
  t.match(await never.ask('never'), { stop: 'model_error', detail: /a\/m: unavailable/ });
  t.ok(never.calls.length >= 2 && never.calls.length <= 6, `${never.calls.length} calls`);
  await route(['b/m']);
  const wrong = begin();
  t.match(await wrong.ask('wrong'), { stop: 'model_error' });
  t.equal(wrong.calls.length, 1, 'what is wrong stays wrong');
  await route(['c/m']);
  const later = begin();
  t.match(await later.ask('later'), { stop: 'model_error', detail: /limited/ });
  t.equal(later.calls.length, 1);
  server.clearRequests();
  t.match(await later.ask('later'), { stop: 'model_error' });
  t.equal(server.getRequests().length, 0, 'until then it is not asked at all');
});

test('a run asks no more often than it may', async (t) => {
  const server = await startModelServer(t);
  server.onMessage('hello', { content: 'well', usage });
  const { offer, route, begin } = await openAsking(t);
  await offer({ name: 'ours', kind: 'compatible', base_url: `${server.url}/v1`, models: [one('m')], secret });
  await route(['ours/m']);
  const { ask } = begin({ limits: { max_calls: 2 } });
  t.match(await ask('hello 1'), { text: 'well' });
  t.match(await ask('hello 2'), { text: 'well' });
  t.match(await ask('hello 3'), { stop: 'attempts' });
});

test('no cap is passed, and a model without a price is not asked', async (t) => {
  const server = await startModelServer(t);
  server.onMessage('hello', { content: 'well', usage });
  const { offer, route, begin, database, tenantId } = await openAsking(t);
  const common = { kind: 'compatible', base_url: `${server.url}/v1`, secret };
  await offer({ ...common, name: 'ours', models: [one('m'), { name: 'unpriced', price: null }] });
  await route(['ours/unpriced']);
  t.match(await begin().ask('hello'), { stop: 'model_error', detail: /model_price_unknown/ });
  await route(['ours/m'], { call: 100 });
  t.match(await begin().ask('hello'), { stop: 'budget', detail: /cap of the call/ });
  await route(['ours/m'], { tenant_day: 600 });
  const first = begin();
  for (let n = 0; n < 3; n += 1) await first.ask('hello');
  t.match(await first.ask('hello'), { stop: 'budget', detail: /cap of the tenant/ });
  const { view } = await readSpend(database, tenantId);
  t.ok(view.tenant_micros <= 600, `${view.tenant_micros}`);
  await route(['ours/m']);
  const poor = begin({ limits: { cap_micros: 300 } });
  t.match(await poor.ask('hello'), { text: 'well' });
  t.match(await poor.ask('hello'), { stop: 'budget', detail: /cap of the run/ });
});

test('what nobody counted costs what was held', async (t) => {
  const server = await startModelServer(t);
  server.on(
    { userMessage: 'hello' },
    { content: 'abcdefghij'.repeat(20) },
    { chunkSize: 5, truncateAfterChunks: 3, latency: 5 },
  );
  const { offer, route, begin } = await openAsking(t, { patienceMs: 0 });
  await offer({ name: 'ours', kind: 'compatible', base_url: `${server.url}/v1`, models: [one('m')], secret });
  await route(['ours/m']);
  const { ask, calls } = begin();
  t.match(await ask('hello'), { stop: 'model_error', detail: /truncated/ });
  t.equal(calls[0]?.cost_micros, calls[0]?.reserved_micros);
});

test('without a route nothing is asked, and a run may name a model itself', async (t) => {
  const scriptedModels = t.testdir({ 'demo.json': '{"answers":[{"purpose":"code","nth":1,"text":"well"}]}' });
  const { offer, begin } = await openAsking(t, { scriptedModels });
  await offer({ name: 'script', kind: 'scripted', models: [{ name: 'demo', price: null }] });
  t.match(await begin().ask('hello'), { stop: 'model_error' });
  const named = begin({ model: 'script/demo' });
  t.same(await named.ask('hello'), { text: 'well' });
  t.match(named.calls, [{ endpoint: 'script', price_version: null, cost_micros: 0, error: null }]);
  t.match(await begin({ model: 'script/other' }).ask('hello'), { stop: 'model_error', detail: /no such model/ });
});

test('a question that is withdrawn ends at once, and its money is settled', async (t) => {
  const server = await startModelServer(t);
  server.on({ userMessage: 'endless' }, { content: 'abcdefghij'.repeat(30) }, { chunkSize: 2, latency: 20 });
  const { offer, route, begin, database, tenantId } = await openAsking(t);
  await offer({ name: 'ours', kind: 'compatible', base_url: `${server.url}/v1`, models: [one('m')], secret });
  await route(['ours/m']);
  const told: ReturnType<typeof begin>['calls'] = [];
  const ms = await bestOf(1_500, async () => {
    const { ask, calls } = begin();
    const withdraw = new AbortController();
    server.clearRequests();
    const asking = ask('endless', {}, withdraw.signal);
    const rejected = t.rejects(asking);
    await until('it is asked', () => server.getRequests().length > 0);
    const endedMs = await msOf(async () => {
      withdraw.abort();
      await rejected;
    });
    t.match(calls, [{ error: { class: 'aborted' } }]);
    told.push(...calls);
    return endedMs;
  });
  t.ok(ms < 1_500, `${ms} ms`);
  const spent = told.reduce((sum, { cost_micros }) => sum + cost_micros, 0);
  t.match((await readSpend(database, tenantId)).view, { held_micros: 0, tenant_micros: spent });
});

test('where the key of a model cannot be read, nothing is asked and no money is held', async (t) => {
  const server = await startModelServer(t);
  const { offer, route, begin, database, tenantId, urls } = await openAsking(t);
  await offer({ name: 'ours', kind: 'compatible', base_url: `${server.url}/v1`, models: [one('m')], secret });
  await route(['ours/m']);
  await administer(urls.adminUrl, (client) =>
    client.query('revoke execute on function platform.model_secret(uuid, uuid) from loopledger_worker'),
  );
  await t.rejects(begin().ask('hello'));
  t.match((await readSpend(database, tenantId)).view, { held_micros: 0, tenant_micros: 0 });
  t.same(server.getRequests(), []);
});

test('a script that fails so many times fails no more often in a process', async (t) => {
  const answers = [{ fail: { kind: 'unavailable', times: 1 } }, { text: 'well' }];
  const scriptedModels = t.testdir({ 'demo.json': JSON.stringify({ answers }) });
  const { offer, begin } = await openAsking(t, { scriptedModels });
  await offer({ name: 'script', kind: 'scripted', models: [{ name: 'demo', price: null }] });
  const { ask, calls } = begin({ model: 'script/demo' });
  t.same(await ask('hello'), { text: 'well' });
  t.match(calls, [{ error: { class: 'unavailable' } }, { error: null }]);
});
