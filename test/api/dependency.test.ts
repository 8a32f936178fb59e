import { test } from 'tap';
import { newId } from '../../kernel/id.ts';
import { shareTestServer } from '../support/server.ts';
import { each, planWork } from '../support/work-client.ts';

test('a dependency is answered as it is listed', async (t) => {
  const { say, project, stories } = await planWork(await shareTestServer(t));
  const [first, second] = stories;
  const added = await say('POST', `/stories/${second?.id}/dependencies`, { body: { needs: first?.id } });
  t.equal(added.status, 201);
  t.match(added.body, {
    version: 1,
    project_id: project.id,
    level: 'story',
    from: { id: second?.id, number: '1.2' },
    needs: { id: first?.id, number: '1.1' },
  });
  for (const path of [`/stories/${first?.id}`, `/stories/${second?.id}`, `/projects/${project.id}`]) {
    t.strictSame((await say('GET', `${path}/dependencies`)).body.data, [added.body], path);
  }
  const needed = await say('GET', `/stories/${first?.id}/dependencies?direction=needs`);
  t.strictSame(needed.body.data, []);
});

test('the graph of a project holds stories and epics, page by page', async (t) => {
  const { say, project, epics, stories } = await planWork(await shareTestServer(t));
  const ids = stories.map(({ id }) => id);
  await say('POST', `/stories/${ids[1]}/dependencies`, { body: { needs: ids[0] } });
  await say('POST', `/epics/${epics[1]?.id}/dependencies`, { body: { needs: epics[0]?.id } });
  await say('POST', `/stories/${ids[3]}/dependencies`, { body: { needs: ids[2] } });
  const list = `/projects/${project.id}/dependencies?limit=2&count=exact`;
  const page = await say('GET', list);
  t.strictSame([each(page, 'level'), page.body['total']], [['story', 'epic'], 3]);
  const rest = await say('GET', `${list}&cursor=${page.body['next_cursor'] as string}`);
  t.strictSame([each(rest, 'level'), rest.body['total'], rest.body['next_cursor']], [['story'], 3, null]);
  t.match(page.body.data[1], { from: { number: '2' }, needs: { number: '1' } });
});

test('a circle and a deadlock are refused with what waits for what', async (t) => {
  const { say, epics, stories } = await planWork(await shareTestServer(t));
  const ids = stories.map(({ id }) => id);
  await say('POST', `/stories/${ids[1]}/dependencies`, { body: { needs: ids[0] } });
  const circle = await say('POST', `/stories/${ids[0]}/dependencies`, { body: { needs: ids[1] } });
  t.strictSame([circle.status, circle.body.code], [409, 'dependency_cycle']);
  t.match(circle.body['cycle'], [{ number: '1.1' }, { number: '1.2' }, { number: '1.1' }]);
  await say('POST', `/epics/${epics[1]?.id}/dependencies`, { body: { needs: epics[0]?.id } });
  const deadlock = await say('POST', `/stories/${ids[0]}/dependencies`, { body: { needs: ids[2] } });
  t.strictSame([deadlock.status, deadlock.body.code], [409, 'dependency_deadlock']);
  t.match(deadlock.body['cycle'], [
    { level: 'story', number: '1.1' },
    { level: 'story', number: '2.1' },
    { level: 'epic', number: '2' },
    { level: 'epic', number: '1' },
    { level: 'story', number: '1.1' },
  ]);
});

test('a dependency is removed by its id, and by what is needed', async (t) => {
  const { say, project, epics, stories } = await planWork(await shareTestServer(t));
  const at = `/stories/${stories[1]?.id}/dependencies`;
  const added = await say('POST', at, { body: { needs: stories[0]?.id } });
  t.strictSame((await say('DELETE', `${at}/${added.body.id}`)).status, 204);
  t.equal((await say('DELETE', `${at}/${added.body.id}`)).body.code, 'dependency_not_found');
  await say('POST', `/epics/${epics[1]?.id}/dependencies`, { body: { needs: epics[0]?.id } });
  t.equal((await say('DELETE', `/epics/${epics[1]?.id}/dependencies/${epics[0]?.id}`)).status, 204);
  t.strictSame((await say('GET', `/projects/${project.id}/dependencies`)).body.data, []);
});

test('a repeated addition is answered as the first one, also after the story is gone', async (t) => {
  const { say, stories } = await planWork(await shareTestServer(t));
  const add = () =>
    say('POST', `/stories/${stories[1]?.id}/dependencies`, {
      body: { needs: stories[0]?.id },
      headers: { 'idempotency-key': 'add' },
    });
  const first = await add();
  t.strictSame((await add()).body, first.body);
  await say('DELETE', `/stories/${stories[1]?.id}`);
  const replayed = await add();
  t.strictSame([replayed.status, replayed.body], [201, first.body]);
  t.equal(replayed.headers.get('idempotency-replayed'), 'true');
});

