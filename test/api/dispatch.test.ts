import { test } from 'tap';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApi } from '../../api/main.ts';
import { defaultOptions } from '../../api/context.ts';
import { createDispatch } from '../../commands/dispatch.ts';
import { createKey } from '../../commands/key.ts';
import { newId } from '../../kernel/id.ts';
import { newKey } from '../../kernel/secret.ts';
import { readFeedEpoch } from '../../sql/feed-position.ts';
import { administer } from '../support/database.ts';
import { hire, mintRoot } from '../support/dispatch.ts';
import { codeOfRefusal, openLedgerOn, request, testMasterKey } from '../support/ledger.ts';
import { neverLateMs } from '../support/pace.ts';
import { type Heard, shareTestServer, type TestServer } from '../support/server.ts';

const url = '/api/v1/dispatches';

interface Child {
  readonly id: string;
  readonly secret: string;
  readonly key_id: string;
  readonly agent_id: string;
  readonly lineage: readonly string[];
}

async function send(server: TestServer, key: string, body: object): Promise<Heard> {
  return server.say('POST', url, { key, body: { expires_in: 3_600, ...body } });
}

async function sendChild(server: TestServer, key: string, body: object): Promise<Child> {
  const { status, body: made, text } = await send(server, key, body);
  if (status !== 201) throw new Error(text);
  return made as unknown as Child;
}

async function planStories(server: TestServer, key: string): Promise<[string, string]> {
  const project = await server.say('POST', '/api/v1/projects', { key, body: { name: 'P', slug: 'p' } });
  const epic = await server.say('POST', `/api/v1/projects/${project.body.id}/epics`, { key, body: { title: 'E' } });
  const stories = `/api/v1/epics/${epic.body.id}/stories`;
  const one = await server.say('POST', stories, { key, body: { title: 'one' } });
  const other = await server.say('POST', stories, { key, body: { title: 'other' } });
  return [one.body.id, other.body.id];
}

test('a root is not minted with a key alone', async (t) => {
  const server = await shareTestServer(t);
  const { userKey, orchestratorKey, agentKey, agentId } = await server.found();
  const body = { parent: null, role: 'agent', agent_id: agentId };
  t.match(await send(server, userKey, body), { status: 403, body: { code: 'step_up_required' } });
  t.match(await send(server, orchestratorKey, body), { status: 403, body: { code: 'role_forbidden' } });
  t.match(await send(server, agentKey, body), { status: 403, body: { code: 'role_forbidden' } });
  const { agent_id, role } = body;
  t.match(await send(server, userKey, { agent_id, role }), { status: 400, body: { code: 'body_invalid' } });
  t.match(await send(server, userKey, { ...body, role: 'user' }), { status: 400, body: { code: 'body_invalid' } });
  for (const expires_in of [59, 14_401]) {
    t.match(await send(server, userKey, { ...body, expires_in }), { status: 400, body: { code: 'body_invalid' } });
  }
  t.match(await send(server, userKey, { ...body, step_up: {} }), { status: 400, body: { code: 'body_invalid' } });
});

test('a child gets a key that works, shown once and again in the repeat, and its events carry the lineage', async (t) => {
  const server = await shareTestServer(t);
  const { tenantId, userKey } = await server.found();
  const root = await mintRoot(server.ledger, { tenantId, role: 'orchestrator' });
  const agent_id = await hire(server.ledger, tenantId);
  const body = { parent: root.dispatchId, role: 'orchestrator', agent_id, expires_in: 600 };
  const once = { key: root.secret, body, headers: { 'idempotency-key': 'child-1' } };
  const made = await server.say('POST', url, once);
  t.equal(made.status, 201);
  t.equal(made.headers.get('location'), `${url}/${made.body.id}`);
  t.match(made.body['secret'], /^ll_eph_/);
  t.same(made.body['lineage'], [root.dispatchId, made.body.id]);
  const repeated = await server.say('POST', url, once);
  t.equal(repeated.headers.get('idempotency-replayed'), 'true');
  t.strictSame(repeated.body, made.body);
  const { secret, next_actions: _next, ...shown } = made.body;
  const key = secret as string;
  t.strictSame((await server.say('GET', `${url}/${made.body.id}`, { key })).body, shown);
  t.same((await server.say('GET', `${url}/${root.dispatchId}/children`, { key })).body.data, [shown]);
  t.equal((await server.say('GET', url, { key })).body.data.length, 2);
  t.equal((await server.say('GET', `${url}/${newId()}/children`, { key })).body.code, 'dispatch_not_found');
  const keyView = await server.say('GET', `/api/v1/keys/${shown['key_id'] as string}`, { key: userKey });
  t.match(keyView.body, { dispatch_id: made.body.id, agent_id, role: 'orchestrator', status: 'active' });
  const { body: caller } = await server.say('GET', '/api/v1/whoami', { key });
  t.match(caller, { dispatch: { id: made.body.id, lineage: [root.dispatchId, made.body.id], story_id: null } });
  t.equal((await server.say('GET', '/api/v1/whoami', { key: userKey })).body['dispatch'], null);
  await planStories(server, key);
  const { body: changes } = await server.say('GET', '/api/v1/changes?since=0&limit=100', { key });
  const project = changes.data.find((event) => event['type'] === 'project.created');
  t.match(project?.['actor'], {
    kind: 'key',
    agent_id,
    role: 'orchestrator',
    lineage: [root.dispatchId, made.body.id],
  });
});

