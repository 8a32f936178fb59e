import { connect } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'tap';
import { startApi } from '../../api/main.ts';
import { newId } from '../../kernel/id.ts';
import { msOf, patienceMs } from '../support/pace.ts';
import { until } from '../support/workers.ts';
import { startTestApi, type TestApi } from './harness.ts';

/** Sends the parts with pauses between them, and resolves with all that came back when the server closed. */
async function talk(port: number, parts: readonly string[], pauseMs = 0): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const over = new AbortController();
  let heard = '';
  socket.setEncoding('latin1').on('data', (text: string) => (heard += text));
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await once(socket, 'connect');
  for (const part of parts) {
    socket.write(part, 'latin1');
    await sleep(pauseMs);
  }
  if (!socket.closed)
    await Promise.race([closed, sleep(patienceMs, undefined, { signal: over.signal }).catch(() => undefined)]);
  over.abort();
  socket.destroy();
  return heard;
}

function problemOf(heard: string): { readonly status: number; readonly code: string } {
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(heard)?.[1]);
  const at = heard.indexOf('\r\n\r\n');
  if (!/content-type: application\/problem\+json/i.test(heard)) return { status, code: 'no problem document' };
  return { status, code: (JSON.parse(heard.slice(at + 4)) as { code: string }).code };
}

async function listen(
  t: Parameters<typeof startTestApi>[0],
  options = {},
): Promise<{ api: TestApi; port: number; authorization: string }> {
  const api = await startTestApi(t, { options });
  await api.server.http.listen({ port: 0, host: '127.0.0.1' });
  const { port } = api.server.http.server.address() as { port: number };
  return { api, port, authorization: `Bearer ${await api.addKey('user', newId())}` };
}

