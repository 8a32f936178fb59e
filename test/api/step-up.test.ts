import { test } from 'tap';
import { newId } from '../../kernel/id.ts';
import type { RequestOptions, SoftAuthenticator } from '../../boot/software-authenticator.ts';
import { confirmation, newAuthenticator } from '../support/person.ts';
import { type Founded, shareTestServer, type TestServer } from '../support/server.ts';
import { openBrowser } from '../support/signing-in.ts';

const url = '/api/v1/dispatches';

interface Asked {
  readonly ceremony_id: string;
  readonly options: RequestOptions;
}

/** The header for a request, asked for with a key. */
function headerFor(
  { say }: TestServer,
  key: string,
  device: SoftAuthenticator,
  request: { readonly method: string; readonly path: string; readonly body?: unknown },
): Promise<string> {
  const ask = async (path: string, body: unknown) => (await say('POST', path, { key, body })).body as unknown as Asked;
  return confirmation(ask, device, request);
}

function rootBody({ agentId }: Founded) {
  return { parent: null, role: 'orchestrator', agent_id: agentId, expires_in: 3_600 };
}

test('a root is minted by a key of a user with a confirmation of this very request', async (t) => {
  const server = await shareTestServer(t);
  const founded = await server.found();
  const { userKey: key, authenticator: stepUp, orchestratorKey } = founded;
  const agent = await server.say('POST', '/api/v1/agents', { key, body: { name: 'rooted' } });
  const body = { ...rootBody(founded), agent_id: agent.body.id };
  t.equal((await server.say('POST', url, { key, body })).body.code, 'step_up_required');
  const root = await server.say('POST', url, { key, body, stepUp });
  t.match([root.status, root.body['parent_id']], [201, null]);
  const asOrchestrator = await server.say('POST', '/api/v1/step-up/options', {
    key: orchestratorKey,
    body: { method: 'POST', path: url, body },
  });
  t.equal(asOrchestrator.body.code, 'role_forbidden');
  const secret = root.body['secret'] as string;
  t.match((await server.say('GET', '/api/v1/whoami', { key: secret })).body, { dispatch: { id: root.body.id } });
});

test('a session confirms as a key does', async (t) => {
  const server = await shareTestServer(t);
  const founded = await server.found();
  const browser = await openBrowser(server.say, founded.authenticator);
  const agent = await browser.say('POST', '/api/v1/agents', { body: { name: 'rooted' } });
  const body = { ...rootBody(founded), agent_id: agent.body.id };
  t.equal((await browser.say('POST', url, { body })).body.code, 'step_up_required');
  const ask = async (path: string, asked: unknown) =>
    (await browser.say('POST', path, { body: asked })).body as unknown as Asked;
  const confirmed = await confirmation(ask, founded.authenticator, { method: 'POST', path: url, body });
  const root = await browser.say('POST', url, { body, headers: { 'loopledger-step-up': confirmed } });
  t.equal(root.status, 201);
});

test('a confirmation is good for one request, once, of one tenant, by one of its authenticators', async (t) => {
  const server = await shareTestServer(t);
  const [mine, other] = [await server.found(), await server.found()];
  const { userKey: key, authenticator } = mine;
  const make = async () =>
    (await server.say('POST', '/api/v1/projects', { key, body: { name: 'P', slug: `p-${newId()}` } })).body.id;
  const [one, two] = [await make(), await make()];
  const pathOf = (id: string) => `/api/v1/projects/${id}`;
  const remove = (id: string, header: string, by = key, method = 'DELETE') =>
    server.say(method, pathOf(id), { key: by, headers: { 'loopledger-step-up': header } });
  const good = { method: 'DELETE', path: pathOf(one) };
  const header = (request: typeof good & { body?: unknown }, by = key, device = authenticator) =>
    headerFor(server, by, device, request);
  const refused = async (what: string, heard: ReturnType<typeof remove>) =>
    t.equal((await heard).body.code, 'ceremony_failed', what);
  await refused('for another project', remove(two, await header(good)));
  await refused('with another method', remove(one, await header({ ...good, method: 'POST' })));
  await refused('with a body that is not there', remove(one, await header({ ...good, body: {} })));
  await refused('with a query that is not there', remove(one, await header({ ...good, path: `${good.path}?a=b` })));
  await refused('for another tenant', remove(one, await header(good), other.userKey));
  await refused('no header at all', remove(one, 'nonsense'));
  await refused('an empty answer', remove(one, Buffer.from('{}').toString('base64url')));
  const foreign = async (path: string, body: unknown) => {
    const { options, ...rest } = (await server.say('POST', path, { key, body })).body as unknown as Asked;
    return { ...rest, options: { ...options, allowCredentials: [] } };
  };
  await refused('by a stranger', remove(one, await confirmation(foreign, other.authenticator, good)));
  t.equal((await server.say('GET', pathOf(one), { key })).status, 200);
  const right = await header(good);
  t.equal((await remove(one, right)).status, 204);
  await refused('a second time', remove(one, right));
});

