import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Test, test } from 'tap';
import type { ApiOptions } from '../../api/context.ts';
import type { ApiServer } from '../../api/server.ts';
import { createEpic } from '../../commands/epic.ts';
import { changeProject, createProject } from '../../commands/project.ts';
import { changeStory, createStory } from '../../commands/story.ts';
import { canonicalJson } from '../../kernel/canonical.ts';
import type { JsonObject } from '../../kernel/event.ts';
import { systemActor } from '../../kernel/actor.ts';
import { newId } from '../../kernel/id.ts';
import type { Ledger } from '../../sql/ledger.ts';
import { createTestDatabase } from '../support/database.ts';
import { type Changes, plantKey, type Reader, readerOf, revokeKeys, startProcess } from '../support/feed.ts';
import { request } from '../support/ledger.ts';
import { msOf } from '../support/pace.ts';
import { until } from '../support/workers.ts';

async function start(t: Test, options: Partial<ApiOptions> = {}) {
  const urls = await createTestDatabase(t);
  const process = await startProcess(t, urls, { listens: true, options });
  const tenantId = newId();
  const key = await plantKey(urls, tenantId);
  return { ...process, urls, tenantId, key, changes: readerOf(process.url, key) };
}

const parked = (server: ApiServer, count: number): Promise<void> =>
  until(`${count} wait`, () => server.api.metrics.render([]).includes(`loopledger_feed_parked ${count}\n`));

/** Position 1 is the project, 2 its epic, then the stories. */
async function plan(ledger: Ledger, tenantId: string, stories: number) {
  const project_id = newId();
  const epic_id = newId();
  await ledger.execute(request(tenantId, createProject, { project_id, name: 'Plan', slug: `s-${project_id}` }));
  await ledger.execute(request(tenantId, createEpic, { epic_id, project_id, title: 'First' }));
  const ids = Array.from({ length: stories }, () => newId());
  for (const story_id of ids)
    await ledger.execute(request(tenantId, createStory, { story_id, epic_id, title: 'ü "q"' }));
  return { project_id, epic_id, story_ids: ids };
}

async function readAll(changes: Reader, query: string): Promise<{ positions: number[]; pages: number; last: Changes }> {
  const positions: number[] = [];
  let since = '0';
  for (let pages = 1; ; pages += 1) {
    const { body } = await changes(`since=${since}&${query}`);
    positions.push(...body.data.map(({ position }) => position));
    if (!body.has_more) return { positions, pages, last: body };
    since = body.next_cursor;
  }
}

test('a reader that follows the cursor sees every event once and in order', async (t) => {
  const { ledger, tenantId, changes } = await start(t);
  await plan(ledger, tenantId, 23);
  const { positions, pages, last } = await readAll(changes, 'limit=10');
  t.same(
    positions,
    Array.from({ length: 25 }, (_, at) => at + 1),
  );
  t.equal(pages, 3);
  t.match(last, { has_more: false, head: 25 });
  const rest = await changes(`since=${last.next_cursor}`);
  t.same(rest.body.data, []);
  t.equal(rest.headers.get('loopledger-position'), '25');
});

test('an event proves itself: its entry hashes to its leaf, and the leaves to the chain', async (t) => {
  const { ledger, tenantId, changes } = await start(t);
  await plan(ledger, tenantId, 3);
  let chain = Buffer.alloc(32);
  for (const { leaf_hash, chain_hash, ...entry } of (await changes('since=0')).body.data) {
    const leaf = createHash('sha256')
      .update('\0')
      .update(canonicalJson(entry as JsonObject))
      .digest();
    chain = createHash('sha256').update(chain).update(leaf).digest();
    t.equal(leaf.toString('hex'), leaf_hash);
    t.equal(chain.toString('hex'), chain_hash);
  }
});

test('events without their data keep everything else', async (t) => {
  const { ledger, tenantId, changes } = await start(t);
  await plan(ledger, tenantId, 2);
  const whole = (await changes('since=0')).body.data;
  const bare = (await changes('since=0&include=none')).body.data;
  t.same(
    bare,
    whole.map(({ data: _data, ...rest }) => rest),
  );
  t.ok(whole.every((event) => typeof event['data'] === 'object'));
});

