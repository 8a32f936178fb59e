import { setTimeout as sleep } from 'node:timers/promises';
import { type Test, test } from 'tap';
import type { ApiOptions } from '../../api/context.ts';
import { changeProject, createProject } from '../../commands/project.ts';
import { newId } from '../../kernel/id.ts';
import { createTestDatabase } from '../support/database.ts';
import { plantKey, readerOf, revokeKeys, startProcess } from '../support/feed.ts';
import { request } from '../support/ledger.ts';
import { bestOf, msOf } from '../support/pace.ts';
import { openStream, positionsOf, Refused, type StreamOptions } from '../support/stream-client.ts';
import { until } from '../support/workers.ts';

async function start(t: Test, options: Partial<ApiOptions> = {}) {
  const urls = await createTestDatabase(t);
  const process = await startProcess(t, urls, { listens: true, options: { heartbeatMs: 1_500, ...options } });
  const tenantId = newId();
  const key = await plantKey(urls, tenantId);
  const open = async (with_: StreamOptions = { key }) => {
    const client = await openStream(process.url, with_);
    t.teardown(() => client.ws.terminate());
    return client;
  };
  const { ledger } = process;
  const add = async (tenant = tenantId): Promise<string> => {
    const project_id = newId();
    await ledger.execute(request(tenant, createProject, { project_id, name: 'n', slug: `s-${project_id}` }));
    return project_id;
  };
  const rename = (project_id: string, name: string) =>
    ledger.execute(request(tenantId, changeProject, { project_id, changes: { name } }));
  return { ...process, urls, tenantId, key, open, add, rename };
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}

test('a subscription begins in the past, catches up and stays live, without a gap or a repeat', async (t) => {
  const { open, add } = await start(t);
  for (let at = 0; at < 5; at += 1) await add();
  const client = await open();
  t.match(await client.next('ready'), { heartbeat_ms: 1_500 });
  client.say({ op: 'sub', id: 'a', since: '0' });
  await client.next('live');
  for (let at = 0; at < 5; at += 1) await add();
  await until('all came', () => positionsOf(client.heard, 'a').length === 10);
  t.same(positionsOf(client.heard, 'a'), upTo(10));
});

test('subscriptions that begin while the log grows meet it at the seam', async (t) => {
  const { open, add, tenantId, server } = await start(t);
  let writing = true;
  let written = 0;
  const writers = [1, 2, 3].map(async () => {
    for (; writing; written += 1) await add();
  });
  const grown = (count: number) => {
    const wanted = written + count;
    return until(`${count} more`, () => written >= wanted);
  };
  await grown(30);
  const clients = await Promise.all(Array.from({ length: 6 }, () => open()));
  for (const [at, client] of clients.entries()) {
    client.say({ op: 'sub', id: 'a', since: '0' });
    await sleep(at * 20);
    client.say({ op: 'sub', id: 'b', since: '0', types: ['project.*'] });
  }
  await grown(60);
  writing = false;
  await Promise.all(writers);
  const key = server.api.cursors.sealFeed(tenantId, 0);
  t.ok(key);
  const total = (
    await server.api.feed.read({
      tenantId,
      after: null,
      limit: 1,
      withData: false,
      filter: { types: null, projectIds: null, streams: null, actors: null },
    })
  ).head;
  t.ok(total > 50, `${total} events`);
  for (const client of clients)
    for (const id of ['a', 'b']) {
      await until('all came', () => positionsOf(client.heard, id).length >= total);
      t.same(positionsOf(client.heard, id), upTo(total));
    }
});

test('a subscription goes on from the cursor of the last message of another socket', async (t) => {
  const { open, add } = await start(t);
  for (let at = 0; at < 3; at += 1) await add();
  const first = await open();
  first.say({ op: 'sub', id: 'a', since: '0' });
  const { cursor } = await first.next('events');
  first.ws.terminate();
  await add();
  const second = await open();
  second.say({ op: 'sub', id: 'z', since: cursor });
  await second.next('live');
  await until('it came', () => positionsOf(second.heard, 'z').length > 0);
  t.same(positionsOf(second.heard, 'z'), [4]);
});

