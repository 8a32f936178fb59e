import { test } from 'tap';
import { shareTestServer } from '../support/server.ts';
import { planWork } from '../support/work-client.ts';
import { until } from '../support/workers.ts';

const path = '/consumers/board/checkpoint';

test('a consumer finds its place again, and how far behind it is', async (t) => {
  const server = await shareTestServer(t);
  const { say, epics, agentKey } = await planWork(server);
  t.match(await say('GET', path), { status: 404, body: { code: 'consumer_not_found' } });
  const page = await say('GET', '/changes?since=0&limit=3');
  const put = await say('PUT', path, { body: { cursor: page.body['next_cursor'] }, key: agentKey });
  const head = Number(page.body['head']);
  t.match(put, { status: 200, body: { name: 'board', version: 1, position: 3, head, lag: head - 3 } });
  t.equal(put.headers.get('etag'), '"v1"');
  await say('POST', `/epics/${epics[0]?.id}/stories`, { body: { title: 'more' } });
  const got = await say('GET', path, { key: agentKey });
  t.match(got.body, { position: 3, head: head + 1, lag: head - 2 });
  const rest = await say('GET', `/changes?since=${got.body['cursor'] as string}&limit=1`);
  t.match(rest.body.data, [{ position: 4 }]);
  t.match((await say('GET', '/consumers')).body.data, [{ ...got.body }]);
  t.match((await say('GET', '/changes?since=now')).body, { head: head + 1 }, 'a checkpoint is no event');
});

test('a checkpoint moves only from the version that is expected', async (t) => {
  const server = await shareTestServer(t);
  const { say } = await planWork(server);
  const put = (cursor: string, etag?: string) =>
    say('PUT', path, { body: { cursor }, ...(etag === undefined ? {} : { headers: { 'if-match': etag } }) });
  t.match(await put('0', '"v1"'), { status: 412, body: { code: 'version_conflict' } });
  t.match(await put('0'), { status: 200, body: { version: 1, position: 0 } });
  t.match(await put('now', '"v1"'), { status: 200, body: { version: 2, lag: 0 } });
  t.match(await put('0', '"v1"'), { status: 412, body: { current_version: 2 } });
  t.match(await put('0'), { status: 200, body: { version: 3, position: 0 } }, 'also back');
  t.match(await say('DELETE', path, { headers: { 'if-match': '"v2"' } }), { status: 412 });
  t.match(await say('DELETE', path, { headers: { 'if-match': '"v3"' } }), { status: 204 });
  t.match(await say('DELETE', path), { status: 404 });
});

test('first steps at one moment make one consumer', async (t) => {
  const server = await shareTestServer(t);
  const { say } = await planWork(server);
  const puts = await Promise.all(Array.from({ length: 8 }, () => say('PUT', path, { body: { cursor: 'now' } })));
  t.same(new Set(puts.map(({ status }) => status)), new Set([200]));
  t.match((await say('GET', path)).body, { version: 8 });
});

test('a consumer is moved by the key that made it and by people alone', async (t) => {
  const server = await shareTestServer(t);
  const { say, agentKey, orchestratorKey } = await planWork(server);
  t.match(await say('PUT', path, { key: agentKey, body: { cursor: '0' } }), { status: 200 });
  const foreign = { status: 403, body: { code: 'consumer_foreign' } };
  t.match(await say('PUT', path, { key: orchestratorKey, body: { cursor: '0' } }), foreign);
  t.match(await say('DELETE', path, { key: orchestratorKey }), foreign);
  t.match(await say('GET', path, { key: orchestratorKey }), { status: 200 });
  t.match(await say('PUT', path, { body: { cursor: 'now' } }), { status: 200, body: { version: 2 } });
  t.match(await say('PUT', path, { key: agentKey, body: { cursor: '0' } }), { status: 200, body: { version: 3 } });
  t.match(await say('DELETE', path), { status: 204 });
});

test('another tenant has consumers of its own', async (t) => {
  const server = await shareTestServer(t);
  const { say } = await planWork(server);
  const other = await server.found();
  await say('PUT', path, { body: { cursor: 'now' } });
  t.match(await say('GET', path, { key: other.userKey }), { status: 404 });
  t.same((await say('GET', '/consumers', { key: other.userKey })).body.data, []);
  const mine = (await say('GET', path)).body;
  const body = { cursor: mine['cursor'] };
  t.match(await say('PUT', path, { key: other.userKey, body }), { status: 400, body: { code: 'cursor_invalid' } });
  t.match(await say('DELETE', path, { key: other.userKey }), { status: 404 });
  t.same((await say('GET', path)).body, mine);
});

test('a tenant has a bounded number of consumers', async (t) => {
  const server = await shareTestServer(t);
  const { say } = await planWork(server);
  const put = (name: string) => say('PUT', `/consumers/${name}/checkpoint`, { body: { cursor: '0' } });
  for (let at = 0; at < 100; at += 1) await put(`c${at}`);
  t.match(await put('one-more'), { status: 429, body: { code: 'consumers_exceeded' } });
  t.match(await put('c7'), { status: 200, body: { version: 2 } });
  const first = await say('GET', '/consumers?limit=60&count=exact');
  const second = await say('GET', `/consumers?limit=60&cursor=${first.body['next_cursor'] as string}`);
  t.equal(first.body['total'], 100);
  t.equal(new Set([...first.body.data, ...second.body.data].map(({ id }) => id)).size, 100);
});

test('the metrics show how far behind each consumer is', async (t) => {
  const server = await shareTestServer(t);
  const { say } = await planWork(server);
  const { body } = await say('PUT', path, { body: { cursor: '0' } });
  const line = `loopledger_consumer_lag_positions{consumer="${body.id.slice(-12)}"} ${Number(body['head'])}\n`;
  const { metrics } = server.server.api;
  await until('the lag shows', () => metrics.render([]).includes(line));
  t.equal(metrics.render([]).includes(body.id), false);
});
