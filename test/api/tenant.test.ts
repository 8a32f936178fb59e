import { test } from 'tap';
import { startTestServer } from '../support/server.ts';

test('a tenant is shown to all of its keys and changed by its users', async (t) => {
  const { say, found } = await startTestServer(t);
  const { tenantId, userKey, orchestratorKey, agentKey } = await found();
  for (const key of [userKey, orchestratorKey, agentKey]) {
    const { status, body, headers } = await say('GET', '/api/v1/tenant', { key });
    t.equal(status, 200);
    t.match(body, { id: tenantId, name: 'Tenant 1', slug: 'tenant-1', status: 'active', version: 1 });
    t.match(headers.get('loopledger-position'), /^\d+$/);
  }
  const change = { body: { name: 'Zenith' } };
  t.equal((await say('PATCH', '/api/v1/tenant', { key: orchestratorKey, ...change })).body.code, 'role_forbidden');
  const changed = await say('PATCH', '/api/v1/tenant', { key: userKey, ...change, headers: { 'if-match': '"v1"' } });
  t.match(changed, { status: 200, body: { name: 'Zenith', slug: 'tenant-1', version: 2 } });
  t.strictSame((await say('GET', '/api/v1/tenant', { key: agentKey })).body, changed.body);
  const stale = await say('PATCH', '/api/v1/tenant', { key: userKey, ...change, headers: { 'if-match': '"v1"' } });
  t.match(stale, { status: 412, body: { code: 'version_conflict', current_version: 2 } });
});

test('a tenant never shows anything of another one', async (t) => {
  const { say, found } = await startTestServer(t);
  const one = await found();
  const other = await found();
  const { body } = await say('GET', '/api/v1/agents', { key: other.userKey });
  t.equal(body.data.length, 1);
  t.not(body.data[0]?.id, one.agentId);
  const paths = [`/api/v1/agents/${one.agentId}`];
  const keys = await say('GET', '/api/v1/keys', { key: one.userKey });
  for (const { id } of keys.body.data) paths.push(`/api/v1/keys/${id}`);
  const made = { name: 'x', role: 'agent', agent_id: one.agentId };
  t.match(await say('POST', '/api/v1/keys', { key: other.userKey, body: made }), { status: 404 });
  for (const path of paths) {
    const missing = path.replace(/.{12}$/, '000000000000');
    for (const method of ['GET', 'DELETE']) {
      const [foreign, nobody] = await Promise.all([path, missing].map((at) => say(method, at, { key: other.userKey })));
      t.equal(foreign?.status, 404);
      t.equal(nobody?.status, 404);
      t.equal(foreign?.body.code, nobody?.body.code);
    }
  }
  t.equal((await say('GET', '/api/v1/whoami', { key: one.userKey })).status, 200);
});

test('a caller learns who it is', async (t) => {
  const { say, found } = await startTestServer(t);
  const { tenantId, agentId, userKey, agentKey } = await found();
  const tenant = { id: tenantId, name: 'Tenant 1', slug: 'tenant-1' };
  const user = await say('GET', '/api/v1/whoami', { key: userKey });
  t.match(user.body, { role: 'user', agent: null, tenant });
  t.match(user.body['key'], { prefix: userKey.slice(0, 12), name: 'First key', expires_at: null });
  const agent = await say('GET', '/api/v1/whoami', { key: agentKey });
  t.match(agent.body, { role: 'agent', agent: { id: agentId, name: 'worker' }, tenant });
  t.equal((await say('GET', '/api/v1/whoami')).status, 401);
});
