import { test } from 'tap';
import { newId } from '../../kernel/id.ts';
import { startTestApi } from './harness.ts';

async function start(t: Parameters<typeof startTestApi>[0]) {
  const api = await startTestApi(t);
  const authorization = `Bearer ${await api.addKey('user', newId())}`;
  const write = (
    headers: Record<string, string>,
    payload: object,
    url = '/api/v1/notes',
    method: 'POST' | 'PUT' = 'POST',
  ) => api.server.http.inject({ method, url, headers: { authorization, ...headers }, payload });
  const count = async () => (await api.admin('select from ledger.events')).rowCount;
  return { api, write, count };
}

test('a write answers with the object, its version, its position and its place', async (t) => {
  const { write } = await start(t);
  const reply = await write({}, { title: 'One' });
  const { id, title } = reply.json<{ id: string; title: string }>();
  t.equal(reply.statusCode, 201);
  t.equal(title, 'One');
  t.equal(reply.headers.etag, '"v1"');
  t.equal(reply.headers['loopledger-position'], '1');
  t.equal(reply.headers.location, `/api/v1/notes/${id}`);
  t.equal(reply.headers['idempotency-replayed'], undefined);
  t.equal(reply.headers['cache-control'], 'no-store');
});

test('a repeated request gets the first answer again and writes nothing', async (t) => {
  const { write, count } = await start(t);
  const first = await write({ 'idempotency-key': 'key-1' }, { title: 'One' });
  const again = await write({ 'idempotency-key': 'key-1' }, { title: 'One' });
  t.equal(again.statusCode, 201);
  t.equal(again.body, first.body);
  for (const name of ['etag', 'location', 'loopledger-position'] as const)
    t.equal(again.headers[name], first.headers[name], name);
  t.equal(again.headers['idempotency-replayed'], 'true');
  t.equal(await count(), 1);
});

test('a key that was used for another request is refused', async (t) => {
  const { write, count } = await start(t);
  const first = await write({ 'idempotency-key': 'key-1' }, { title: 'One' });
  const { id } = first.json<{ id: string }>();
  const others = [
    await write({ 'idempotency-key': 'key-1' }, { title: 'Two' }),
    await write({ 'idempotency-key': 'key-1' }, { title: 'One' }, `/api/v1/notes/${id}`, 'PUT'),
    await write({ 'idempotency-key': 'key-1', 'if-match': '"v1"' }, { title: 'One' }),
  ];
  for (const reply of others) {
    t.equal(reply.statusCode, 422);
    t.equal(reply.json<{ code: string }>().code, 'idempotency_mismatch');
  }
  t.equal(await count(), 1);
});

test('requests without a key are never taken for repeats', async (t) => {
  const { write, count } = await start(t);
  await write({}, { title: 'One' });
  await write({}, { title: 'One' });
  t.equal(await count(), 2);
});

test('a key is no longer than 255 characters', async (t) => {
  const { write } = await start(t);
  t.equal((await write({ 'idempotency-key': '!'.repeat(255) }, { title: 'One' })).statusCode, 201);
  t.equal((await write({ 'idempotency-key': '!'.repeat(256) }, { title: 'One' })).statusCode, 400);
});

test('a stale If-Match is refused with the version that the object has', async (t) => {
  const { write, count } = await start(t);
  const { id } = (await write({}, { title: 'One' })).json<{ id: string }>();
  const rename = (ifMatch: string) => write({ 'if-match': ifMatch }, { title: 'Two' }, `/api/v1/notes/${id}`, 'PUT');
  const done = await rename('"v1"');
  t.equal(done.statusCode, 200);
  t.equal(done.headers.etag, '"v2"');
  const stale = await rename('"v1"');
  t.equal(stale.statusCode, 412);
  t.match(stale.json(), { code: 'version_conflict', current_version: 2 });
  t.equal(await count(), 2);
});

test('If-Match takes one strong tag and nothing else', async (t) => {
  const { write } = await start(t);
  for (const tag of ['*', 'v1', 'W/"v1"', '"v1", "v2"', '"v0"', '"v01"', '"1"', '']) {
    const reply = await write({ 'if-match': tag }, { title: 'Two' }, `/api/v1/notes/${newId()}`, 'PUT');
    t.equal(reply.statusCode, 400, tag);
    t.match(reply.json(), { code: 'header_invalid', errors: [{ pointer: '/If-Match' }] });
  }
});
