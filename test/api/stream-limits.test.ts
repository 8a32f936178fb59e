import { setTimeout as sleep } from 'node:timers/promises';
import { type Test, test } from 'tap';
import { WebSocket } from 'ws';
import type { ApiOptions } from '../../api/context.ts';
import { createProject } from '../../commands/project.ts';
import { newId } from '../../kernel/id.ts';
import { createTestDatabase } from '../support/database.ts';
import { plantKey, startProcess } from '../support/feed.ts';
import { request } from '../support/ledger.ts';
import { bestOf, msOf } from '../support/pace.ts';
import { newAuthenticator, testPlace } from '../support/person.ts';
import { startTestServer } from '../support/server.ts';
import { openBrowser, signUp } from '../support/signing-in.ts';
import { openStream, positionsOf, type StreamClient } from '../support/stream-client.ts';
import { until } from '../support/workers.ts';

const large = 'x'.repeat(19_000);

async function start(t: Test, options: Partial<ApiOptions> = {}) {
  const urls = await createTestDatabase(t);
  const process = await startProcess(t, urls, { listens: true, options: { heartbeatMs: 15_000, ...options } });
  const tenantId = newId();
  const key = await plantKey(urls, tenantId);
  const open = async (): Promise<StreamClient> => {
    const client = await openStream(process.url, { key });
    t.teardown(() => client.ws.terminate());
    return client;
  };
  const add = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) {
      const project_id = newId();
      const command = { project_id, name: 'n', slug: `s-${project_id}`, description: large };
      await process.ledger.execute(request(tenantId, createProject, command));
    }
  };
  return { ...process, tenantId, open, add };
}

/** The codes that sockets of this process are closed with, of which a client that does not read hears nothing. */
function watchClosings(t: Test): unknown[] {
  const { close } = WebSocket.prototype;
  const codes: unknown[] = [];
  t.intercept(WebSocket.prototype, 'close', {
    value(this: WebSocket, ...told: Parameters<typeof close>) {
      codes.push(told[0]);
      close.apply(this, told);
    },
  });
  return codes;
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}

/** More than what the system holds for a socket that is not read. */
const many = 700;

test('a socket that is not read is closed with its cursor, and all the rest is there for the next one', async (t) => {
  const { open, add, server, tenantId } = await start(t, { slowSocketMs: 400 });
  const closings = watchClosings(t);
  await add(many);
  const slow = await open();
  slow.ws.pause();
  slow.say({ op: 'sub', id: 'a', since: '0' });
  // What asks and does not read fills the socket beyond what a subscription would.
  for (let at = 0; at < 60; at += 1) {
    slow.say({ op: 'sub', id: `more-${at}`, since: '0' });
    await sleep(15);
  }
  await until('it is given up', () => closings.includes(4408));
  slow.ws.resume();
  t.equal(await slow.closed, 4408);
  const bye = await slow.next('bye');
  t.match(bye, { reason: 'too slow', retry_after_ms: Number });
  const cursor = (bye['cursors'] as Record<string, string>)['a'] ?? '';
  const before = positionsOf(slow.heard, 'a');
  t.equal(server.api.cursors.openFeed(tenantId, cursor), before.length, 'the cursor is the end of what was told');
  const next = await open();
  next.say({ op: 'sub', id: 'a', since: cursor });
  await until('the rest came', () => before.length + positionsOf(next.heard, 'a').length === many);
  t.same([...before, ...positionsOf(next.heard, 'a')], upTo(many));
});

test('live output is dropped for a socket that does not keep up, and for nobody else', async (t) => {
  const { open, add, server, tenantId } = await start(t);
  await add(many);
  const [slow, quick] = [await open(), await open()];
  for (const client of [slow, quick]) {
    client.say({ op: 'join', topic: 'run:7' });
    client.say({ op: 'ping' });
    await client.next('pong');
  }
  slow.ws.pause();
  slow.say({ op: 'sub', id: 'a', since: '0' });
  await until('it is behind', () => server.api.metrics.render([]).includes('loopledger_stream_behind 1\n'));
  const dropped = (): number =>
    Number(/loopledger_stream_deltas_dropped (\d+)/.exec(server.api.metrics.render([]))?.[1]);
  let inRow = 0;
  await until('the system takes no more for it', () => {
    const before = dropped();
    server.api.topics.publish(tenantId, 'run:7', { filling: true });
    inRow = dropped() > before ? inRow + 1 : 0;
    return inRow === 20;
  });
  const before = dropped();
  const deltasOf = ({ heard }: StreamClient) =>
    heard.filter(({ op, data }) => op === 'delta' && 'at' in (data as object)).map(({ data }) => data);
  for (let at = 0; at < 20; at += 1) server.api.topics.publish(tenantId, 'run:7', { at });
  await until('the quick one has all', () => deltasOf(quick).length === 20);
  t.equal(dropped(), before + 20);
  slow.ws.resume();
  await until('it caught up', () => positionsOf(slow.heard, 'a').length === many);
  t.same(positionsOf(slow.heard, 'a'), upTo(many), 'events are never dropped');
  t.same(deltasOf(slow), []);
  server.api.topics.publish(tenantId, 'run:7', { at: 'later' });
  await until('it hears again', () => deltasOf(slow).length > 0);
  t.same(deltasOf(slow), [{ at: 'later' }]);
});

test('a socket that says more than is answered is closed', async (t) => {
  const { open } = await start(t);
  const client = await open();
  for (let at = 0; at < 200; at += 1) client.say({ op: 'ack', consumer: 'c', cursor: 'forged' });
  t.equal(await client.closed, 4429);
  t.match(
    client.heard.find(({ op }) => op === 'bye'),
    { reason: 'too many messages', retry_after_ms: Number },
  );
});

test('a session opens the stream from pages of ours alone, and it ends with the session', async (t) => {
  const { say, url } = await startTestServer(t);
  const authenticators = [newAuthenticator(), newAuthenticator()] as const;
  await signUp(say, ...authenticators);
  const browser = await openBrowser(say, authenticators[0]);
  const cookie = browser.cookie();
  const { origin } = testPlace;
  for (const strange of [{}, { origin: `${origin}.example` }, { origin: `${origin}:1` }, { origin: 'null' }]) {
    const refused = { status: 403, code: 'origin_forbidden' };
    await t.rejects(openStream(url, { headers: { cookie, ...strange } }), refused, JSON.stringify(strange));
  }
  const ms = await bestOf(1_900, async () => {
    const person = await openBrowser(say, authenticators[0]);
    const headers = { cookie: person.cookie(), origin };
    const client = await openStream(url, { headers });
    t.teardown(() => client.ws.terminate());
    client.say({ op: 'sub', id: 'a', since: '0' });
    await client.next('live');
    t.ok(positionsOf(client.heard, 'a').length > 0);
    t.equal((await person.say('DELETE', '/api/v1/session')).status, 204);
    const endedMs = await msOf(async () => t.equal(await client.closed, 4401));
    await t.rejects(openStream(url, { headers }), { status: 401, code: 'unauthenticated' });
    return endedMs;
  });
  t.ok(ms < 1_900, `${ms} ms`);
});
