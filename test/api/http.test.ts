import { test } from 'tap';
import { newId } from '../../kernel/id.ts';
import { newKey } from '../../kernel/secret.ts';
import { bestOf, msOf } from '../support/pace.ts';
import { until } from '../support/workers.ts';
import { startTestApi, type TestApi } from './harness.ts';

interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: string;
  readonly errors?: readonly { readonly pointer: string; readonly code: string; readonly detail: string }[];
}

async function startAs(t: Parameters<typeof startTestApi>[0], role: 'user' | 'agent' = 'user') {
  const api = await startTestApi(t);
  const authorization = `Bearer ${await api.addKey(role, newId())}`;
  return { api, authorization };
}

/** `GET /path` with headers and, where it has one, a body. */
function send(api: TestApi, line: string, headers: Record<string, string> = {}, payload?: string) {
  const [method, url = ''] = line.split(' ', 2);
  return api.server.http.inject({
    method: method as 'GET',
    url,
    headers,
    ...(payload === undefined ? {} : { payload }),
  });
}

const json = { 'content-type': 'application/json' };
const somewhere = `/api/v1/notes/${newId()}`;

test('every refusal is a problem document with a code that has a page', async (t) => {
  const { api, authorization } = await startAs(t, 'agent');
  const cases: [number, string, ReturnType<typeof send>][] = [
    [404, 'route_missing', send(api, 'GET /nowhere')],
    [404, 'route_missing', send(api, 'POST /nowhere', json, '{"broken')],
    [400, 'id_invalid', send(api, 'GET /api/v1/notes/', { authorization })],
    [405, 'method_not_allowed', send(api, 'DELETE /api/v1/notes', { authorization })],
    [405, 'method_not_allowed', send(api, 'POST /livez', json, '{')],
    [401, 'unauthenticated', send(api, `GET ${somewhere}`)],
    [401, 'unauthenticated', send(api, `GET ${somewhere}`, { authorization: 'Basic dTpw' })],
    [403, 'role_forbidden', send(api, `PUT ${somewhere}`, { authorization, ...json }, '{"title":"a"}')],
    [400, 'id_invalid', send(api, 'GET /api/v1/notes/1', { authorization })],
    [
      400,
      'id_invalid',
      send(api, 'GET ' + somewhere.toUpperCase().replace('/API/V1/NOTES', '/api/v1/notes'), { authorization }),
    ],
    [400, 'id_invalid', send(api, `GET ${somewhere}%00`, { authorization })],
    [400, 'id_invalid', send(api, 'GET /api/v1/notes/..%2f..%2fetc', { authorization })],
    [400, 'request_malformed', send(api, 'GET /api/v1/notes/%zz', { authorization })],
    [414, 'path_too_long', send(api, `GET /api/v1/notes/${'a'.repeat(300)}`, { authorization })],
    [400, 'query_invalid', send(api, `GET ${somewhere}?colour=red`, { authorization })],
    [400, 'query_invalid', send(api, 'GET /livez?a=1')],
    [400, 'json_malformed', send(api, 'POST /api/v1/notes', { authorization, ...json }, '{')],
    [400, 'body_missing', send(api, 'POST /api/v1/notes', { authorization })],
    [400, 'body_missing', send(api, 'POST /api/v1/notes', { authorization, ...json }, '')],
    [400, 'body_invalid', send(api, 'POST /api/v1/notes', { authorization, ...json }, '[]')],
    [
      400,
      'text_control',
      send(api, 'POST /api/v1/notes', { authorization, ...json }, '{"title":"\\u0001recorded_at"}'),
    ],
    [413, 'body_too_large', send(api, 'POST /api/v1/notes', { authorization, ...json }, `"${'a'.repeat(1 << 20)}"`)],
    [
      415,
      'media_type_unsupported',
      send(api, 'POST /api/v1/notes', { authorization, 'content-type': 'text/plain' }, 'a'),
    ],
    [
      415,
      'media_type_unsupported',
      send(api, 'POST /api/v1/notes', { authorization, 'content-type': 'application/json; charset=latin1' }, '{}'),
    ],
    [
      415,
      'media_type_unsupported',
      send(api, 'POST /api/v1/notes', { authorization, ...json, 'content-encoding': 'gzip' }, '{}'),
    ],
    [415, 'media_type_unsupported', send(api, 'POST /api/v1/notes', { authorization, 'content-type': ';;' }, '{}')],
    [
      400,
      'header_invalid',
      send(api, 'POST /api/v1/notes', { authorization, ...json, 'idempotency-key': 'a b' }, '{"title":"a"}'),
    ],
    [
      400,
      'header_invalid',
      send(api, 'POST /api/v1/notes', { authorization, ...json, 'if-match': 'W/"v1"' }, '{"title":"a"}'),
    ],
    [400, 'header_invalid', send(api, `GET ${somewhere}`, { authorization, 'loopledger-min-position': '-1' })],
  ];
  for (const [status, code, sent] of cases) {
    const reply = await sent;
    const problem = reply.json<Problem>();
    t.equal(reply.statusCode, status, code);
    t.match(reply.headers['content-type'], 'application/problem+json; charset=utf-8');
    t.equal(problem.code, code);
    t.equal(problem.status, status);
    t.equal(problem.instance, `urn:request:${String(reply.headers['request-id'])}`);
    const page = await send(api, `GET ${new URL(problem.type).pathname}`);
    t.match(page.json(), { code, status, title: problem.title });
  }
});

