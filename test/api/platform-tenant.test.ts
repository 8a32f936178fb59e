import { test } from 'tap';
import { grantKey, revokeKey } from '../../commands/key.ts';
import { createStory } from '../../commands/story.ts';
import { platformId, systemActor } from '../../kernel/actor.ts';
import { newId } from '../../kernel/id.ts';
import { newKey } from '../../kernel/secret.ts';
import { codeOfRefusal, openLedgerOn, request } from '../support/ledger.ts';
import { administer } from '../support/database.ts';
import { type Body, startTestServer, type TestServer } from '../support/server.ts';

async function grant({ ledger }: TestServer): Promise<{ readonly key: string; readonly keyId: string }> {
  const { secret, hash, prefix } = newKey('live');
  const keyId = newId();
  const command = { key_id: keyId, name: 'Ada', prefix, secret_hash: hash.toString('hex') };
  await ledger.execute(request(platformId, grantKey, command, { actor: systemActor }));
  return { key: secret, keyId };
}

test('a key of the platform acts in the tenant that a request names, and the events say so', async (t) => {
  const server = await startTestServer(t);
  const [one, other] = [await server.found(), await server.found()];
  const { key, keyId } = await grant(server);
  const headers = { 'loopledger-tenant': one.tenantId };
  const made = await server.say('POST', '/api/v1/projects', { key, headers, body: { name: 'Help', slug: 'help' } });
  t.equal(made.status, 201, made.text);
  const seen = await server.say('GET', `/api/v1/projects/${made.body.id}`, { key: one.userKey });
  t.equal(seen.status, 200);
  t.equal((await server.say('GET', `/api/v1/projects/${made.body.id}`, { key: other.userKey })).status, 404);
  const changes = await server.say('GET', '/api/v1/changes?types=project.created', { key: one.userKey });
  t.match(changes.body.data[0], { actor: { role: 'superadmin', key_id: keyId, impersonating: true } });
  const line = server.logged
    .map((text) => JSON.parse(text) as Body)
    .find(({ operation }) => operation === 'createProject');
  t.match(line, { tenant_id: one.tenantId, key_id: keyId, impersonating: true });
});

test('a key of the platform says in which tenant it acts, and no other key may', async (t) => {
  const server = await startTestServer(t);
  const [one, other] = [await server.found(), await server.found()];
  const { key } = await grant(server);
  const ask = async (said: { readonly key: string; readonly tenant?: string }) => {
    const headers = said.tenant === undefined ? {} : { 'loopledger-tenant': said.tenant };
    const { status, body } = await server.say('GET', '/api/v1/agents', { key: said.key, headers });
    return status === 200 ? body.data.length : `${status} ${body.code}`;
  };
  t.equal(await ask({ key }), '400 tenant_header_missing');
  t.equal(await ask({ key, tenant: 'x' }), '400 header_invalid');
  t.equal(await ask({ key, tenant: newId() }), '404 tenant_not_found');
  t.equal(await ask({ key, tenant: platformId }), '404 tenant_not_found');
  t.equal(await ask({ key, tenant: one.tenantId }), 1);
  t.equal(await ask({ key: one.userKey, tenant: one.tenantId }), 1);
  t.equal(await ask({ key: one.userKey, tenant: other.tenantId }), '403 tenant_header_foreign');
  t.equal(await ask({ key: one.userKey, tenant: platformId }), '403 tenant_header_foreign');
});

test('a key of the platform suspends and activates tenants, and stops when it is revoked', async (t) => {
  const server = await startTestServer(t);
  const { tenantId, userKey } = await server.found();
  const { key, keyId } = await grant(server);
  const act = (name: string, by = key) =>
    server.say('POST', `/api/v1/platform/tenants/${tenantId}/${name}`, { key: by });
  t.equal((await act('suspend', userKey)).body.code, 'role_forbidden');
  t.match(await act('suspend'), { status: 200, body: { id: tenantId, status: 'suspended' } });
  t.equal((await server.say('GET', '/api/v1/tenant', { key: userKey })).status, 401);
  t.match(await act('activate'), { status: 200, body: { status: 'active' } });
  const unknown = await server.say('POST', `/api/v1/platform/tenants/${newId()}/suspend`, { key });
  t.equal(unknown.body.code, 'tenant_not_found');
  await server.ledger.execute(request(platformId, revokeKey, { key_id: keyId }, { actor: systemActor }));
  server.server.api.authenticator.distrust(platformId);
  t.equal((await act('suspend')).status, 401);
});

test('no tenant holds a key of the platform, whoever writes it', async (t) => {
  const server = await startTestServer(t);
  const { tenantId, userKey } = await server.found();
  const body = { name: 'root', role: 'superadmin' };
  t.equal((await server.say('POST', '/api/v1/keys', { key: userKey, body })).body.code, 'body_invalid');
  const { hash, prefix } = newKey('live');
  const command = { key_id: newId(), name: 'root', prefix, secret_hash: hash.toString('hex') };
  t.match(
    await codeOfRefusal(server.ledger.execute(request(tenantId, grantKey, command, { actor: systemActor }))),
    /granted by the server/,
  );
  const insert = `insert into platform.key_hashes (key_hash, tenant_id, key_id, role, active) values ($1, $2, $3, 'superadmin', true)`;
  const planted = administer(server.urls.adminUrl, (client) => client.query(insert, [hash, tenantId, newId()]));
  await t.rejects(planted, { code: '23514', constraint: 'key_hashes_superadmin' });
});

