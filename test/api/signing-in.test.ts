import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'tap';
import { suspendTenant } from '../../commands/tenant.ts';
import { systemActor } from '../../kernel/actor.ts';
import { administer } from '../support/database.ts';
import { request } from '../support/ledger.ts';
import { bestOf, msOf } from '../support/pace.ts';
import { newAuthenticator, testPlace } from '../support/person.ts';
import { startTestServer } from '../support/server.ts';
import { cookieOf, finishSignup, login, openBrowser, openLogin, openSignup, signUp } from '../support/signing-in.ts';

const key = '/api/v1/whoami';
const session = '/api/v1/session';

test('signing up makes tenant, operator, authenticators, signing keys and a key in one commit', async (t) => {
  const { say, urls } = await startTestServer(t);
  const devices = [newAuthenticator(), newAuthenticator({ algorithm: 'EdDSA' }), newAuthenticator({ synced: true })];
  const { tenantId, userKey, authenticatorIds } = await signUp(say, ...devices);
  t.equal(authenticatorIds.length, 3);
  const { body } = await say('GET', key, { key: userKey });
  t.match(body, { role: 'user', operator: null, tenant: { id: tenantId, name: 'Meridian' } });
  const listed = await say('GET', '/api/v1/authenticators', { key: userKey });
  t.same(
    listed.body.data.map((item) => [item['name'], item['backup_eligible']]),
    [
      ['device 0', false],
      ['device 1', false],
      ['device 2', true],
    ],
  );
  await administer(urls.adminUrl, async (client) => {
    const { rows } = await client.query<{ types: string[]; times: string }>(
      `select array_agg(type order by position) as types, count(distinct recorded_at) as times from ledger.events`,
    );
    t.same(rows[0]?.types, [
      'tenant.founded',
      'operator.enlisted',
      ...devices.map(() => 'authenticator.enrolled'),
      ...['log', 'capability', 'runner'].map(() => 'signing_key.created'),
      'draw.committed',
      'key.created',
    ]);
    t.equal(Number(rows[0]?.times), 1);
    t.same((await client.query('select from platform.ceremonies')).rowCount, 0);
  });
});

test('a signup that is not finished leaves nothing but a ceremony, and that holds nothing readable', async (t) => {
  const { say, urls } = await startTestServer(t);
  await openSignup(say, 'half-done');
  await administer(urls.adminUrl, async (client) => {
    const { rows } = await client.query<{ sealed: string; left: string }>(
      `select sealed, extract(epoch from expires_at - now()) as left from platform.ceremonies`,
    );
    t.equal(rows.length, 1);
    t.notMatch(Buffer.from(rows[0]?.sealed ?? '', 'base64url').toString('latin1'), /meridian|half-done/);
    t.ok(Number(rows[0]?.left) > 890 && Number(rows[0]?.left) <= 900);
    t.equal((await client.query('select from ledger.events')).rowCount, 0);
  });
});

test('signing up for a slug that is taken is refused, and nothing is left of it', async (t) => {
  const { say, urls } = await startTestServer(t);
  const begun = await Promise.all([openSignup(say, 'one-slug'), openSignup(say, 'one-slug')]);
  const codes = [];
  for (const { ceremony_id, options } of begun) {
    const heard = await finishSignup(say, ceremony_id, [newAuthenticator().register(options)]);
    codes.push(heard.body.code ?? heard.status);
  }
  t.same(codes, [201, 'tenant_slug_taken']);
  await administer(urls.adminUrl, async (client) => {
    t.equal((await client.query('select distinct tenant_id from ledger.events')).rowCount, 1);
  });
});

test('an authenticator signs in by itself, and its session does what a user does', async (t) => {
  const { say } = await startTestServer(t);
  const [ada, bob] = [newAuthenticator(), newAuthenticator({ synced: true })];
  const [one, two] = [await signUp(say, ada), await signUp(say, bob)];
  for (const [device, { tenantId, operatorId }] of [[ada, one] as const, [bob, two] as const]) {
    for (let time = 0; time < 2; time += 1) {
      const browser = await openBrowser(say, device);
      const shown = await browser.say('GET', session);
      t.match(shown.body, { tenant: { id: tenantId }, operator: { id: operatorId, name: 'Ada' } });
      t.match((await browser.say('GET', key)).body, { role: 'user', key: null, operator: { id: operatorId } });
      const made = await browser.say('POST', '/api/v1/projects', { body: { name: 'P', slug: `p-${time}` } });
      t.equal(made.status, 201);
    }
  }
});

