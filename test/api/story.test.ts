import { test } from 'tap';
import { shareTestServer } from '../support/server.ts';
import { each, planWork } from '../support/work-client.ts';

const criteria = [
  { text: 'Both tanks read full', binding: 'test:tanks are full' },
  { text: 'Someone looked', binding: null },
];

test('a story is shown as its commands answered, from creation to deletion', async (t) => {
  const { say, project, epics } = await planWork(await shareTestServer(t));
  const description = 'ünï \u2028 "\\" line\n\ttab 🚀';
  const body = { title: 'Fill "both" tanks \\ 100 %', description, priority: 0, estimate: 5, criteria };
  const created = await say('POST', `/epics/${epics[0]?.id}/stories`, { body });
  t.match(created.body, { ...body, number: '1.3', project_id: project.id, epic_id: epics[0]?.id });
  t.match(created.body, { agent_status: 'pending', verified_status: 'unverified', status: 'active' });
  const at = `/stories/${created.body.id}`;
  t.equal(created.headers.get('location'), `/api/v1${at}`);
  t.strictSame((await say('GET', at)).body, created.body);
  const changed = await say('PATCH', at, { body: { estimate: null } });
  t.match(changed.body, { version: 2, estimate: null, priority: 0 });
  t.strictSame((await say('GET', at)).body, changed.body);
  t.match((await say('POST', `${at}/archive`)).body, { version: 3, status: 'archived' });
  t.match((await say('POST', `${at}/restore`)).body, { version: 4, status: 'active' });
  t.equal((await say('DELETE', at)).status, 204);
  t.equal((await say('GET', at)).body.code, 'story_not_found');
});

test('stories are listed by the parts of their numbers, of a project and of an epic', async (t) => {
  const { say, project, epics } = await planWork(await shareTestServer(t));
  for (const number of ['1.10', '1.9', '1.10.1', '1.2.1']) {
    const made = await say('POST', `/epics/${epics[0]?.id}/stories`, { body: { title: number, number } });
    t.equal(made.status, 201, number);
  }
  const ofEpic = ['1.1', '1.2', '1.2.1', '1.9', '1.10', '1.10.1'];
  t.strictSame(each(await say('GET', `/epics/${epics[0]?.id}/stories`), 'number'), ofEpic);
  t.strictSame(each(await say('GET', `/projects/${project.id}/stories`), 'number'), [...ofEpic, '2.1', '2.2']);
  const found: unknown[] = [];
  for (let cursor = ''; ;) {
    const page = await say('GET', `/projects/${project.id}/stories?limit=3&count=exact${cursor}`);
    found.push(...each(page, 'number'));
    t.equal(page.body['total'], 8);
    if (page.body['next_cursor'] === null) break;
    cursor = `&cursor=${page.body['next_cursor'] as string}`;
  }
  t.strictSame(found, [...ofEpic, '2.1', '2.2']);
});

test('the stories of epic 1 are not those of epic 10', async (t) => {
  const { say, project, epics } = await planWork(await shareTestServer(t));
  const tenth = await say('POST', `/projects/${project.id}/epics`, { body: { title: 'Tenth', number: 10 } });
  await say('POST', `/epics/${tenth.body.id}/stories`, { body: { title: 'Far' } });
  t.strictSame(each(await say('GET', `/epics/${tenth.body.id}/stories`), 'number'), ['10.1']);
  t.strictSame(each(await say('GET', `/epics/${epics[0]?.id}/stories`), 'number'), ['1.1', '1.2']);
});

test('stories are filtered by what they are', async (t) => {
  const { say, project, stories } = await planWork(await shareTestServer(t));
  await say('POST', `/stories/${stories[1]?.id}/archive`);
  const list = `/projects/${project.id}/stories`;
  t.strictSame(each(await say('GET', list), 'number'), ['1.1', '2.1', '2.2']);
  t.strictSame(each(await say('GET', `${list}?status=archived`), 'number'), ['1.2']);
  t.equal((await say('GET', `${list}?status=all&agent_status=pending&verified_status=unverified`)).body.data.length, 4);
  t.equal((await say('GET', `${list}?agent_status=begun`)).body.code, 'query_invalid');
});

test('criteria are replaced as a whole, and every revision can be read again', async (t) => {
  const { say, stories } = await planWork(await shareTestServer(t));
  const at = `/stories/${stories[0]?.id}/criteria`;
  const revised = await say('PUT', at, { body: { criteria } });
  t.match(revised.body, { version: 2, criteria, criteria_revision: 2 });
  t.equal((await say('PUT', at, { body: { criteria } })).body.version, 2);
  await say('PATCH', `/stories/${stories[0]?.id}`, { body: { priority: 1 } });
  await say('PUT', at, { body: { criteria: [] } });
  const read = async (query: string) => (await say('GET', `${at}${query}`)).body;
  t.match(await read(''), { revision: 3, latest_revision: 3, criteria: [] });
  const second = await read('?revision=2');
  t.match(second, { revision: 2, latest_revision: 3, criteria, revised_at: revised.body['updated_at'] });
  t.match(await read('?revision=1'), { revision: 1, criteria: [], revised_at: stories[0]?.['created_at'] });
  t.equal((await read('?revision=4')).code, 'story_revision_not_found');
  t.equal((await read('?revision=0')).code, 'query_invalid');
});

test('the history of a story is its events with their hashes, and outlives the story', async (t) => {
  const { say, stories } = await planWork(await shareTestServer(t));
  const id = stories[0]?.id ?? '';
  await say('PATCH', `/stories/${id}`, { body: { priority: 1 } });
  await say('DELETE', `/stories/${id}`);
  const first = await say('GET', `/stories/${id}/history?limit=2&count=exact`);
  t.strictSame([each(first, 'type'), first.body['total']], [['story.created', 'story.changed'], 3]);
  t.match(first.body.data[1], { version: 2, data: { priority: 1 }, actor: { role: 'user' }, stream: { id } });
  t.match(first.body.data[0]?.['leaf_hash'], /^[0-9a-f]{64}$/);
  const rest = await say('GET', `/stories/${id}/history?limit=2&cursor=${first.body['next_cursor'] as string}`);
  t.strictSame(each(rest, 'type'), ['story.deleted']);
  const feed = await say('GET', `/changes?stream=story:${id}`);
  t.strictSame(feed.body.data, [...first.body.data, ...rest.body.data]);
});

test('a story that another one needs stays, and its own needs go with it', async (t) => {
  const { say, project, stories } = await planWork(await shareTestServer(t));
  const [first, second] = stories.map(({ id }) => `/stories/${id}`);
  await say('POST', `${second}/dependencies`, { body: { needs: stories[0]?.id } });
  const refused = await say('DELETE', `${first}`);
  t.strictSame([refused.status, refused.body.code], [409, 'story_has_dependents']);
  t.equal((await say('DELETE', `${second}`)).status, 204);
  t.strictSame((await say('GET', `/projects/${project.id}/dependencies`)).body.data, []);
  t.equal((await say('DELETE', `${first}`)).status, 204);
});

test('a story that did not change answers 304 to whoever has it', async (t) => {
  const { say, stories } = await planWork(await shareTestServer(t));
  const at = `/stories/${stories[0]?.id}`;
  const etag = (await say('GET', at)).headers.get('etag') ?? '';
  const again = await say('GET', at, { headers: { 'if-none-match': etag } });
  t.strictSame([again.status, again.text], [304, '']);
  await say('PATCH', at, { body: { priority: 1 } });
  t.equal((await say('GET', at, { headers: { 'if-none-match': etag } })).status, 200);
});
