import { test } from 'tap';
import { changeStory, createStory } from '../../commands/story.ts';
import { createEpic } from '../../commands/epic.ts';
import { newId } from '../../kernel/id.ts';
import { administer } from '../support/database.ts';
import { request } from '../support/ledger.ts';
import { type Body, shareTestServer } from '../support/server.ts';
import { planWork } from '../support/work-client.ts';

interface Line {
  readonly type: string;
  readonly object: Body;
  readonly cursor?: string;
  readonly position?: number;
  readonly objects?: number;
}

async function snapshot(url: string, key: string, query = ''): Promise<Line[]> {
  const response = await fetch(`${url}/api/v1/changes/snapshot?${query}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  if (response.status !== 200) return [{ type: 'refused', object: (await response.json()) as Body }];
  const text = await response.text();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

test('a snapshot shows every object as its own route does, and ends with a cursor', async (t) => {
  const server = await shareTestServer(t);
  const plan = await planWork(server);
  await plan.say('POST', `/stories/${plan.stories[0]?.id}/dependencies`, { body: { needs: plan.stories[1]?.id } });
  await plan.say('DELETE', `/stories/${plan.stories[3]?.id}`);
  const lines = await snapshot(server.url, plan.userKey);
  const end = lines.at(-1);
  t.match(end, { type: 'end', objects: lines.length - 1 });
  const shown = (type: string) => lines.filter((line) => line.type === type).map(({ object }) => object);
  for (const [type, path] of [
    ['story', 'stories'],
    ['epic', 'epics'],
    ['project', 'projects'],
    ['agent', 'agents'],
    ['key', 'keys'],
  ] as const) {
    t.ok(shown(type).length > 0, type);
    for (const object of shown(type)) t.same(object, (await plan.say('GET', `/${path}/${object.id}`)).body);
  }
  t.same(
    shown('story').map(({ id }) => id),
    plan.stories.slice(0, 3).map(({ id }) => id),
  );
  const edges = await plan.say('GET', `/projects/${plan.project.id}/dependencies`);
  t.equal(edges.body.data.length, 1);
  t.same(shown('dependency'), edges.body.data);
  const rest = await plan.say('GET', `/changes?since=${end?.cursor}`);
  t.match(rest.body, { data: [], head: end?.position });
});

test('a snapshot holds the kinds that are asked for, of those that the caller may read', async (t) => {
  const server = await shareTestServer(t);
  const plan = await planWork(server);
  const kinds = async (key: string, query = '') => [
    ...new Set((await snapshot(server.url, key, query)).map(({ type }) => type)),
  ];
  t.same(await kinds(plan.agentKey), ['agent', 'project', 'epic', 'story', 'end']);
  t.same(await kinds(plan.userKey), ['agent', 'key', 'project', 'epic', 'story', 'end']);
  t.same(await kinds(plan.agentKey, 'types=story&types=epic'), ['epic', 'story', 'end']);
  t.match(await snapshot(server.url, plan.agentKey, 'types=story&types=key'), [{ object: { code: 'role_forbidden' } }]);
  t.match(await snapshot(server.url, plan.agentKey, 'types=log'), [{ object: { code: 'query_invalid' } }]);
  const other = await server.found();
  t.same(await kinds(other.agentKey), ['agent', 'end']);
});

test('a snapshot that is read while the log moves leaves no gap to what follows', async (t) => {
  const server = await shareTestServer(t);
  const { ledger, url } = server;
  const plan = await planWork(server);
  const { tenantId } = plan;
  const epic_id = newId();
  await ledger.execute(request(tenantId, createEpic, { epic_id, project_id: plan.project.id, title: 'Many' }));
  const ids = Array.from({ length: 1_200 }, () => newId());
  await Promise.all(
    ids.map((story_id) => ledger.execute(request(tenantId, createStory, { story_id, epic_id, title: 'x' }))),
  );
  let writing = true;
  const writer = (async () => {
    for (let at = 0; writing; at = (at + 7) % ids.length)
      await ledger.execute(
        request(tenantId, changeStory, { story_id: ids[at] as string, changes: { title: `t${at}` } }),
      );
  })();
  const lines = await snapshot(url, plan.userKey, 'types=story');
  await new Promise((resolve) => setTimeout(resolve, 100));
  writing = false;
  await writer;
  const versions = new Map(lines.slice(0, -1).map(({ object }) => [object.id, object.version]));
  t.equal(versions.size, 1_204);
  const key = plan.userKey;
  let since = lines.at(-1)?.cursor ?? '';
  let followed = 0;
  for (let more = true; more;) {
    const { body } = await server.say('GET', `/api/v1/changes?since=${since}&types=story.*&limit=1000`, { key });
    for (const { stream, version } of body.data) {
      const { id } = stream as { readonly id: string };
      const known = versions.get(id) ?? 0;
      t.ok(version <= known + 1, 'no version is skipped');
      versions.set(id, Math.max(known, version));
      followed += 1;
    }
    since = String(body['next_cursor']);
    more = body['has_more'] === true;
  }
  t.ok(followed > 0, 'the log moved meanwhile');
  const { body } = await server.say('GET', `/api/v1/epics/${epic_id}/stories?limit=200`, { key });
  for (const { id, version } of body.data) t.equal(versions.get(id), version);
});

test('a snapshot that fails half-way is broken off', async (t) => {
  const server = await shareTestServer(t);
  const plan = await planWork(server);
  await administer(server.urls.adminUrl, (client) => client.query('alter table view.epics rename to gone'));
  await t.rejects(snapshot(server.url, plan.userKey));
  t.ok(server.logged.some((line) => line.includes('an answer broke off')));
});