test('a cookie is for our pages alone, and for nothing that a page could read', async (t) => {
  const { say } = await startTestServer(t);
  const ada = newAuthenticator();
  await signUp(say, ada);
  const heard = await login(say, ada);
  t.match(heard.headers.get('set-cookie'), /^ll_session=[^;]+; Max-Age=900; Path=\/; HttpOnly; SameSite=Lax$/);
  t.notMatch(heard.text, /eyJ/, 'the token is in the cookie and nowhere else');
  const cookie = cookieOf(heard);
  const post = (headers: Record<string, string>) =>
    say('POST', '/api/v1/projects', { body: { name: 'P', slug: 'p' }, headers: { cookie, ...headers } });
  for (const origin of [
    'https://evil.example',
    'http://localhost:4001',
    'null',
    'http://localhost:4000.evil.example',
  ]) {
    t.equal((await post({ origin })).body.code, 'origin_forbidden', origin);
  }
  t.equal((await post({})).body.code, 'origin_forbidden', 'no origin at all');
  t.equal((await say('GET', key, { headers: { cookie } })).status, 200, 'looking needs none');
  t.equal((await post({ origin: testPlace.origin })).status, 201);
  t.equal((await say('GET', key, { headers: { cookie: `${cookie}; ${cookie}` } })).status, 401, 'two are none');
  t.equal((await say('GET', key, { headers: { cookie, authorization: 'Bearer nonsense' } })).status, 401);
  const { ceremony_id, options } = await openLogin(say);
  const body = { ceremony_id, response: ada.assert(options) };
  const foreign = await say('POST', '/api/v1/login', { body, headers: { origin: 'https://evil.example' } });
  t.equal(foreign.body.code, 'origin_forbidden');
});

test('over https the cookie is bound to the host', async (t) => {
  const { say } = await startTestServer(t, { publicUrl: 'https://ledger.example' });
  const ada = newAuthenticator();
  await signUp(say, ada);
  t.match((await login(say, ada)).headers.get('set-cookie'), /^__Host-ll_session=[^;]+; .*Path=\/; .*; Secure$/);
});

test('a session is renewed, and ended for every copy of its cookie', async (t) => {
  const { say } = await startTestServer(t);
  const ada = newAuthenticator();
  const { userKey } = await signUp(say, ada);
  const browser = await openBrowser(say, ada);
  const first = browser.cookie();
  const renewed = await browser.say('POST', `${session}/refresh`);
  t.equal(renewed.status, 200);
  t.not(browser.cookie(), first);
  const other = await openBrowser(say, ada);
  const ended = await browser.say('DELETE', session);
  t.equal(ended.status, 204);
  t.match(ended.headers.get('set-cookie'), /^ll_session=; Max-Age=0; /);
  for (const cookie of [first, cookieOf(renewed)]) {
    t.equal((await say('GET', session, { headers: { cookie } })).status, 401);
  }
  t.equal((await other.say('GET', session)).status, 200, 'other sessions go on');
  t.equal((await say('GET', session, { key: userKey })).body.code, 'session_required');
  t.equal((await say('POST', `${session}/refresh`, { key: userKey })).body.code, 'session_required');
});

test('a session that ends stops within a second in every process, and one whose time is over at once', async (t) => {
  const server = await startTestServer(t);
  const { say, urls } = server;
  const ada = newAuthenticator();
  await signUp(say, ada);
  const far = await startTestServer(t, {}, urls);
  const other = await openBrowser(say, ada);
  const statusOf = async (cookie: string) => (await far.say('GET', session, { headers: { cookie } })).status;
  t.equal(await statusOf(other.cookie()), 200);
  const tookMs = await bestOf(1_300, async () => {
    const leaving = await openBrowser(say, ada);
    t.equal(await statusOf(leaving.cookie()), 200);
    return msOf(async () => {
      await leaving.say('DELETE', session);
      while ((await statusOf(leaving.cookie())) === 200) await sleep(20);
    });
  });
  t.ok(tookMs < 1_300, `${Math.round(tookMs)} ms`);
  t.equal(await statusOf(other.cookie()), 200);
  await administer(urls.adminUrl, (client) => client.query('update view.sessions set expires_at = now()'));
  await sleep(1_000);
  t.equal(await statusOf(other.cookie()), 401);
});

test('a suspended tenant has no sessions and lets nobody sign in', async (t) => {
  const { say, ledger } = await startTestServer(t);
  const ada = newAuthenticator();
  const { tenantId } = await signUp(say, ada);
  const browser = await openBrowser(say, ada);
  t.equal((await browser.say('GET', session)).status, 200);
  await ledger.execute(request(tenantId, suspendTenant, { tenant_id: tenantId }, { actor: systemActor }));
  await sleep(1_000);
  t.equal((await browser.say('GET', session)).status, 401);
  t.equal((await login(say, ada)).body.code, 'tenant_suspended');
});

test('ceremonies of one address are counted', async (t) => {
  const { say } = await startTestServer(t, { ceremoniesPerAddress: 3 });
  for (let time = 0; time < 3; time += 1) await openLogin(say);
  const heard = await say('POST', '/api/v1/login/options');
  t.match(heard.body, { status: 429, code: 'rate_limited' });
  t.ok(Number(heard.headers.get('retry-after')) >= 1);
});
