import { test } from 'tap';
import { newId } from '../../kernel/id.ts';
import { startTestApi } from './harness.ts';

const onEveryAnswer = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const;

test('every kind of answer carries the security headers', async (t) => {
  const api = await startTestApi(t);
  const authorization = `Bearer ${await api.addKey('user', newId())}`;
  const note = `/api/v1/notes/${newId()}`;
  const requests = [
    { method: 'GET', url: note, headers: { authorization } },
    { method: 'GET', url: note, headers: { authorization, 'if-none-match': '*' } },
    { method: 'POST', url: '/api/v1/notes', headers: { authorization }, payload: { title: 'One' } },
    { method: 'GET', url: note },
    { method: 'GET', url: '/nowhere' },
    { method: 'PATCH', url: note },
    { method: 'OPTIONS', url: note },
    { method: 'GET', url: '/%zz' },
    { method: 'GET', url: '/livez' },
    { method: 'GET', url: '/openapi.json' },
    { method: 'POST', url: '/api/v1/notes', headers: { authorization, 'content-type': 'text/plain' }, payload: 'a' },
  ] as const;
  for (const request of requests) {
    const { headers, statusCode } = await api.server.http.inject(request);
    const name = `${request.method} ${request.url} ${statusCode}`;
    t.match(headers, onEveryAnswer, name);
    t.match(headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'", name);
    t.match(headers['request-id'], /^[0-9a-f-]{36}$/, name);
    t.ok(headers['cache-control'] === 'no-store' || request.url === '/openapi.json', name);
  }
});

test('browsers are told to insist on https where the server has it', async (t) => {
  const plain = await startTestApi(t);
  t.equal((await plain.server.http.inject('/livez')).headers['strict-transport-security'], undefined);
  const secure = await startTestApi(t, { options: { publicUrl: 'https://ledger.example' } });
  t.match((await secure.server.http.inject('/livez')).headers['strict-transport-security'], /^max-age=\d{8}/);
});

test('other origins are let in when they are on the list, compared whole', async (t) => {
  const api = await startTestApi(t, { options: { corsOrigins: ['https://app.example'] } });
  const ask = (origin: string, method: 'GET' | 'OPTIONS' = 'GET') =>
    api.server.http.inject({ method, url: '/api/v1/notes', headers: { origin } });
  const let_in = await ask('https://app.example', 'OPTIONS');
  t.equal(let_in.statusCode, 204);
  t.equal(let_in.headers['access-control-allow-origin'], 'https://app.example');
  t.match(let_in.headers['access-control-allow-methods'], 'OPTIONS, POST');
  t.match(let_in.headers['access-control-allow-headers'], /Authorization.*Idempotency-Key/);
  t.equal(let_in.headers['access-control-allow-credentials'], undefined);
  t.equal(let_in.headers.vary, 'origin');
  for (const origin of [
    'https://app.example.evil',
    'http://app.example',
    'null',
    'https://APP.example',
    'https://app.example/',
  ]) {
    t.equal((await ask(origin)).headers['access-control-allow-origin'], undefined, origin);
  }
  const none = await startTestApi(t);
  const reply = await none.server.http.inject({
    method: 'OPTIONS',
    url: '/api/v1/notes',
    headers: { origin: 'https://app.example' },
  });
  t.equal(reply.headers['access-control-allow-origin'], undefined);
});
