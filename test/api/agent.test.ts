import { test } from 'tap';
import { startTestServer } from '../support/server.ts';

const url = '/api/v1/agents';

test('an agent is created, read, changed and deleted over HTTP', async (t) => {
  const { say, found } = await startTestServer(t);
  const { userKey: key, orchestratorKey } = await found();
  const made = await say('POST', url, { key: orchestratorKey, body: { name: 'scout' } });
  t.match(made, { status: 201, body: { name: 'scout', description: '', status: 'active', version: 1 } });
  const one = `${url}/${made.body.id}`;
  t.equal(made.headers.get('location'), one);
  t.strictSame((await say('GET', one, { key })).body, made.body);
  const body = { name: 'finder', description: 'Finds "things".' };
  const changed = await say('PATCH', one, { key: orchestratorKey, body });
  t.match(changed, { status: 200, body: { ...body, version: 4 } });
  t.equal(changed.headers.get('etag'), '"v4"');
  t.strictSame((await say('GET', one, { key })).body, changed.body);
  t.equal((await say('POST', url, { key, body: { name: 'finder' } })).body.code, 'agent_name_taken');
  t.equal((await say('DELETE', one, { key: orchestratorKey })).body.code, 'role_forbidden');
  t.match(await say('DELETE', one, { key }), { status: 204, text: '' });
  t.match(await say('GET', one, { key }), { status: 404, body: { code: 'agent_not_found' } });
  t.equal((await say('POST', url, { key, body: { name: 'finder' } })).status, 201);
});

test('an archived agent loses its keys at once and gets them back when it is restored', async (t) => {
  const { say, found } = await startTestServer(t);
  const { userKey: key, agentKey, orchestratorKey, agentId } = await found();
  const status = async (secret: string) => (await say('GET', '/api/v1/whoami', { key: secret })).status;
  t.equal(await status(agentKey), 200);
  const archived = await say('POST', `${url}/${agentId}/archive`, { key });
  t.match(archived, { status: 200, body: { status: 'archived' } });
  t.same(await Promise.all([agentKey, orchestratorKey, key].map(status)), [401, 401, 200]);
  const { body } = await say('GET', `/api/v1/keys?agent_id=${agentId}`, { key });
  t.same(
    body.data.map((one) => one['status']),
    ['suspended', 'suspended'],
  );
  t.equal((await say('PATCH', `${url}/${agentId}`, { key, body: { name: 'x' } })).body.code, 'agent_archived');
  t.equal((await say('POST', `${url}/${agentId}/restore`, { key })).status, 200);
  t.same(await Promise.all([agentKey, orchestratorKey].map(status)), [200, 200]);
  t.equal((await say('DELETE', `${url}/${agentId}`, { key })).status, 204);
  t.same(await Promise.all([agentKey, orchestratorKey, key].map(status)), [401, 401, 200]);
});

test('agents are listed page by page, without the archived ones unless they are asked for', async (t) => {
  const { say, found } = await startTestServer(t);
  const { userKey: key, agentId, agentKey } = await found();
  const names = ['worker', 'b', 'a', 'd', 'c'];
  for (const name of names.slice(1)) await say('POST', url, { key, body: { name } });
  const seen: unknown[] = [];
  let path: string | null = `${url}?limit=2&count=exact`;
  for (let pages = 1; path !== null; pages += 1) {
    const { body, headers } = await say('GET', path, { key: agentKey });
    seen.push(...body.data.map(({ name }) => name));
    t.equal(body['total'], 5);
    t.equal(body['next_cursor'] === null, headers.get('link') === null);
    path = body['next_cursor'] === null ? null : `${url}?limit=2&count=exact&cursor=${body['next_cursor'] as string}`;
    if (path === null) t.equal(pages, 3);
  }
  t.same(seen, names);
  await say('POST', `${url}/${agentId}/archive`, { key });
  const count = async (query: string) => (await say('GET', url + query, { key })).body.data.length;
  t.same(await Promise.all(['', '?status=archived', '?status=all', '?name=a', '?name=A'].map(count)), [4, 1, 5, 1, 0]);
});
