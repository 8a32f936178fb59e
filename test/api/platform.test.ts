import { test } from 'tap';
import { setTimeout as sleep } from 'node:timers/promises';
import { docsPage } from '../../api/platform/docs-page.ts';
import { newId } from '../../kernel/id.ts';
import { msOf } from '../support/pace.ts';
import { startTestApi } from './harness.ts';

test('a live process is live, whatever its checks say', async (t) => {
  const api = await startTestApi(t, {
    checks: [{ name: 'database', run: () => Promise.reject(new Error('secret detail')) }],
  });
  t.match(await api.server.http.inject('/livez'), { statusCode: 200, body: '{"status":"live"}' });
  const unready = await api.server.http.inject('/readyz');
  t.equal(unready.statusCode, 503);
  t.match(unready.json(), { code: 'not_ready', checks: [{ name: 'database', ok: false }] });
  t.notMatch(unready.body, 'secret');
  t.match((await api.server.http.inject('/health')).json(), {
    status: 'unready',
    checks: [{ name: 'database', ok: false }],
  });
});

test('the answer of the checks is shared for a second', async (t) => {
  let runs = 0;
  const api = await startTestApi(t, { checks: [{ name: 'counted', run: async () => void (runs += 1) }] });
  const ms = await msOf(async () => {
    for (let asked = 0; asked < 20; asked += 1) t.equal((await api.server.http.inject('/readyz')).statusCode, 200);
  });
  const inTime = runs;
  t.ok(inTime >= 1 && inTime <= 1 + Math.floor(ms / 1_000), `${inTime} times in ${ms} ms`);
  await sleep(1_010);
  await api.server.http.inject('/readyz');
  t.equal(runs, inTime + 1);
});

test('a check that hangs is a check that failed', async (t) => {
  const api = await startTestApi(t, { checks: [{ name: 'hanging', run: () => new Promise(() => undefined) }] });
  const reply = await api.server.http.inject('/readyz');
  t.equal(reply.statusCode, 503);
});

test('metrics count every answer under its operation, never under its path', async (t) => {
  const api = await startTestApi(t);
  const authorization = `Bearer ${await api.addKey('user', newId())}`;
  const note = newId();
  for (let time = 0; time < 3; time += 1)
    await api.server.http.inject({ url: `/api/v1/notes/${note}`, headers: { authorization } });
  await api.server.http.inject(`/nowhere/${note}`);
  const { body, headers } = await api.server.http.inject('/metrics');
  t.match(headers['content-type'], 'text/plain; version=0.0.4');
  t.match(body, 'loopledger_requests_total{operation="getNote",status="200"} 3');
  t.match(body, 'loopledger_requests_total{operation="unmatched",status="404"} 1');
  t.match(body, 'loopledger_request_seconds_count{operation="getNote"} 3');
  t.match(body, /loopledger_request_seconds_bucket\{operation="getNote",le="\+Inf"\} 3/);
  t.match(body, '\nloopledger_in_flight 1\n');
  t.notMatch(body, note);
});

test('metrics are for the machine itself, or for whoever has the token', async (t) => {
  const local = await startTestApi(t);
  const ask = (api: typeof local, remoteAddress: string, headers = {}) =>
    api.server.http.inject({ url: '/metrics', remoteAddress, headers }).then(({ statusCode }) => statusCode);
  t.equal(await ask(local, '127.0.0.1'), 200);
  t.equal(await ask(local, '192.0.2.1'), 401);
  t.equal(await ask(local, '127.0.0.1', { 'x-forwarded-for': '192.0.2.1' }), 401);
  const guarded = await startTestApi(t, { options: { metricsToken: 'a long enough token' } });
  t.equal(await ask(guarded, '127.0.0.1'), 401);
  t.equal(await ask(guarded, '192.0.2.1', { authorization: 'Bearer another token' }), 401);
  t.equal(await ask(guarded, '192.0.2.1', { authorization: 'Bearer a' }), 401);
  const single = await startTestApi(t, { options: { metricsToken: 'token-without-spaces' } });
  t.equal(await ask(single, '192.0.2.1', { authorization: 'Bearer token-without-spaces' }), 200);
});

test('discovery leads everywhere, is cached by its tag and shows no tenant', async (t) => {
  const api = await startTestApi(t, { options: { publicUrl: 'https://ledger.example' } });
  const reply = await api.server.http.inject('/.well-known/loopledger');
  const links = reply.json<Record<string, string>>();
  for (const name of ['openapi', 'docs', 'routes', 'health', 'errors']) {
    const { pathname, origin } = new URL(links[name] as string);
    t.equal(origin, 'https://ledger.example');
    t.equal((await api.server.http.inject(pathname)).statusCode, 200, pathname);
  }
  t.equal(reply.headers['cache-control'], 'public, max-age=300');
  const again = await api.server.http.inject({
    url: '/.well-known/loopledger',
    headers: { 'if-none-match': String(reply.headers.etag) },
  });
  t.equal(again.statusCode, 304);
});

test('the documentation needs nothing from anywhere and may run nothing', async (t) => {
  const api = await startTestApi(t);
  const { body, headers } = await api.server.http.inject('/docs');
  t.match(headers['content-type'], 'text/html; charset=utf-8');
  t.match(headers['content-security-policy'], /^default-src 'none'; style-src 'unsafe-inline';/);
  t.notMatch(body, /<script|<link|<img|<iframe| src=|url\(|@import/i);
  for (const { operation } of api.server.routes) t.match(body, `id="${operation}"`);
});

test('what a route says of itself cannot become markup', (t) => {
  const operation = {
    operationId: 'x',
    summary: '<xb>"&',
    description: '<xi>',
    tags: ['<xu>'],
    parameters: [{ name: '<xp>', in: 'path', schema: { pattern: '<xs>' } }],
    responses: { 200: { description: '<xq>', content: { 'text/<xa>': { schema: {}, example: '</pre>' } } } },
  };
  const page = docsPage({ info: { version: '<xv>', summary: '' }, paths: { '/<xw>': { get: operation } } });
  t.notMatch(page, '<x');
  t.equal(page.split('</pre>').length - 1, 2, 'the example and the shape');
  t.end();
});

test('a code that does not exist has no page', async (t) => {
  const api = await startTestApi(t);
  t.equal((await api.server.http.inject('/errors/no_such_code')).statusCode, 404);
  t.equal((await api.server.http.inject('/errors/constructor')).statusCode, 404);
});
