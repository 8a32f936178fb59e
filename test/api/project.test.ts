import { test } from 'tap';
import { newId } from '../../kernel/id.ts';
import { type Heard, shareTestServer } from '../support/server.ts';
import { each } from '../support/work-client.ts';

const positionOf = ({ headers }: Heard): number => Number(headers.get('loopledger-position'));

test('a project is created, shown, changed, archived, restored and deleted', async (t) => {
  const server = await shareTestServer(t);
  const { userKey: key, authenticator: stepUp } = await server.found();
  const say = (method: string, path: string, body?: unknown) =>
    server.say(method, `/api/v1/projects${path}`, { key, ...(body === undefined ? {} : { body }) });
  const remove = (path: string) => server.say('DELETE', `/api/v1/projects${path}`, { key, stepUp });
  const created = await say('POST', '', { name: 'Orbit', slug: 'orbit' });
  t.equal(created.status, 201);
  t.match(created.body, { version: 1, name: 'Orbit', slug: 'orbit', description: '', status: 'active' });
  const at = `/${created.body.id}`;
  t.equal(created.headers.get('location'), `/api/v1/projects${at}`);
  t.strictSame((await say('GET', at)).body, created.body);
  const changed = await say('PATCH', at, { name: 'Orbit 2' });
  t.match(changed.body, { version: 2, name: 'Orbit 2', created_at: created.body['created_at'] });
  t.strictSame((await say('GET', at)).body, changed.body);
  t.match((await say('POST', `${at}/archive`)).body, { version: 3, status: 'archived' });
  t.equal((await say('PATCH', at, { name: 'Orbit 3' })).body.code, 'project_archived');
  t.match((await say('POST', `${at}/restore`)).body, { version: 4, status: 'active' });
  t.equal((await say('DELETE', at)).body.code, 'step_up_required');
  const deleted = await remove(at);
  t.strictSame([deleted.status, deleted.text], [204, '']);
  t.equal(positionOf(deleted) - positionOf(created), 5, 'the use of the authenticator is written down too');
  t.strictSame([(await say('GET', at)).status, (await remove(at)).status], [404, 404]);
});

test('a project that was made with an idempotency key is made once', async (t) => {
  const server = await shareTestServer(t);
  const { userKey: key } = await server.found();
  const create = () =>
    server.say('POST', '/api/v1/projects', {
      key,
      body: { name: 'Orbit', slug: 'orbit' },
      headers: { 'idempotency-key': 'one' },
    });
  const [first, second] = [await create(), await create()];
  t.strictSame([second.status, second.body], [201, first.body]);
  t.equal(second.headers.get('idempotency-replayed'), 'true');
  t.equal(second.headers.get('location'), first.headers.get('location'));
});

test('a deletion that is repeated with its idempotency key is answered as it was', async (t) => {
  const server = await shareTestServer(t);
  const { userKey: key, authenticator: stepUp } = await server.found();
  const { body } = await server.say('POST', '/api/v1/projects', { key, body: { name: 'Orbit', slug: 'orbit' } });
  const headers = { 'idempotency-key': 'gone' };
  const remove = () => server.say('DELETE', `/api/v1/projects/${body.id}`, { key, stepUp, headers });
  const [first, second] = [await remove(), await remove()];
  t.strictSame([first.status, second.status, second.text], [204, 204, '']);
  t.equal(second.headers.get('idempotency-replayed'), 'true');
});

test('a stale If-Match changes nothing and tells the version that is there', async (t) => {
  const server = await shareTestServer(t);
  const { userKey: key } = await server.found();
  const { body } = await server.say('POST', '/api/v1/projects', { key, body: { name: 'Orbit', slug: 'orbit' } });
  const change = (version: number) =>
    server.say('PATCH', `/api/v1/projects/${body.id}`, {
      key,
      body: { name: `Orbit ${version}` },
      headers: { 'if-match': `"v${version}"` },
    });
  t.equal((await change(1)).status, 200);
  const stale = await change(1);
  t.strictSame([stale.status, stale.body.code, stale.body['current_version']], [412, 'version_conflict', 2]);
});

