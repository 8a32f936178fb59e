import { type Test, test } from 'tap';
import type { ApiOptions } from '../../api/context.ts';
import { changeProject, createProject } from '../../commands/project.ts';
import { newId } from '../../kernel/id.ts';
import { createTestDatabase } from '../support/database.ts';
import { openEvents } from '../support/events.ts';
import { plantKey, readerOf, revokeKeys, startProcess } from '../support/feed.ts';
import { request } from '../support/ledger.ts';
import { bestOf, msOf } from '../support/pace.ts';
import { until } from '../support/workers.ts';

async function start(t: Test, options: Partial<ApiOptions> = {}) {
  const urls = await createTestDatabase(t);
  const process = await startProcess(t, urls, { listens: true, options: { heartbeatMs: 300, ...options } });
  const tenantId = newId();
  const key = await plantKey(urls, tenantId);
  const open = async (query = '', headers: Readonly<Record<string, string>> = {}) => {
    const stream = await openEvents(`${process.url}/api/v1/changes?${query}`, {
      authorization: `Bearer ${key}`,
      ...headers,
    });
    t.teardown(() => stream.close());
    return stream;
  };
  const project_id = newId();
  const found = () =>
    process.ledger.execute(request(tenantId, createProject, { project_id, name: 'n', slug: `s-${project_id}` }));
  const rename = (name: string) =>
    process.ledger.execute(request(tenantId, changeProject, { project_id, changes: { name } }));
  return { ...process, urls, tenantId, key, open, found, rename };
}

test('a stream of events begins in the past and goes on with what comes', async (t) => {
  const { open, found, rename } = await start(t);
  await found();
  await rename('one');
  const stream = await open('since=0');
  t.equal(stream.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  t.match(await stream.nextEvent(), { data: { position: 1, type: 'project.created' } });
  t.match(await stream.nextEvent(), { data: { position: 2, type: 'project.changed' } });
  await rename('two');
  t.match(await stream.nextEvent(), { data: { position: 3, data: { name: 'two' } } });
});

test('a stream that broke off goes on after the last event that was seen', async (t) => {
  const { open, found, rename } = await start(t);
  await found();
  for (const name of ['a', 'b', 'c']) await rename(name);
  const first = await open('since=0');
  await first.nextEvent();
  const seen = await first.nextEvent();
  first.close();
  const again = await open('since=0', { 'last-event-id': String(seen?.id) });
  t.match(await again.nextEvent(), { data: { position: 3 } });
  t.match(await again.nextEvent(), { data: { position: 4 } });
});

test('a filter leaves events out of a stream, and the id moves on all the same', async (t) => {
  const { open, found, rename, tenantId, server } = await start(t);
  const stream = await open('since=0&types=story.*');
  await found();
  await rename('x');
  await until('the id moved on', async () => {
    const message = await stream.next();
    t.equal(message?.data, null);
    return server.api.cursors.openFeed(tenantId, String(message?.id)) === 2;
  });
});

test('a stream counts as a reader that waits, until it is closed', async (t) => {
  const { open, server } = await start(t, { maxWaitingPerKey: 2 });
  const parked = (count: number) =>
    until(`${count} wait`, () => server.api.metrics.render([]).includes(`loopledger_feed_parked ${count}\n`));
  const [one] = [await open(), await open()];
  await parked(2);
  t.equal((await open()).status, 429);
  one?.close();
  await parked(1);
  t.equal((await open()).status, 200);
});

test('a stream ends within a second when its key is revoked, and shows nothing after it', async (t) => {
  const ms = await bestOf(2_500, async () => {
    const { open, urls, tenantId, found } = await start(t);
    const stream = await open('since=now');
    t.match(await stream.next(), { data: null });
    await revokeKeys(urls, tenantId);
    const later = new Promise((resolve) => setTimeout(resolve, 1_600)).then(found);
    const endedMs = await msOf(async () => t.equal(await stream.nextEvent(), null));
    await later;
    return endedMs;
  });
  t.ok(ms < 2_500, `${ms} ms`);
});

test('a process that stops ends its streams', async (t) => {
  const { open, close } = await start(t);
  const stream = await open('since=now');
  await stream.next();
  const ms = await msOf(async () => {
    await close();
    while ((await stream.next()) !== null);
  });
  t.ok(ms < 30_000, `${ms} ms`);
});

test('HEAD of a stream answers without one, and what is refused is a problem', async (t) => {
  const { url, key, open, server } = await start(t);
  const headers = { authorization: `Bearer ${key}`, accept: 'text/event-stream' };
  const head = await fetch(`${url}/api/v1/changes`, { method: 'HEAD', headers });
  t.equal(head.status, 200);
  await until('nobody waits', () => server.api.metrics.render([]).includes('loopledger_feed_parked 0\n'));
  const refused = await open('', { 'last-event-id': 'forged' });
  t.equal(refused.status, 400);
  t.match(refused.headers.get('content-type'), /problem\+json/);
  t.equal(
    (await open('since=now', { accept: 'application/json' })).headers.get('content-type')?.slice(0, 16),
    'application/json',
  );
});

test('a tenant never hears of the events of another', async (t) => {
  const { urls, url, found, rename, server } = await start(t);
  const otherId = newId();
  const key = await plantKey(urls, otherId);
  const stream = await openEvents(`${url}/api/v1/changes?since=0`, { authorization: `Bearer ${key}` });
  t.teardown(() => stream.close());
  await found();
  await rename('secret');
  const { body } = await readerOf(url, key)('since=now');
  t.equal(server.api.cursors.openFeed(otherId, body.next_cursor), 0);
  const message = await stream.next();
  t.equal(message?.data, null);
  t.equal(server.api.cursors.openFeed(otherId, String(message?.id)), 0);
});