test('what is not HTTP is answered with a problem document all the same', async (t) => {
  const { port } = await listen(t);
  const cases: [number, string, string][] = [
    [400, 'request_malformed', 'nonsense\r\n\r\n'],
    [400, 'request_malformed', 'GET / HTTP/9.9\r\nhost: x\r\n\r\n'],
    [400, 'request_malformed', 'GET /livez HTTP/1.1\r\nconnection: close\r\n\r\n'],
    [
      400,
      'request_malformed',
      'POST /livez HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [400, 'request_malformed', 'POST /livez HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na'],
    [400, 'request_malformed', 'POST /livez HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n'],
    [400, 'request_malformed', 'GET /livez HTTP/1.1\r\nhost: x\r\nbad header: 1\r\n\r\n'],
    [400, 'request_malformed', 'GET /livez HTTP/1.1\r\nhost: x\r\na: b\u0000c\r\n\r\n'],
    [431, 'headers_too_large', `GET /livez HTTP/1.1\r\nhost: x\r\na: ${'b'.repeat(20_000)}\r\n\r\n`],
    [417, 'expectation_unmet', 'GET /livez HTTP/1.1\r\nhost: x\r\nexpect: tea\r\nconnection: close\r\n\r\n'],
    [404, 'route_missing', 'PROPFIND /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
    [405, 'method_not_allowed', 'PROPFIND /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
  ];
  for (const [status, code, request] of cases) {
    t.same(problemOf(await talk(port, [request])), { status, code }, JSON.stringify(request.slice(0, 60)));
  }
});

test('a head that does not arrive in time ends in 408', async (t) => {
  const { port } = await listen(t, { headersTimeoutMs: 300, requestTimeoutMs: 600_000 });
  const heard = await talk(port, ['GET /livez HTTP/1.1\r\nhost: x\r\n']);
  t.same(problemOf(heard), { status: 408, code: 'request_timeout' });
});

test('a body that does not arrive in time ends in 408, however it trickles', async (t) => {
  const { port, authorization } = await listen(t, { headersTimeoutMs: 400, requestTimeoutMs: 800 });
  const head = `POST /api/v1/notes HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\n`;
  const heard = await talk(port, [`${head}content-length: 100\r\n\r\n{"title"`, ':', ' ', ' '], 200);
  t.same(problemOf(heard), { status: 408, code: 'request_timeout' });
});

test('a caller who hangs up in mid-body leaves nothing in hand', async (t) => {
  const { api, port, authorization } = await listen(t);
  const head = `POST /api/v1/notes HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\n`;
  for (let caller = 0; caller < 20; caller += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(`${head}content-length: 100\r\n\r\n{"title"`);
    await sleep(5);
    socket.destroy();
  }
  await until('nothing is in hand', () => api.server.api.pressure.inFlight === 0);
  t.equal((await fetch(`http://127.0.0.1:${port}/livez`)).status, 200);
  t.equal((await api.admin('select from ledger.events')).rowCount, 0);
});

test('a refused upload closes its connection, a small one keeps it', async (t) => {
  const { port } = await listen(t);
  const large = await talk(port, [
    `POST /api/v1/notes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 900000\r\n\r\n{`,
  ]);
  t.match(large, /^HTTP\/1\.1 401/);
  t.match(large, /connection: close/i);
  const two = 'POST /api/v1/notes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';
  const both = await talk(port, [two, 'GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'], 30);
  t.match(both, /HTTP\/1\.1 401[\s\S]*HTTP\/1\.1 200/);
});

test('pipelined requests are answered in order', async (t) => {
  const { port } = await listen(t);
  const heard = await talk(port, [
    'GET /livez HTTP/1.1\r\nhost: x\r\nrequest-id: a\r\n\r\nGET /readyz HTTP/1.1\r\nhost: x\r\nrequest-id: b\r\n\r\n' +
      'GET /livez HTTP/1.1\r\nhost: x\r\nrequest-id: c\r\nconnection: close\r\n\r\n',
  ]);
  t.same(
    [...heard.matchAll(/request-id: (\w)/g)].map((match) => match[1]),
    ['a', 'b', 'c'],
  );
});

test('a stop finishes what is in hand, takes nothing new, and frees the port', async (t) => {
  const api = await startTestApi(t);
  const authorization = `Bearer ${await api.addKey('user', newId())}`;
  const running = await startApi(api.sources, { host: '127.0.0.1', port: 0 });
  const held = Promise.withResolvers<void>();
  const { execute } = api.sources.ledger;
  Object.assign(api.sources.ledger, {
    execute: (request: Parameters<typeof execute>[0]) =>
      held.promise.then(() => execute.call(api.sources.ledger, request)),
  });
  // Nothing of the domain is registered here, so any held request will do: a public one that waits for a check.
  const asked = Promise.withResolvers<void>();
  const slow = { name: 'slow', run: () => (asked.resolve(), held.promise) };
  (running.server.api.checks as { name: string; run(): Promise<void> }[]).push(slow);
  const inHand = fetch(`${running.url}/readyz`, { headers: { authorization } });
  await asked.promise;
  const closed = running.close(60_000);
  await sleep(50);
  held.resolve();
  const reply = await inHand;
  t.equal(reply.status, 503);
  t.equal(((await reply.json()) as { code: string }).code, 'not_ready');
  t.equal(reply.headers.get('connection'), 'close');
  await closed;
  await t.rejects(fetch(`${running.url}/livez`));
});

test('a stop does not wait for ever for callers who do not read', async (t) => {
  const api = await startTestApi(t);
  const running = await startApi(api.sources, { host: '127.0.0.1', port: 0 });
  const { port } = running.server.http.server.address() as { port: number };
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write('POST /api/v1/notes HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n');
  await until(
    'it is connected',
    () =>
      new Promise((resolve) => {
        running.server.http.server.getConnections((_error, count) => resolve(count === 1));
      }),
  );
  const ms = await msOf(() => running.close(300));
  t.ok(ms < 15_000, `${ms} ms`);
  socket.destroy();
});