test('the feed begins where it is told: at the end, at a time, after a cursor', async (t) => {
  const { ledger, tenantId, changes } = await start(t);
  await plan(ledger, tenantId, 4);
  const now = await changes('since=now');
  t.same(now.body.data, []);
  t.equal(now.body.head, 6);
  const events = (await changes('since=0')).body.data;
  for (const { recorded_at } of events) {
    const { body } = await changes(`since=${String(recorded_at)}`);
    t.same(
      body.data.map(({ position }) => position),
      events.filter((other) => String(other['recorded_at']) >= String(recorded_at)).map(({ position }) => position),
    );
  }
  t.equal((await changes('since=2001-01-01T00:00:00Z')).body.data.length, 6);
  t.equal((await changes('since=2999-01-01T00:00:00%2B02:00')).body.data.length, 0);
  const { project_id } = await plan(ledger, tenantId, 0);
  const after = await changes(`since=${now.body.next_cursor}`);
  t.match(after.body.data[0], { position: 7, stream: { type: 'project', id: project_id } });
});

test('filters leave out what they do not name, and the cursor moves on all the same', async (t) => {
  const { ledger, tenantId, changes } = await start(t);
  const one = await plan(ledger, tenantId, 3);
  const other = await plan(ledger, tenantId, 2);
  const story_id = one.story_ids[1] as string;
  await ledger.execute(request(tenantId, changeStory, { story_id, changes: { title: 'new' } }));
  const find = async (query: string) => (await readAll(changes, query)).positions;
  t.same(await find('types=story.*'), [3, 4, 5, 8, 9, 10]);
  t.same(await find('types=story.changed&types=project.created'), [1, 6, 10]);
  t.same(await find(`project_id=${other.project_id}`), [6, 7, 8, 9]);
  t.same(await find(`stream=story:${story_id}`), [4, 10]);
  t.same(await find(`stream=story:${story_id}&types=story.changed`), [10]);
  t.same(await find(`stream=story:${story_id}&limit=1`), [4, 10]);
  t.same(await find(`stream=epic:${story_id}`), []);
  const streams = `stream=story:${story_id}&stream=project:${other.project_id}&stream=story:${story_id}`;
  t.same(await find(streams), [4, 6, 10]);
  t.same(await find(`${streams}&limit=1`), [4, 6, 10]);
  t.same(await find(`project_id=${other.project_id}&project_id=${newId()}&types=epic.*`), [7]);
  const none = await changes('since=0&types=tenant.founded');
  t.match(none.body, { data: [], has_more: false, head: 10 });
  const { body } = await changes(`since=${none.body.next_cursor}`);
  t.same(body.data, []);
});

test('events are found by the key and by the agent that caused them', async (t) => {
  const { ledger, tenantId, changes } = await start(t);
  const [agent_id, key_id, other_id] = [newId(), newId(), newId()];
  const byAgent = { kind: 'key', key_id, agent_id, role: 'user', lineage: [] } as const;
  const byKey = { ...byAgent, key_id: other_id, agent_id: null } as const;
  for (const [slug, actor] of [
    ['one', byAgent],
    ['two', byKey],
    ['three', systemActor],
  ] as const)
    await ledger.execute({ ...request(tenantId, createProject, { project_id: newId(), name: 'P', slug }), actor });
  const find = async (query: string) => (await readAll(changes, query)).positions;
  t.same(await find(`actor=${agent_id}`), [1]);
  t.same(await find(`actor=${key_id}`), [1]);
  t.same(await find(`actor=${other_id}`), [2]);
  t.same(await find(`actor=${other_id}&actor=${agent_id}&types=project.*`), [1, 2]);
  t.same(await find(`actor=${newId()}`), []);
});

test('a filter that misses looks through a bounded part of the log at a time', async (t) => {
  const { ledger, tenantId, changes } = await start(t);
  const { project_id } = await plan(ledger, tenantId, 0);
  const renames = Array.from({ length: 10_004 }, (_, at) =>
    ledger.execute(request(tenantId, changeProject, { project_id, changes: { name: `n${at}` } })),
  );
  await Promise.all(renames);
  await plan(ledger, tenantId, 0);
  const first = await changes('since=0&types=epic.*&limit=2');
  t.match(first.body, { has_more: true, data: [{ position: 2 }] });
  t.equal(first.body.data.length, 1);
  const second = await changes(`since=${first.body.next_cursor}&types=epic.*`);
  t.match(second.body, { has_more: false, data: [{ position: 10_008 }] });
});