test('projects are listed in the order of their creation, by status and by slug', async (t) => {
  const server = await shareTestServer(t);
  const { userKey: key } = await server.found();
  const say = (method: string, path: string, body?: unknown) =>
    server.say(method, `/api/v1/projects${path}`, { key, ...(body === undefined ? {} : { body }) });
  const ids: string[] = [];
  for (const slug of ['c', 'a', 'b']) ids.push((await say('POST', '', { name: slug, slug })).body.id);
  await say('POST', `/${ids[1]}/archive`);
  t.strictSame(each(await say('GET', ''), 'slug'), ['c', 'b']);
  t.strictSame(each(await say('GET', '?status=archived'), 'slug'), ['a']);
  t.strictSame(each(await say('GET', '?status=all'), 'slug'), ['c', 'a', 'b']);
  t.strictSame(each(await say('GET', '?slug=b'), 'slug'), ['b']);
  const page = await say('GET', '?status=all&limit=2&count=exact');
  t.strictSame([each(page, 'slug'), page.body['total']], [['c', 'a'], 3]);
  const cursor = page.body['next_cursor'] as string;
  t.match(page.headers.get('link'), `cursor=${cursor}`);
  const rest = await say('GET', `?status=all&limit=2&cursor=${cursor}`);
  t.strictSame([each(rest, 'slug'), rest.body['next_cursor']], [['b'], null]);
  t.equal((await say('GET', `?status=archived&cursor=${cursor}`)).body.code, 'cursor_invalid');
});

test('the slug of a deleted project is free again, and that of an archived one is not', async (t) => {
  const server = await shareTestServer(t);
  const { userKey: key, authenticator: stepUp } = await server.found();
  const say = (method: string, path: string, body?: unknown) =>
    server.say(method, `/api/v1/projects${path}`, { key, ...(body === undefined ? {} : { body }) });
  const first = await say('POST', '', { name: 'One', slug: 'one' });
  await say('POST', `/${first.body.id}/archive`);
  t.equal((await say('POST', '', { name: 'Two', slug: 'one' })).body.code, 'project_slug_taken');
  await server.say('DELETE', `/api/v1/projects/${first.body.id}`, { key, stepUp });
  t.equal((await say('POST', '', { name: 'Two', slug: 'one' })).status, 201);
});

test('the project of another tenant is like one that does not exist', async (t) => {
  const server = await shareTestServer(t);
  const [mine, other] = [await server.found(), await server.found()];
  const { body } = await server.say('POST', '/api/v1/projects', { key: mine.userKey, body: { name: 'O', slug: 'o' } });
  const attempts = [
    ['GET', ''],
    ['PATCH', '', { name: 'x' }],
    ['DELETE', ''],
    ['POST', '/archive'],
    ['GET', '/epics'],
    ['POST', '/epics', { title: 'x' }],
    ['GET', '/stories'],
    ['GET', '/stories/ready'],
    ['GET', '/stories/blocked'],
    ['GET', '/dependencies'],
  ] as const;
  for (const [method, path, sent] of attempts) {
    const answers: Heard[] = [];
    // One after the other: an authenticator counts.
    for (const id of [body.id, newId()]) {
      const said = {
        key: other.userKey,
        ...(method === 'DELETE' ? { stepUp: other.authenticator } : {}),
        ...(sent === undefined ? {} : { body: sent }),
      };
      answers.push(await server.say(method, `/api/v1/projects/${id}${path}`, said));
    }
    const [theirs, none] = answers.map(({ status, body: { code, detail } }) => [status, code, detail]);
    t.strictSame(theirs, none, `${method} ${path}`);
    t.equal(theirs?.[1], 'project_not_found', `${method} ${path}`);
  }
});
