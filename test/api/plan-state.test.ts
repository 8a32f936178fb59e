import { test } from 'tap';
import { startTestServer } from '../support/server.ts';
import { each, planWork } from '../support/work-client.ts';

test('a state is kept in versions under its key, and every one of them can be read', async (t) => {
  const { say, project, orchestratorKey } = await planWork(await startTestServer(t));
  const list = `/projects/${project.id}/checkpoints`;
  const place = `${list}/wave.planner`;
  const save = (state: unknown, headers = {}) => say('PUT', place, { key: orchestratorKey, body: { state }, headers });
  const first = await save({ wave: 1, open: ['1.2', { deep: [null, 'ü'] }] });
  t.match(first, { status: 200, body: { key: 'wave.planner', version: 1, project_id: project.id } });
  t.strictSame((await say('GET', place)).body, first.body);
  t.equal((await say('GET', place)).headers.get('etag'), '"v1"');
  t.equal((await save({ open: ['1.2', { deep: [null, 'ü'] }], wave: 1 })).body.version, 1);
  const stale = await save({ wave: 3 }, { 'if-match': '"v7"' });
  t.strictSame([stale.status, stale.body.code], [412, 'version_conflict']);
  t.equal((await save({ wave: 2 }, { 'if-match': '"v1"' })).body.version, 2);
  t.equal((await say('DELETE', place)).status, 204);
  t.equal((await say('GET', place)).body.code, 'plan_state_not_found');
  t.strictSame((await say('GET', list)).body.data, []);
  t.equal((await save({ wave: 4 })).body.version, 4);
  const page = await say('GET', `${place}/versions?limit=3&count=exact`);
  t.strictSame(
    [each(page, 'version'), each(page, 'deleted'), page.body['total']],
    [[1, 2, 3], [false, false, true], 4],
  );
  const rest = await say('GET', `${place}/versions?limit=3&cursor=${page.body['next_cursor'] as string}`);
  t.strictSame(each(rest, 'version'), [4]);
  t.strictSame((await say('GET', `${place}/versions/1`)).body['state'], first.body['state']);
  t.equal((await say('GET', `${place}/versions/3`)).body['state'], null);
  t.equal((await say('GET', `${place}/versions/5`)).body.code, 'plan_state_not_found');
  t.match((await say('GET', list)).body.data, [{ key: 'wave.planner', version: 4, bytes: 10 }]);
});

test('two who save under a new key at once meet in one history', async (t) => {
  const { say, project } = await planWork(await startTestServer(t));
  const place = `/projects/${project.id}/checkpoints/race`;
  const saved = await Promise.all([1, 2, 3, 4].map((wave) => say('PUT', place, { body: { state: { wave } } })));
  t.strictSame(
    saved.map(({ body }) => body.version).sort((one, other) => one - other),
    [1, 2, 3, 4],
  );
  t.equal((await say('GET', place)).body.version, 4);
});

test('another tenant and another project see nothing of it', async (t) => {
  const server = await startTestServer(t);
  const { say, project } = await planWork(server);
  const other = await server.found();
  await say('PUT', `/projects/${project.id}/checkpoints/planner`, { body: { state: {} } });
  for (const path of ['', '/planner', '/planner/versions', '/planner/versions/1']) {
    const got = await server.say('GET', `/api/v1/projects/${project.id}/checkpoints${path}`, { key: other.userKey });
    t.equal(got.status, 404, path);
  }
  const { body } = await say('POST', '/projects', { body: { name: 'Other', slug: 'other' } });
  t.equal((await say('GET', `/projects/${body.id}/checkpoints/planner`)).status, 404);
});
