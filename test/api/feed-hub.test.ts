import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Test, test } from 'tap';
import { createProject } from '../../commands/project.ts';
import { newId } from '../../kernel/id.ts';
import { administer, createTestDatabase } from '../support/database.ts';
import { plantKey, readerOf, startProcess } from '../support/feed.ts';
import { request } from '../support/ledger.ts';
import { msOf, patienceMs } from '../support/pace.ts';
import { until } from '../support/workers.ts';

async function startTwo(t: Test, listens: boolean) {
  const urls = await createTestDatabase(t);
  const [writer, reader] = await Promise.all([startProcess(t, urls, { listens }), startProcess(t, urls, { listens })]);
  const tenantId = newId();
  const changes = readerOf(reader.url, await plantKey(urls, tenantId));
  const write = (slug: string) =>
    writer.ledger.execute(request(tenantId, createProject, { project_id: newId(), name: 'P', slug }));
  return { urls, writer, reader, tenantId, changes, write };
}

/** A reader that waits is answered by each of a few commits of another process. */
async function hearFew(t: Test, { reader, changes, write }: Awaited<ReturnType<typeof startTwo>>): Promise<void> {
  const { metrics } = reader.server.api;
  const delays: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const begin = await changes('since=now');
    const waiting = changes(`since=${begin.body.next_cursor}&wait=30`);
    await until('it waits', () => metrics.render([]).includes('loopledger_feed_parked 1\n'));
    await sleep(round * 7);
    await write(`r${round}`);
    delays.push(Math.round(await msOf(() => waiting)));
    t.equal((await waiting).body.data.length, 1);
  }
  t.comment(`after ${delays.join(', ')} ms`);
}

test('a reader hears of another process by its notice, without looking', async (t) => {
  const two = await startTwo(t, true);
  await administer(two.urls.adminUrl, (client) =>
    until('both listen', async () => {
      const ears = `select from pg_stat_activity where datname = current_database() and query = 'listen loopledger'`;
      return (await client.query(ears)).rowCount === 2;
    }),
  );
  Object.assign(two.reader.server.api.feed.hub, { lookNowAndThen: () => undefined });
  await hearFew(t, two);
});

test('a reader whose process hears nothing finds the commit by looking', async (t) => {
  await hearFew(t, await startTwo(t, false));
});

test('a notice carries nothing', async (t) => {
  const urls = await createTestDatabase(t);
  const { ledger } = await startProcess(t, urls, { listens: true });
  const client = new pg.Client({ connectionString: urls.appUrl });
  await client.connect();
  t.teardown(() => client.end());
  const payloads: string[] = [];
  client.on('notification', ({ payload }) => payloads.push(payload ?? ''));
  await client.query('listen loopledger');
  const write = () =>
    ledger.execute(request(newId(), createProject, { project_id: newId(), name: 'P', slug: `s-${newId()}` }));
  for (let round = 0; round < 5; round += 1) {
    await Promise.all(Array.from({ length: 20 }, write));
    const heard = payloads.length;
    await until('there was a notice', () => payloads.length > heard);
  }
  t.ok(payloads.length <= 30, `100 commits made ${payloads.length} notices`);
  t.ok(payloads.every((payload) => payload === ''));
});

test('a reader that asks for a position which another process writes is kept until it is there', async (t) => {
  const { reader, tenantId, write } = await startTwo(t, true);
  const { hub } = reader.server.api.feed;
  const waiting = hub.waitForPosition(tenantId, 2, patienceMs);
  await write('one');
  await write('two');
  t.equal(await waiting, 2);
  const waitedMs = await msOf(async () => t.equal(await hub.waitForPosition(tenantId, 3, 120), 2));
  t.ok(waitedMs >= 119 && waitedMs < patienceMs, `${waitedMs} ms`);
});

test('500 readers that wait on one tenant are woken together', async (t) => {
  const { reader, tenantId, changes, write } = await startTwo(t, true);
  await write('first');
  const begin = await changes('since=now');
  const arrivals: number[] = [];
  const waiting = Array.from({ length: 500 }, async () => {
    const { body } = await changes(`since=${begin.body.next_cursor}&wait=30`);
    arrivals.push(performance.now());
    return body.data.length;
  });
  const { metrics } = reader.server.api;
  await until('all wait', () => metrics.render([]).includes('loopledger_feed_parked 500\n'));
  await write('second');
  const writtenMs = performance.now();
  t.same(new Set(await Promise.all(waiting)), new Set([1]));
  t.comment(`the last of 500 was answered ${Math.round(Math.max(...arrivals) - writtenMs)} ms after the commit`);
  t.equal(reader.server.api.feed.hub.watch(tenantId).head, 0, 'nobody follows the tenant any more');
});