test('filters choose events, and bookmarks move on where nothing matched', async (t) => {
  const { open, add, rename, server, tenantId } = await start(t);
  const one = await add();
  await add();
  const client = await open();
  client.say({ op: 'sub', id: 'changes', since: '0', types: ['project.changed'] });
  client.say({ op: 'sub', id: 'one', since: '0', where: { project_id: [one] } });
  client.say({ op: 'sub', id: 'stream', since: '0', where: { stream: [`project:${one}`] }, types: ['project.*'] });
  client.say({ op: 'sub', id: 'nobody', since: '0', where: { actor: [newId()] } });
  await until('all are live', () => client.heard.filter(({ op }) => op === 'live').length === 4);
  await rename(one, 'x');
  const came = (id: string, count: number) => until(id, () => positionsOf(client.heard, id).length === count);
  for (const [id, count] of Object.entries({ changes: 1, one: 2, stream: 2 })) await came(id, count);
  t.same(positionsOf(client.heard, 'changes'), [3]);
  t.same(positionsOf(client.heard, 'one'), [1, 3]);
  t.same(positionsOf(client.heard, 'stream'), [1, 3]);
  await until('the bookmark moved on', () =>
    client.heard.some(
      ({ op, id, cursor }) =>
        op === 'bookmark' && id === 'nobody' && server.api.cursors.openFeed(tenantId, String(cursor)) === 3,
    ),
  );
  t.same(positionsOf(client.heard, 'nobody'), []);
  client.say({ op: 'unsub', id: 'one' });
  await client.next('unsubbed');
  await rename(one, 'y');
  await came('changes', 2);
  await came('stream', 3);
  t.same(positionsOf(client.heard, 'one'), [1, 3]);
});

test('a socket that stops reading goes behind, holds little memory, and misses nothing', async (t) => {
  const { open, ledger, tenantId, server } = await start(t, { heartbeatMs: 15_000 });
  const slow = await open();
  const quick = await open();
  for (const client of [slow, quick]) {
    client.say({ op: 'sub', id: 'a', since: '0' });
    await client.next('live');
  }
  slow.ws.pause();
  const before = process.memoryUsage().arrayBuffers;
  const description = 'x'.repeat(19_000);
  for (let at = 0; at < 600; at += 1) {
    const project_id = newId();
    await ledger.execute(
      request(tenantId, createProject, { project_id, name: 'n', slug: `s-${project_id}`, description }),
    );
  }
  await until('the quick one has all', () => positionsOf(quick.heard, 'a').length === 600);
  await until('the slow one is behind', () => server.api.metrics.render([]).includes('loopledger_stream_behind 1\n'));
  t.ok(process.memoryUsage().arrayBuffers - before < 60 << 20);
  slow.ws.resume();
  await until('the slow one has all', () => positionsOf(slow.heard, 'a').length === 600);
  t.same(positionsOf(slow.heard, 'a'), upTo(600));
  t.ok(slow.heard.some(({ op }) => op === 'behind'));
  await until('it is live again', () => server.api.metrics.render([]).includes('loopledger_stream_behind 0\n'));
});

test('a socket ends within a second when its key is revoked', async (t) => {
  const { open, urls } = await start(t);
  const ms = await bestOf(1_900, async () => {
    const tenantId = newId();
    const client = await open({ key: await plantKey(urls, tenantId) });
    client.say({ op: 'sub', id: 'a', since: '0' });
    await client.next('live');
    await revokeKeys(urls, tenantId);
    const endedMs = await msOf(async () => t.equal(await client.closed, 4401));
    t.match(client.heard.at(-1), { op: 'bye', reason: 'unauthenticated', cursors: {} });
    return endedMs;
  });
  t.ok(ms < 1_900, `${ms} ms`);
});

test('a ticket opens one socket, and none after the key has gone', async (t) => {
  const { open, url, key, urls, tenantId, add } = await start(t);
  const ticket = async (): Promise<string> => {
    const response = await fetch(`${url}/api/v1/stream/tickets`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
    });
    t.equal(response.status, 201);
    return ((await response.json()) as { readonly ticket: string }).ticket;
  };
  const first = await ticket();
  const by = (text: string): StreamOptions => ({ protocols: ['ll.v1', `ll.ticket.${text}`] });
  const client = await open(by(first));
  t.equal(client.ws.protocol, 'll.v1');
  client.say({ op: 'sub', id: 'a' });
  await client.next('live');
  await add();
  t.match(await client.next('events'), { events: [{ position: 1 }] });
  const refused = { status: 401, code: 'unauthenticated' };
  await t.rejects(open(by(first)), refused, 'used');
  await t.rejects(open(by(`${first.slice(0, -2)}AA`)), refused, 'forged');
  await t.rejects(open(by('x')), refused);
  const late = await ticket();
  await revokeKeys(urls, tenantId);
  t.equal(await client.closed, 4401);
  await t.rejects(open(by(late)), refused, 'its key has gone');
});

test('what is no stream is refused before the upgrade, as a problem', async (t) => {
  const { open, url, key } = await start(t);
  await t.rejects(open({}), { status: 401, code: 'unauthenticated' });
  await t.rejects(open({ key, protocols: ['other'] }), { status: 400, code: 'stream_protocol_missing' });
  const plain = await fetch(`${url}/api/v1/stream`, { headers: { authorization: `Bearer ${key}` } });
  t.equal(plain.status, 426);
  t.match(await plain.json(), { code: 'upgrade_required' });
});