test('a quota that the platform sets holds for single stories and for imports, also in another process', async (t) => {
  const server = await startTestServer(t);
  const { tenantId, userKey, orchestratorKey } = await server.found();
  const { key } = await grant(server);
  const place = `/api/v1/platform/tenants/${tenantId}/quotas`;
  const body = { max_stories: 3, max_dispatches: null };
  t.equal((await server.say('PUT', place, { key: userKey, body })).body.code, 'role_forbidden');
  t.equal((await server.say('PUT', place, { key, body: { max_stories: 3 } })).body.code, 'body_invalid');
  const said = await server.say('PUT', place, { key, body });
  t.match(said, { status: 200, body: { quotas: { ...body, requests_per_key: null } } });
  t.match((await server.say('GET', '/api/v1/tenant', { key: userKey })).body, { quotas: body });
  const project = await server.say('POST', '/api/v1/projects', { key: userKey, body: { name: 'P', slug: 'p' } });
  const plan = (stories: number) => ({
    epics: [{ title: 'E', stories: Array.from({ length: stories }, (_, at) => ({ title: `S${at}` })) }],
  });
  const take = (stories: number) =>
    server.say('POST', `/api/v1/projects/${project.body.id}/import`, { key: orchestratorKey, body: plan(stories) });
  const refused = await take(4);
  t.match(refused.body['errors'], [{ pointer: '/epics/0/stories/3', code: 'story_quota_reached' }]);
  const taken = await take(3);
  t.equal(taken.status, 200);
  const [epic] = taken.body['created'] as Body[];
  const one = { epic_id: String(epic?.id), story_id: newId(), title: 'One more' };
  const more = await server.say('POST', `/api/v1/epics/${one.epic_id}/stories`, { key: userKey, body: { title: 'x' } });
  t.equal(more.body.code, 'story_quota_reached');
  const { ledger } = openLedgerOn(t, server.urls.appUrl);
  t.equal(await codeOfRefusal(ledger.execute(request(tenantId, createStory, one))), 'story_quota_reached');
});

test('the platform sees its tenants page by page, with what they may have and what they hold', async (t) => {
  const server = await startTestServer(t);
  const founded = [await server.found(), await server.found(), await server.found()];
  const { key } = await grant(server);
  const place = '/api/v1/platform/tenants';
  t.equal((await server.say('GET', place, { key: founded[0]?.userKey ?? '' })).body.code, 'role_forbidden');
  await server.say('POST', `${place}/${founded[1]?.tenantId}/suspend`, { key });
  const seen: Body[] = [];
  let path: string | null = `${place}?limit=2&count=exact`;
  while (path !== null) {
    const { status, body, text } = await server.say('GET', path, { key });
    t.equal(status, 200, text);
    t.ok(body.data.length <= 2);
    t.equal(body['total'], 3);
    seen.push(...body.data);
    path = body['next_cursor'] === null ? null : `${place}?limit=2&count=exact&cursor=${body['next_cursor'] as string}`;
  }
  t.same(
    seen.map(({ id, status }) => [id, status]),
    founded.map(({ tenantId }, at) => [tenantId, at === 1 ? 'suspended' : 'active']),
  );
  for (const cursor of ['AAAA', 'x'.repeat(80)]) {
    t.equal((await server.say('GET', `${place}?cursor=${cursor}`, { key })).body.code, 'cursor_invalid');
  }
  const [first] = seen;
  t.match(first, { slug: 'tenant-1', counts: { stories: 0, active_dispatches: 0, agents: 1 }, quotas: {} });
  t.ok(Number(first?.['position']) > 0);
});

test('a key of the platform is told who it is, with and without a tenant', async (t) => {
  const server = await startTestServer(t);
  const { tenantId } = await server.found();
  const { key, keyId } = await grant(server);
  const alone = await server.say('GET', '/api/v1/whoami', { key });
  t.match(alone, {
    status: 200,
    body: { role: 'superadmin', key: { id: keyId, name: 'Ada' }, next_actions: [{ action: 'list_tenants' }] },
  });
  t.equal(alone.body['tenant'], null);
  const [action] = alone.body['next_actions'] as { path: string }[];
  t.equal((await server.say('GET', String(action?.path), { key })).body.data.length, 1);
  const acting = await server.say('GET', '/api/v1/whoami', { key, headers: { 'loopledger-tenant': tenantId } });
  t.match(acting, { status: 200, body: { role: 'superadmin', key: { id: keyId }, tenant: { id: tenantId } } });
  t.match(JSON.stringify(acting.body['next_actions']), 'create_project');
});

test('the platform says how often a tenant may ask, and every process keeps to it', async (t) => {
  const server = await startTestServer(t);
  const [{ tenantId, userKey, agentKey }, other] = [await server.found(), await server.found()];
  const { key } = await grant(server);
  const beside = await startTestServer(t, {}, server.urls);
  const say = (body: object) =>
    server.say('PUT', `/api/v1/platform/tenants/${tenantId}/quotas`, {
      key,
      body: { max_stories: null, max_dispatches: null, ...body },
    });
  t.equal((await say({ requests_per_key: 0 })).body.code, 'body_invalid');
  t.match((await say({ requests_per_key: 10, requests_per_tenant: 15 })).body, { quotas: { requests_per_key: 10 } });
  const ask = async (by: string, times: number): Promise<number> => {
    const answers = [];
    for (let at = 0; at < times; at += 1) {
      answers.push(await (at % 2 === 0 ? server : beside).say('GET', '/api/v1/tenant', { key: by }));
    }
    t.match(answers[0]?.headers.get('ratelimit-policy'), '"key";q=10;w=60, "tenant";q=15;w=60');
    return answers.filter(({ status }) => status === 200).length;
  };
  t.equal(await ask(userKey, 14), 10, 'of one key');
  t.equal(await ask(agentKey, 14), 5, 'of all keys');
  t.equal((await server.say('GET', '/api/v1/tenant', { key: other.userKey })).status, 200, 'others are as they were');
});
