import { test } from 'tap';
import { shareTestServer } from '../support/server.ts';
import { each, planWork } from '../support/work-client.ts';

test('an epic is shown as its commands answered, from creation to deletion', async (t) => {
  const { say, project } = await planWork(await shareTestServer(t));
  const created = await say('POST', `/projects/${project.id}/epics`, { body: { title: 'Dock', description: 'Later' } });
  t.match(created.body, { number: 3, title: 'Dock', description: 'Later', project_id: project.id, status: 'active' });
  const at = `/epics/${created.body.id}`;
  t.equal(created.headers.get('location'), `/api/v1${at}`);
  t.strictSame((await say('GET', at)).body, created.body);
  t.match((await say('PATCH', at, { body: { title: 'Undock' } })).body, { version: 2, title: 'Undock' });
  const archived = await say('POST', `${at}/archive`);
  t.match(archived.body, { version: 3, status: 'archived' });
  t.strictSame((await say('GET', at)).body, archived.body);
  t.match((await say('POST', `${at}/restore`)).body, { version: 4, status: 'active' });
  t.equal((await say('DELETE', at)).status, 204);
  t.equal((await say('GET', at)).body.code, 'epic_not_found');
});

test('epics are listed by number, and 10 comes after 9', async (t) => {
  const { say, project } = await planWork(await shareTestServer(t));
  for (const number of [10, 9]) await say('POST', `/projects/${project.id}/epics`, { body: { title: 'E', number } });
  const list = `/projects/${project.id}/epics`;
  t.strictSame(each(await say('GET', list), 'number'), [1, 2, 9, 10]);
  const page = await say('GET', `${list}?limit=3&count=exact`);
  t.strictSame([each(page, 'number'), page.body['total']], [[1, 2, 9], 4]);
  const rest = await say('GET', `${list}?limit=3&cursor=${page.body['next_cursor'] as string}`);
  t.strictSame([each(rest, 'number'), rest.body['next_cursor']], [[10], null]);
});

test('an archived epic is only listed for those who ask', async (t) => {
  const { say, project, epics } = await planWork(await shareTestServer(t));
  await say('POST', `/epics/${epics[0]?.id}/archive`);
  const list = `/projects/${project.id}/epics`;
  t.strictSame(each(await say('GET', list), 'number'), [2]);
  t.strictSame(each(await say('GET', `${list}?status=archived`), 'number'), [1]);
  t.strictSame(each(await say('GET', `${list}?status=all`), 'number'), [1, 2]);
});

test('an epic that holds stories or is needed stays', async (t) => {
  const { say, epics, stories } = await planWork(await shareTestServer(t));
  const [first, second] = epics.map(({ id }) => `/epics/${id}`);
  t.equal((await say('DELETE', `${first}`)).body.code, 'epic_not_empty');
  await say('POST', `${second}/dependencies`, { body: { needs: epics[0]?.id } });
  for (const { id } of stories.slice(0, 2)) t.equal((await say('DELETE', `/stories/${id}`)).status, 204);
  const refused = await say('DELETE', `${first}`);
  t.strictSame([refused.status, refused.body.code], [409, 'epic_has_dependents']);
  t.match(refused.body['dependents'], [{ level: 'epic', number: '2' }]);
});

test('an agent reads epics and changes none', async (t) => {
  const { say, project, epics, agentKey: key } = await planWork(await shareTestServer(t));
  t.equal((await say('GET', `/epics/${epics[0]?.id}`, { key })).status, 200);
  const refused = await say('POST', `/projects/${project.id}/epics`, { key, body: { title: 'Mine' } });
  t.strictSame([refused.status, refused.body.code], [403, 'role_forbidden']);
});