test('no request makes a lineage of its own: foreign parent, higher role, second key, other tenant', async (t) => {
  const server = await shareTestServer(t);
  const { tenantId, orchestratorKey, userKey } = await server.found();
  const other = await server.found();
  const root = await mintRoot(server.ledger, { tenantId, role: 'orchestrator' });
  const second = await mintRoot(server.ledger, { tenantId, role: 'agent' });
  const elsewhere = await mintRoot(server.ledger, { tenantId: other.tenantId, role: 'agent' });
  const agent_id = await hire(server.ledger, tenantId);
  const code = async (key: string, parent: string, told: object = {}) =>
    (await send(server, key, { parent, role: 'agent', agent_id, ...told })).body.code;
  t.equal(await code(root.secret, second.dispatchId), 'dispatch_parent_foreign');
  t.equal(await code(root.secret, elsewhere.dispatchId), 'dispatch_not_found');
  t.equal(await code(orchestratorKey, root.dispatchId), 'dispatch_required');
  t.equal(await code(userKey, root.dispatchId), 'dispatch_required');
  t.equal(await code(second.secret, second.dispatchId, { role: 'orchestrator' }), 'dispatch_role_raised');
  t.equal(await code(second.secret, second.dispatchId, { agent_id: second.agentId }), 'key_role_taken');
  t.equal((await server.say('GET', `${url}/${elsewhere.dispatchId}`, { key: userKey })).status, 404);
  t.equal((await server.say('GET', `${url}/${elsewhere.dispatchId}/children`, { key: userKey })).status, 404);
});

test('a revoked dispatch and all below it stop within a second in every process', async (t) => {
  const server = await shareTestServer(t);
  const { tenantId, userKey } = await server.found();
  const far = openLedgerOn(t, server.urls.appUrl);
  const feedEpoch = await readFeedEpoch(far.database);
  const options = { ...defaultOptions, version: '0.0.0', masterKey: testMasterKey, maxLoopDelayMs: neverLateMs };
  const log = () => undefined;
  const logger = { level: 'info', info: log, warn: log, error: log };
  const second = await startApi({ ...far, options, logger, checks: [], feedEpoch }, { host: '127.0.0.1', port: 0 });
  t.teardown(() => second.close(500));
  const status = async (secret: string) =>
    (await fetch(`${second.url}/api/v1/whoami`, { headers: { authorization: `Bearer ${secret}` } })).status;
  const root = await mintRoot(server.ledger, { tenantId, role: 'orchestrator' });
  const untouched = await mintRoot(server.ledger, { tenantId, role: 'orchestrator' });
  const child = await sendChild(server, root.secret, {
    parent: root.dispatchId,
    role: 'agent',
    agent_id: await hire(server.ledger, tenantId),
  });
  const grandchild = await sendChild(server, child.secret, {
    parent: child.id,
    role: 'agent',
    agent_id: await hire(server.ledger, tenantId),
  });
  for (const { secret } of [root, child, grandchild, untouched]) t.equal(await status(secret), 200);
  t.equal((await server.say('DELETE', `${url}/${root.dispatchId}`, { key: root.secret })).body.code, 'role_forbidden');
  t.equal((await server.say('DELETE', `${url}/${root.dispatchId}`, { key: userKey })).status, 204);
  t.equal((await server.say('GET', '/api/v1/whoami', { key: grandchild.secret })).status, 401);
  await sleep(1_000);
  for (const { secret } of [root, child, grandchild]) t.equal(await status(secret), 401);
  t.equal(await status(untouched.secret), 200);
  const { body } = await server.say('GET', `${url}?status=revoked`, { key: userKey });
  t.same(body.data.map(({ id }) => id).sort(), [root.dispatchId, child.id, grandchild.id].sort());
  // A process that has not heard of it yet decides by the log, not by what it believes of the key.
  const actor = {
    kind: 'key',
    key_id: grandchild.key_id,
    agent_id: grandchild.agent_id,
    role: 'agent',
    lineage: grandchild.lineage,
  } as const;
  const { hash, prefix } = newKey('eph');
  const late = createDispatchFrom(grandchild.id, await hire(server.ledger, tenantId), prefix, hash.toString('hex'));
  t.equal(
    await codeOfRefusal(far.ledger.execute(request(tenantId, createDispatch, late, { actor }))),
    'dispatch_ended',
  );
});