test('a key of the wrong role is refused each time, not only when it is new', async (t) => {
  const { api, authorization } = await startAs(t, 'agent');
  for (let time = 0; time < 3; time += 1) {
    const reply = await send(api, `PUT ${somewhere}`, { authorization, ...json }, '{"title":"a"}');
    t.equal(reply.statusCode, 403);
    t.match(reply.json(), { code: 'role_forbidden', required_role: '=user', role: 'agent' });
  }
});

test('a path that takes other methods names them', async (t) => {
  const { api } = await startAs(t);
  const refused = await send(api, `PATCH ${somewhere}`);
  t.equal(refused.headers.allow, 'GET, HEAD, OPTIONS, PUT');
  const asked = await send(api, `OPTIONS ${somewhere}`);
  t.equal(asked.statusCode, 204);
  t.equal(asked.headers.allow, 'GET, HEAD, OPTIONS, PUT');
});

test('all faults of a body are named at once, each at its place', async (t) => {
  const { api, authorization } = await startAs(t);
  const body = '{"title":"","size":"1","tags":["ok",2,"c","d"],"a/b":1}';
  const reply = await send(api, 'POST /api/v1/notes', { authorization, ...json }, body);
  const found = (reply.json<Problem>().errors ?? []).map(({ pointer, code }) => `${pointer} ${code}`).sort();
  t.same(
    found,
    ['/a~1b unknown', '/size type', '/tags too_many', '/tags/1 type', '/title format', '/title too_short'].sort(),
  );
});

test('a flood of faults is answered in good time and in good measure', async (t) => {
  const { api, authorization } = await startAs(t);
  const faulty = (count: number): string => `{"title":"a","tags":[${'1,'.repeat(count)}1]}`;
  const answer = async (count: number): Promise<void> => {
    const reply = await send(api, 'POST /api/v1/notes', { authorization, ...json }, faulty(count));
    t.equal(reply.statusCode, 400);
    t.equal(reply.json<Problem>().errors?.length, 100);
  };
  const ms = await bestOf(1_000, () => msOf(() => Promise.all([400_000, 20_000].map(answer))));
  t.ok(ms < 1_000, `${ms} ms`);
});

test('the charset utf-8 is the only one and may be said', async (t) => {
  const { api, authorization } = await startAs(t);
  for (const type of ['application/json', 'application/json;charset=utf-8', 'Application/JSON; charset="UTF-8"']) {
    const reply = await send(api, 'POST /api/v1/notes', { authorization, 'content-type': type }, '{"title":"a"}');
    t.equal(reply.statusCode, 201, type);
  }
});

test('a failure of ours says nothing but the request id, and the log has the rest', async (t) => {
  const { api, authorization } = await startAs(t);
  const broken = { execute: () => Promise.reject(new Error('relation "ledger.heads" does not exist')) };
  Object.assign(api.sources.ledger, broken);
  const reply = await send(api, 'POST /api/v1/notes', { authorization, ...json, 'request-id': 'abc' }, '{"title":"a"}');
  t.equal(reply.statusCode, 500);
  t.equal(reply.json<Problem>().code, 'internal_error');
  t.notMatch(reply.body, /ledger|relation|stack/);
  t.match(reply.body, 'urn:request:abc');
  t.ok(api.logged.some((line) => line.includes('"request_id":"abc"') && line.includes('unexpected error')));
});

test('without a database every caller is told to come back, and none is let through', async (t) => {
  const api = await startTestApi(t, { options: { ratePerKey: 3 } });
  const authorization = `Bearer ${await api.addKey('user', newId())}`;
  t.equal((await send(api, `GET ${somewhere}`, { authorization })).statusCode, 200);
  const down = () => Promise.reject(new Error('Connection terminated unexpectedly'));
  Object.assign(api.sources.database, { read: down, platform: down });
  const stranger = { authorization: `Bearer ${newKey('live').secret}` };
  // A caller who is known, whose quota must be asked for; one who is not; and a list that cannot be read.
  for (const headers of [{ authorization }, stranger]) {
    const reply = await send(api, `GET ${somewhere}`, headers);
    t.equal(reply.statusCode, 503);
    t.equal(reply.json<Problem>().code, 'database_unavailable');
    t.equal(reply.headers['retry-after'], '1');
  }
});

