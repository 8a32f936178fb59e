import { test } from 'tap';
import { administer } from '../support/database.ts';
import { startModelServer } from '../support/model-server.ts';
import { startTestServer } from '../support/server.ts';

const url = '/api/v1/model-endpoints';
const secret = 'sk-live-0123456789-wxyz';
const models = [{ name: 'm-1', price: { input: 3_000_000, cached: 300_000, output: 15_000_000 } }];

test('a key is taken in, and shown and kept nowhere', async (t) => {
  const { say, found, urls } = await startTestServer(t);
  const { userKey: key } = await found();
  const headers = { 'idempotency-key': 'first' };
  const body = { name: 'ours', kind: 'openai', models, secret };
  const made = await say('POST', url, { key, headers, body });
  t.equal(made.status, 201);
  t.match(made.body, { name: 'ours', base_url: 'https://api.openai.com/v1', secret_last_four: 'wxyz', models });
  t.equal((await say('POST', url, { key, headers, body })).text, made.text, 'a repeat shows the same');
  t.same((await say('GET', `${url}/${made.body.id}`, { key })).body, made.body);
  t.same((await say('GET', url, { key })).body.data, [made.body]);
  const replaced = await say('PATCH', `${url}/${made.body.id}`, { key, body: { secret: 'sk-live-9876543210-last' } });
  t.match(replaced.body, { version: 2, secret_last_four: 'last' });
  const short = await say('PATCH', `${url}/${made.body.id}`, { key, body: { secret: 'ollama' } });
  t.match(short.body, { secret_last_four: '' }, 'of a short key nothing is told');
  const log = await say('GET', '/api/v1/changes?types=model_endpoint.*', { key });
  t.equal(log.body.data.length, 3);
  await administer(urls.adminUrl, async (client) => {
    const { rows } = await client.query<{ text: string }>(
      `select (select string_agg(s::text, '') from platform.model_secrets s)
              || (select string_agg(r::text, '') from ledger.requests r) as text`,
    );
    for (const text of [log.text, made.text, replaced.text, rows[0]?.text]) t.notMatch(text, /sk-live|9876543210/);
  });
});

test('a test asks the model, and tells what went wrong without a word of the provider', async (t) => {
  const price = { input: 1_000_000, cached: 100_000, output: 2_000_000 };
  const offered = ['well', 'limited', 'wrong', 'strange'].map((name) => ({ name, price }));
  const server = await startModelServer(t);
  server.on(
    { model: 'well' },
    { content: 'ready', model: 'well-2026', usage: { prompt_tokens: 9, completion_tokens: 1 } },
  );
  server.on({ model: 'limited' }, { error: { message: `no, ${secret}` }, status: 429, retryAfter: 3 });
  server.on({ model: 'wrong' }, { error: { message: `no, ${secret}` }, status: 401 });
  server.on({ model: 'strange' }, { error: { message: 'unknown' }, status: 404 });
  const { say, found } = await startTestServer(t, { modelAllowPrivate: true });
  const { userKey: key } = await found();
  const body = { name: 'ours', kind: 'compatible', base_url: `${server.url}/v1`, models: offered, secret };
  const { id } = (await say('POST', url, { key, body })).body;
  const ask = async (model?: string) =>
    say('POST', `${url}/${id}/test`, { key, body: model === undefined ? {} : { model } });
  const well = await ask();
  t.match(well.body, { model: 'well', ok: true, served_model: 'well-2026', failure: null });
  t.type(well.body['latency_ms'], 'number');
  t.match((await ask('limited')).body, { ok: false, failure: { class: 'limited', retry_after_ms: 3_000 } });
  const wrong = await ask('wrong');
  t.match(wrong.body, { ok: false, failure: { class: 'unauthorized' } });
  t.notMatch(wrong.text, secret);
  t.match((await ask('strange')).body, { failure: { class: 'rejected' } });
  t.equal((await ask('other')).body.code, 'model_unknown');
  await server.stop();
  t.match((await ask()).body, { ok: false, failure: { class: 'unavailable' } });
});

test('a test counts in the caps of a call and of the day', async (t) => {
  const price = { input: 1_000_000, cached: 100_000, output: 2_000_000 };
  const server = await startModelServer(t);
  server.onMessage('Answer', { content: 'ready', usage: { prompt_tokens: 9, completion_tokens: 1 } });
  const { say, found } = await startTestServer(t, { modelAllowPrivate: true });
  const { userKey: key } = await found();
  const offered = [
    { name: 'm', price },
    { name: 'unpriced', price: null },
  ];
  const body = { name: 'ours', kind: 'compatible', base_url: `${server.url}/v1`, models: offered, secret };
  const { id } = (await say('POST', url, { key, body })).body;
  const ask = async (model: string) => (await say('POST', `${url}/${id}/test`, { key, body: { model } })).body;
  t.match(await ask('unpriced'), { ok: false, failure: { class: 'price_unknown' } });
  t.match(await ask('m'), { ok: true });
  const spent = async () => (await say('GET', '/api/v1/model-spend', { key })).body;
  t.match(await spent(), { tenant_micros: 11, held_micros: 0 });
  const { version: _version, updated_at: _at, ...routing } = (await say('GET', '/api/v1/model-routing', { key })).body;
  const caps = { ...(routing['caps'] as object), tenant_day: 500 };
  t.equal((await say('PUT', '/api/v1/model-routing', { key, body: { ...routing, caps } })).status, 200);
  t.match(await ask('m'), { ok: false, failure: { class: 'budget', detail: /cap of the tenant/ } });
  t.match(await spent(), { tenant_micros: 11, held_micros: 0 });
  t.equal(server.getRequests().length, 1, 'what no cap has room for is not asked');
});

test('a test reaches no address that is not public', async (t) => {
  const server = await startModelServer(t);
  const open = await startTestServer(t, { modelAllowPrivate: true });
  const { userKey: key } = await open.found();
  const body = { name: 'ours', kind: 'compatible', base_url: `${server.url}/v1`, models, secret };
  const { id } = (await open.say('POST', url, { key, body })).body;
  const strict = await startTestServer(t, {}, open.urls);
  const tested = await strict.say('POST', `${url}/${id}/test`, { key, body: {} });
  t.match(tested.body, { ok: false, failure: { class: 'unavailable', detail: /target_refused/ } });
  t.equal(server.getRequests().length, 0);
});

test('a scripted endpoint answers from its script, where the server allows it', async (t) => {
  const scriptedModels = t.testdir({ 'demo.json': '{"answers":[{"purpose":"test","text":"ready"}]}' });
  const { say, found, urls } = await startTestServer(t, { scriptedModels });
  const { userKey: key } = await found();
  const body = { name: 'script', kind: 'scripted', models: [{ name: 'demo' }] };
  const made = await say('POST', url, { key, body });
  t.equal(made.status, 201, made.text);
  t.match(made.body, { base_url: null, secret_last_four: null });
  t.match((await say('POST', `${url}/${made.body.id}/test`, { key, body: {} })).body, { ok: true });
  const strict = await startTestServer(t, {}, urls);
  t.match((await strict.say('POST', `${url}/${made.body.id}/test`, { key, body: {} })).body, { ok: false });
  t.equal((await strict.say('POST', url, { key, body })).body.code, 'model_endpoint_kind_refused');
});