test('a confirmation covers the body as it was sent, in any order of its members', async (t) => {
  const server = await shareTestServer(t);
  const founded = await server.found();
  const { userKey: key, authenticator } = founded;
  const agent = await server.say('POST', '/api/v1/agents', { key, body: { name: 'rooted' } });
  const body = { ...rootBody(founded), agent_id: agent.body.id };
  const send = async (sent: object) =>
    server.say('POST', url, {
      key,
      body: sent,
      headers: {
        'loopledger-step-up': await headerFor(server, key, authenticator, { method: 'POST', path: url, body }),
      },
    });
  t.equal((await send({ ...body, expires_in: 3_601 })).body.code, 'ceremony_failed');
  t.equal((await send({ ...body, role: 'agent' })).body.code, 'ceremony_failed');
  t.equal((await send(Object.fromEntries(Object.entries(body).reverse()))).status, 201);
});

test('a confirmation does not raise anybody who is not a user', async (t) => {
  const server = await shareTestServer(t);
  const founded = await server.found();
  const { userKey, orchestratorKey, authenticator } = founded;
  const body = rootBody(founded);
  const header = await headerFor(server, userKey, authenticator, { method: 'POST', path: url, body });
  const heard = await server.say('POST', url, {
    key: orchestratorKey,
    body,
    headers: { 'loopledger-step-up': header },
  });
  t.equal(heard.body.code, 'role_forbidden');
});

test('authenticators come and go by those that are there, and the last one stays', async (t) => {
  const server = await shareTestServer(t);
  const { userKey: key, authenticator: first, tenantId } = await server.found();
  const at = '/api/v1/authenticators';
  const second = newAuthenticator({ algorithm: 'EdDSA' });
  const enrol = async (device: SoftAuthenticator, stepUp?: SoftAuthenticator) => {
    const { body } = await server.say('POST', `${at}/options`, { key });
    const { ceremony_id, options } = body as unknown as { ceremony_id: string; options: never };
    const answer = { ceremony_id, name: 'second', response: device.register(options) };
    return server.say('POST', at, { key, body: answer, ...(stepUp === undefined ? {} : { stepUp }) });
  };
  const [only] = (await server.say('GET', at, { key })).body.data;
  const remove = (id: string | undefined, stepUp: SoftAuthenticator) =>
    server.say('DELETE', `${at}/${id}`, { key, stepUp });
  t.equal((await remove(only?.id, first)).body.code, 'authenticator_last');
  t.equal((await enrol(second)).body.code, 'step_up_required');
  const enrolled = await enrol(second, first);
  t.match([enrolled.status, enrolled.body], [201, { name: 'second', status: 'active', used_at: null }]);
  t.same((await server.say('GET', `${at}/${enrolled.body.id}`, { key })).body, enrolled.body);
  const [kept, lost] = [await openBrowser(server.say, second), await openBrowser(server.say, first)];
  t.equal((await remove(only?.id, second)).status, 204);
  t.equal((await lost.say('GET', '/api/v1/session')).status, 401, 'its sessions ended with it');
  t.equal((await kept.say('GET', '/api/v1/session')).status, 200);
  await t.rejects(openBrowser(server.say, first), /ceremony_failed/);
  t.equal((await remove(enrolled.body.id, second)).body.code, 'authenticator_last');
  const { body } = await server.say('GET', `${at}?status=revoked`, { key });
  t.same(
    body.data.map(({ id }) => id),
    [only?.id],
  );
  t.ok(tenantId);
});

test('a signing key is rotated by a person, and the one before it stays with its period', async (t) => {
  const server = await shareTestServer(t);
  const { userKey: key, authenticator: stepUp } = await server.found();
  const at = '/api/v1/signing-keys';
  const rotate = (more: object) => server.say('POST', `${at}/rotate`, { key, body: { purpose: 'log' }, ...more });
  t.equal((await rotate({})).body.code, 'step_up_required');
  const rotated = await rotate({ stepUp });
  t.match([rotated.status, rotated.body], [201, { purpose: 'log', status: 'active', until: null }]);
  const { body } = await server.say('GET', `${at}?purpose=log`, { key });
  const [old, next] = body.data;
  t.match(old, { status: 'retired', replaced_by: rotated.body.id });
  t.equal(old?.['until'], next?.['from']);
  t.same(next, rotated.body);
});