test('dependencies reach neither into another project nor into another tenant', async (t) => {
  const server = await shareTestServer(t);
  const [mine, theirs] = [await planWork(server), await planWork(server)];
  const other = await mine.say('POST', '/projects', { body: { name: 'Other', slug: 'other' } });
  const epic = await mine.say('POST', `/projects/${other.body.id}/epics`, { body: { title: 'E' } });
  const at = `/epics/${mine.epics[0]?.id}/dependencies`;
  const foreign = await mine.say('POST', at, { body: { needs: epic.body.id } });
  t.strictSame([foreign.status, foreign.body.code], [422, 'dependency_foreign_project']);
  for (const needs of [theirs.epics[0]?.id, newId()]) {
    t.equal((await mine.say('POST', at, { body: { needs } })).body.code, 'epic_not_found');
  }
  const reaching = await mine.say('POST', `/epics/${theirs.epics[1]?.id}/dependencies`, {
    body: { needs: theirs.epics[0]?.id },
  });
  t.equal(reaching.body.code, 'epic_not_found');
  t.equal((await mine.say('GET', `/stories/${theirs.stories[0]?.id}/dependencies`)).body.code, 'story_not_found');
});

test('an orchestrator plans dependencies, an agent only reads them', async (t) => {
  const { say, epics, orchestratorKey, agentKey } = await planWork(await shareTestServer(t));
  const at = `/epics/${epics[1]?.id}/dependencies`;
  const body = { needs: epics[0]?.id };
  t.equal((await say('POST', at, { key: agentKey, body })).body.code, 'role_forbidden');
  const added = await say('POST', at, { key: orchestratorKey, body });
  t.equal(added.status, 201);
  t.strictSame((await say('GET', at, { key: agentKey })).body.data, [added.body]);
  t.equal((await say('DELETE', `${at}/${added.body.id}`, { key: agentKey })).body.code, 'role_forbidden');
  t.equal((await say('DELETE', `${at}/${added.body.id}`, { key: orchestratorKey })).status, 204);
});

test('ready and blocked follow the dependencies, and blocked stories name what they wait for', async (t) => {
  const { say, project, epics, stories } = await planWork(await shareTestServer(t));
  await say('POST', `/stories/${stories[1]?.id}/dependencies`, { body: { needs: stories[0]?.id } });
  await say('POST', `/epics/${epics[1]?.id}/dependencies`, { body: { needs: epics[0]?.id } });
  for (const scope of ['', `/projects/${project.id}`]) {
    const ready = await say('GET', `${scope}/stories/ready`);
    t.strictSame(each(ready, 'number'), ['1.1']);
    t.strictSame(ready.body.data[0], (await say('GET', `/stories/${stories[0]?.id}`)).body);
    const blocked = await say('GET', `${scope}/stories/blocked?count=exact`);
    t.strictSame([each(blocked, 'number'), blocked.body['total']], [['1.2', '2.1', '2.2'], 3]);
    t.strictSame(blocked.body.data[0]?.['blockers'], [
      { level: 'story', id: stories[0]?.id, number: '1.1', title: 'Launch 1', status: 'active' },
    ]);
    t.strictSame(blocked.body.data[1]?.['blockers'], [
      { level: 'epic', id: epics[0]?.id, number: '1', title: 'Launch', status: 'active' },
    ]);
  }
  await say('POST', `/stories/${stories[0]?.id}/archive`);
  t.strictSame(each(await say('GET', '/stories/ready'), 'number'), []);
  const [first] = (await say('GET', '/stories/blocked')).body.data;
  t.match(first?.['blockers'], [{ number: '1.1', status: 'archived' }]);
});

test('the blockers of a story are stories by number, then epics by number', async (t) => {
  const { say, project, epics, stories } = await planWork(await shareTestServer(t));
  const blocked = `/stories/${stories[2]?.id}/dependencies`;
  for (const number of ['1.10', '1.9']) {
    const made = await say('POST', `/epics/${epics[0]?.id}/stories`, { body: { title: number, number } });
    await say('POST', blocked, { body: { needs: made.body.id } });
  }
  for (const number of [10, 9]) {
    const made = await say('POST', `/projects/${project.id}/epics`, { body: { title: 'E', number } });
    await say('POST', `/epics/${epics[1]?.id}/dependencies`, { body: { needs: made.body.id } });
  }
  const [first] = (await say('GET', '/stories/blocked')).body.data;
  const numbers = ((first?.['blockers'] ?? []) as { number: string }[]).map(({ number }) => number);
  t.strictSame(numbers, ['1.9', '1.10', '9', '10']);
});