test('a reader that waits is answered by the first event that matches', async (t) => {
  const { ledger, tenantId, changes, server } = await start(t);
  const { project_id, story_ids } = await plan(ledger, tenantId, 1);
  const { body: present } = await changes('since=now');
  const waiting = changes(`since=${present.next_cursor}&wait=30&types=story.*`);
  const rename = (name: string) => ledger.execute(request(tenantId, changeProject, { project_id, changes: { name } }));
  await parked(server, 1);
  await rename('not for the reader');
  await sleep(80);
  const story_id = story_ids[0] as string;
  await ledger.execute(request(tenantId, changeStory, { story_id, changes: { title: 'awaited' } }));
  const ms = await msOf(() => waiting);
  const { body } = await waiting;
  t.ok(ms < 15_000, 'long before the wait is over');
  t.match(body, { data: [{ position: 5, type: 'story.changed' }], has_more: false });
});

test('a reader that waits in vain gets an empty page in time, and others are served meanwhile', async (t) => {
  const { server, changes } = await start(t);
  const startedMs = performance.now();
  const waiting = changes('since=now&wait=2');
  await parked(server, 1);
  t.equal(server.api.pressure.inFlight, 0, 'waiting is not work');
  const { body } = await waiting;
  t.match(body, { data: [], has_more: false, head: 0 });
  const ms = performance.now() - startedMs;
  t.ok(ms >= 1_990 && ms < 20_000, `answered after ${ms} ms`);
  t.match(server.api.metrics.render([]), /loopledger_feed_parked 0\n/);
});

test('a key that is revoked while its reader waits gets no event any more', async (t) => {
  const { ledger, urls, tenantId, changes, server } = await start(t);
  const waiting = changes('since=now&wait=30');
  await parked(server, 1);
  await revokeKeys(urls, tenantId);
  await sleep(1_200);
  await plan(ledger, tenantId, 0);
  t.match(await waiting, { status: 401, body: { code: 'unauthenticated' } });
});

test('a key waits with a bounded number of requests', async (t) => {
  const { changes, server } = await start(t, { maxWaitingPerKey: 4 });
  const gone = new AbortController();
  const waiting = [1, 2, 3, 4].map(() => changes('since=now&wait=30', { signal: gone.signal }).catch(() => undefined));
  await parked(server, 4);
  t.match(await changes('since=now&wait=30'), { status: 429, body: { code: 'feed_readers_exceeded' } });
  t.equal((await changes('since=now')).status, 200, 'whoever does not wait is not refused');
  gone.abort();
  await Promise.all(waiting);
  await parked(server, 0);
  t.equal((await changes('since=now&wait=1')).status, 200);
});

test('a process that stops answers its waiting readers at once', async (t) => {
  const { changes, close, server } = await start(t);
  const waiting = changes('since=now&wait=30');
  await parked(server, 1);
  const ms = await msOf(() => Promise.all([waiting, close()]));
  t.match(await waiting, { status: 200, body: { data: [] } });
  t.ok(ms < 15_000, `${ms} ms`);
});

test('a cursor of another tenant and everything else that is none is refused', async (t) => {
  const { urls, url, changes } = await start(t);
  const stranger = readerOf(url, await plantKey(urls, newId()));
  const { body } = await stranger('since=now');
  for (const [query, code] of [
    [`since=${body.next_cursor}`, 'cursor_invalid'],
    ['since=yesterday', 'cursor_invalid'],
    ['since=2026-02-30T00:00:00Z', 'cursor_invalid'],
    ['since=', 'query_invalid'],
    ['limit=0', 'query_invalid'],
    ['limit=1001', 'query_invalid'],
    ['wait=31', 'query_invalid'],
    ['types=story', 'query_invalid'],
    ['types=*', 'query_invalid'],
    [Array.from({ length: 21 }, () => 'types=story.*').join('&'), 'query_invalid'],
    ['stream=story', 'query_invalid'],
    ['project_id=1', 'query_invalid'],
    ['include=all', 'query_invalid'],
  ] as const) {
    t.match(await changes(query), { status: 400, body: { code } }, query);
  }
});

test('a tenant never sees the events of another', async (t) => {
  const { ledger, urls, url, tenantId, changes } = await start(t);
  const otherId = newId();
  const other = readerOf(url, await plantKey(urls, otherId));
  const waiting = other('since=now&wait=1');
  await plan(ledger, tenantId, 2);
  t.same((await other('since=0')).body, { ...(await other('since=0')).body, data: [], head: 0, has_more: false });
  t.same((await waiting).body.data, []);
  t.equal(
    (await changes('since=0')).body.data.every((event) => event['tenant_id'] === tenantId),
    true,
  );
});