test('a key and a tenant have a bounded number of sockets', async (t) => {
  const { open, urls, tenantId } = await start(t, { maxSocketsPerKey: 2, maxSocketsPerTenant: 3 });
  const other = await plantKey(urls, tenantId);
  const [one] = [await open(), await open()];
  const refused = { status: 429, code: 'sockets_exceeded' };
  await t.rejects(open(), refused);
  const third = await open({ key: other });
  t.ok(third);
  await t.rejects(open({ key: other }), refused);
  one?.ws.close();
  await until('there is room', () =>
    open().then(
      () => true,
      (error: unknown) => !(error instanceof Refused),
    ),
  );
});

test('a message that is none is answered with a problem, and the socket goes on', async (t) => {
  const { open } = await start(t);
  const client = await open();
  for (const [message, code] of [
    ['nonsense', 'json_malformed'],
    ['[]', 'message_invalid'],
    ['{"op":"sub","op":"sub","id":"a"}', 'json_duplicate_key'],
    ['{"op":"constructor"}', 'message_invalid'],
    [{ op: 'sub' }, 'message_invalid'],
    [{ op: 'sub', id: 'a', types: ['*'] }, 'message_invalid'],
    [{ op: 'sub', id: 'a', more: 1 }, 'message_invalid'],
    [{ op: 'sub', id: 'a', since: 'forged' }, 'cursor_invalid'],
    [{ op: 'unsub', id: 'a' }, 'subscription_not_found'],
    [{ op: 'leave', topic: 'run:1' }, 'subscription_not_found'],
    [{ op: 'ack', consumer: 'c', cursor: 'forged' }, 'cursor_invalid'],
  ] as const) {
    client.say(message);
    t.match(await client.next('error'), { problem: { code } }, JSON.stringify(message));
  }
  client.say({ op: 'sub', id: 'a' });
  client.say({ op: 'sub', id: 'a' });
  t.match(await client.next('error'), { id: 'a', problem: { code: 'subscription_taken' } });
  for (let at = 0; at < 32; at += 1) client.say({ op: 'join', topic: `run:${at}` });
  t.match(await client.next('error'), { problem: { code: 'subscriptions_exceeded' } });
  client.say({ op: 'ping' });
  await client.next('pong');
  client.say(`{"op":"ping","x":"${'x'.repeat(70_000)}"}`);
  t.equal(await client.closed, 1009);
});

test('an acknowledged cursor is the checkpoint of a consumer', async (t) => {
  const { open, add, url, key } = await start(t);
  await add();
  const client = await open();
  client.say({ op: 'sub', id: 'a', since: '0' });
  const { cursor } = await client.next('events');
  client.say({ op: 'ack', consumer: 'board', cursor });
  t.match(await client.next('acked'), { consumer: 'board' });
  const response = await fetch(`${url}/api/v1/consumers/board/checkpoint`, {
    headers: { authorization: `Bearer ${key}` },
  });
  t.match(await response.json(), { position: 1, cursor });
});

test('a topic reaches those who joined it within the tenant, and nobody later', async (t) => {
  const { open, urls, server, tenantId } = await start(t);
  const stranger = await plantKey(urls, newId());
  const [one, other] = [await open(), await open({ key: stranger })];
  for (const client of [one, other]) {
    client.say({ op: 'join', topic: 'run:7' });
    client.say({ op: 'ping' });
    await client.next('pong');
  }
  server.api.topics.publish(tenantId, 'run:7', { text: 'tok' });
  server.api.topics.publish(tenantId, 'run:8', { text: 'other' });
  t.match(await one.next('delta'), { topic: 'run:7', data: { text: 'tok' } });
  one.say({ op: 'leave', topic: 'run:7' });
  one.say({ op: 'ping' });
  await one.next('pong');
  server.api.topics.publish(tenantId, 'run:7', { text: 'late' });
  await sleep(100);
  t.equal(one.heard.filter(({ op }) => op === 'delta').length, 1);
  t.equal(other.heard.filter(({ op }) => op === 'delta').length, 0);
});

test('a tenant never hears of the events of another', async (t) => {
  const { open, urls, add, url } = await start(t);
  const otherId = newId();
  const otherKey = await plantKey(urls, otherId);
  const stranger = await open({ key: otherKey });
  stranger.say({ op: 'sub', id: 'a', since: '0' });
  await stranger.next('live');
  await add();
  const { body } = await readerOf(url, otherKey)('since=0');
  t.same(body.data, []);
  await sleep(700);
  t.same(positionsOf(stranger.heard, 'a'), []);
  await add(otherId);
  await until('its own came', () => positionsOf(stranger.heard, 'a').length === 1);
});

test('a process that stops says goodbye with the place of each subscription', async (t) => {
  const { open, add, close, server, tenantId } = await start(t);
  await add();
  const client = await open();
  client.say({ op: 'sub', id: 'a', since: '0' });
  await client.next('live');
  const ms = await msOf(async () => {
    await close();
    t.equal(await client.closed, 1001);
  });
  t.ok(ms < 30_000, `${ms} ms`);
  const { cursors, retry_after_ms } = await client.next('bye');
  t.equal(server.api.cursors.openFeed(tenantId, (cursors as { readonly a: string }).a), 1);
  t.type(retry_after_ms, 'number');
});