function createDispatchFrom(parent: string, agent_id: string, prefix: string, secret_hash: string) {
  const key = { key_id: newId(), prefix, secret_hash };
  return { dispatch_id: newId(), parent, role: 'agent', agent_id, expires_in: 60, key } as const;
}

test('the key of an expired dispatch is dead at once, and its agent may be sent again', async (t) => {
  const server = await shareTestServer(t);
  const { tenantId, userKey } = await server.found();
  const status = async (key: string) => (await server.say('GET', '/api/v1/whoami', { key })).status;
  const sendFor = async (lifeMs: number) => {
    const root = await mintRoot(server.ledger, { tenantId, role: 'agent' });
    await administer(server.urls.adminUrl, async (client) => {
      await client.query(
        `update platform.key_hashes set expires_at = clock_timestamp() + make_interval(secs => $2) where key_id = $1`,
        [root.keyId, lifeMs / 1_000],
      );
      await client.query(`update view.dispatches set expires_at = clock_timestamp() where dispatch_id = $1`, [
        root.dispatchId,
      ]);
    });
    return root;
  };
  // On a busy machine a short life may be over before the first question is answered.
  for (const lifeMs of [300, 3_000, 30_000]) {
    const { secret, dispatchId } = await sendFor(lifeMs);
    if ((await status(secret)) !== 200) continue;
    await sleep(lifeMs + 10);
    t.equal(await status(secret), 401);
    t.equal((await server.say('GET', `${url}/${dispatchId}`, { key: userKey })).body['status'], 'expired');
    return;
  }
  t.fail('none was seen alive');
});

test('who was sent for one story acts on no other, and reads all', async (t) => {
  const server = await shareTestServer(t);
  const { tenantId, userKey } = await server.found();
  const [own, other] = await planStories(server, userKey);
  const root = await mintRoot(server.ledger, { tenantId, role: 'orchestrator', story_id: own });
  const { secret: key } = root;
  const change = (story: string) =>
    server.say('PATCH', `/api/v1/stories/${story}`, { key, body: { title: 'renamed' } });
  t.equal((await change(own)).status, 200);
  t.match(await change(other), { status: 403, body: { code: 'story_scope_exceeded' } });
  const project = await server.say('POST', '/api/v1/projects', { key, body: { name: 'Q', slug: 'q' } });
  t.match(project, { status: 403, body: { code: 'story_scope_exceeded' } });
  t.equal((await server.say('GET', `/api/v1/stories/${other}`, { key })).status, 200);
  const agent_id = await hire(server.ledger, tenantId);
  const child = { parent: root.dispatchId, role: 'agent', agent_id };
  t.equal((await send(server, key, { ...child, story_id: other })).body.code, 'dispatch_story_foreign');
  t.equal((await sendChild(server, key, child)).lineage.length, 2);
  const { body } = await server.say('GET', `${url}?story_id=${own}`, { key });
  t.equal(body.data.length, 2);
  t.equal((await server.say('GET', `${url}?story_id=${other}`, { key })).body.data.length, 0);
});

test('a second key for a seat is refused when it is asked for at the same time', async (t) => {
  const server = await shareTestServer(t);
  const { tenantId } = await server.found();
  const root = await mintRoot(server.ledger, { tenantId, role: 'orchestrator' });
  const agent_id = await hire(server.ledger, tenantId);
  const attempts = await Promise.all(
    Array.from({ length: 20 }, () => send(server, root.secret, { parent: root.dispatchId, role: 'agent', agent_id })),
  );
  t.equal(attempts.filter(({ status }) => status === 201).length, 1);
  t.equal(attempts.filter(({ body }) => body.code === 'key_role_taken').length, 19);
  const { hash, prefix } = newKey('live');
  const command = { key_id: newId(), name: 'k', role: 'agent', agent_id, prefix, secret_hash: hash.toString('hex') };
  t.equal(
    await codeOfRefusal(server.ledger.execute(request(tenantId, createKey, { ...command, role: 'agent' }))),
    'key_role_taken',
  );
});