test('request ids and traces are accepted when well-formed, and echoed', async (t) => {
  const { api } = await startAs(t);
  const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const given = await send(api, 'GET /livez', { 'request-id': 'my-id', traceparent: trace });
  t.equal(given.headers['request-id'], 'my-id');
  t.equal(given.headers.traceparent, trace);
  for (const bad of ['a b', 'ü', 'x'.repeat(129)]) {
    const reply = await send(api, 'GET /livez', { 'request-id': bad, traceparent: bad });
    t.match(reply.headers['request-id'], /^[0-9a-f-]{36}$/);
    t.equal(reply.headers.traceparent, undefined);
  }
});

test('the events of a request carry its trace, or else its request id', async (t) => {
  const { api, authorization } = await startAs(t);
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const headers = { authorization, ...json, 'request-id': 'my-id' };
  await send(api, 'POST /api/v1/notes', headers, '{"title":"a"}');
  await send(
    api,
    'POST /api/v1/notes',
    { ...headers, traceparent: `00-${trace}-00f067aa0ba902b7-01` },
    '{"title":"a"}',
  );
  const { rows } = await api.admin(`select entry::json->>'correlation_id' as id from ledger.events order by position`);
  t.same(rows, [{ id: 'my-id' }, { id: trace }]);
});

test('callers whose guesses fail too often are held up, callers with a key are not', async (t) => {
  const api = await startTestApi(t, { options: { failedLoginsPerAddress: 3 } });
  const authorization = `Bearer ${await api.addKey('user', newId())}`;
  t.equal((await send(api, `GET ${somewhere}`, { authorization })).statusCode, 200);
  for (let guess = 0; guess < 3; guess += 1) t.equal((await send(api, `GET ${somewhere}`)).statusCode, 401);
  const held = await send(api, `GET ${somewhere}`, { authorization: 'Bearer guess' });
  t.equal(held.statusCode, 429);
  t.match(held.headers['retry-after'], /^\d+$/);
  t.equal((await send(api, `GET ${somewhere}`, { authorization })).statusCode, 200);
});

test('a used-up quota is 429 with the time to wait', async (t) => {
  const api = await startTestApi(t, { options: { ratePerKey: 2 } });
  const authorization = `Bearer ${await api.addKey('user', newId())}`;
  const first = await send(api, `GET ${somewhere}`, { authorization });
  t.match(first.headers['ratelimit-policy'], '"key";q=2;w=60');
  t.match(first.headers.ratelimit, /^"key";r=1;t=\d+$/);
  await send(api, `GET ${somewhere}`, { authorization });
  const refused = await send(api, `GET ${somewhere}`, { authorization });
  t.equal(refused.statusCode, 429);
  t.equal(refused.json<Problem>().code, 'rate_limited');
  t.ok(Number(refused.headers['retry-after']) >= 30);
});

test('too much work at once is shed before it is begun', async (t) => {
  const api = await startTestApi(t, { options: { maxInFlight: 1 } });
  const authorization = `Bearer ${await api.addKey('user', newId())}`;
  const { execute } = api.sources.ledger;
  const held = Promise.withResolvers<void>();
  Object.assign(api.sources.ledger, {
    execute: (request: Parameters<typeof execute>[0]) =>
      held.promise.then(() => execute.call(api.sources.ledger, request)),
  });
  const first = send(api, 'POST /api/v1/notes', { authorization, ...json }, '{"title":"a"}');
  while (api.server.api.pressure.inFlight === 0) await new Promise((resolve) => setImmediate(resolve));
  const shed = await send(api, 'POST /api/v1/notes', { authorization, ...json }, '{"title":"b"}');
  t.equal(shed.statusCode, 503);
  t.equal(shed.json<Problem>().code, 'overloaded');
  t.equal(shed.headers['retry-after'], '1');
  t.equal((await send(api, 'GET /livez')).statusCode, 200, 'whoever asks after our health is answered');
  held.resolve();
  t.equal((await first).statusCode, 201);
  t.equal(api.server.api.pressure.inFlight, 0);
});

test('an event loop that is late sheds, and recovers', async (t) => {
  const api = await startTestApi(t, { options: { maxLoopDelayMs: 100 } });
  const authorization = `Bearer ${await api.addKey('user', newId())}`;
  const { pressure } = api.server.api;
  pressure.start();
  t.teardown(() => pressure.stop());
  await new Promise((resolve) => setTimeout(resolve, 60));
  const untilMs = performance.now() + 300;
  while (performance.now() < untilMs);
  await new Promise((resolve) => setTimeout(resolve, 5));
  t.equal((await send(api, `GET ${somewhere}`, { authorization })).statusCode, 503);
  await until('it recovers', async () => (await send(api, `GET ${somewhere}`, { authorization })).statusCode === 200);
});
