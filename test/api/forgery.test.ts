import { type Test, test } from 'tap';
import { userHandle } from '../../api/webauthn.ts';
import type { Answer } from '../../boot/software-authenticator.ts';
import { newId } from '../../kernel/id.ts';
import { administer } from '../support/database.ts';
import { assertionForgeries, registrationForgeries } from '../support/forgery.ts';
import { newAuthenticator } from '../support/person.ts';
import { type Heard, startTestServer, type TestServer } from '../support/server.ts';
import { finishSignup, openBrowser, openLogin, openSignup, signUp } from '../support/signing-in.ts';

const many = { ceremoniesPerAddress: 1e6, ratePerKey: null, ratePerTenant: null } as const;

async function eventsOf({ urls }: TestServer): Promise<number> {
  let count = 0;
  await administer(urls.adminUrl, async (client) => {
    const { rows } = await client.query<{ count: string }>('select count(*) as count from ledger.events');
    count = Number(rows[0]?.count);
  });
  return count;
}

/** The same words for every fault, so that nobody learns how near a forgery came. */
function requireFailure(t: Test, { status, body }: Heard, what: string): void {
  const detail = 'The answer of the authenticator was not accepted.';
  t.match({ status, code: body.code, detail: body['detail'] }, { status: 400, code: 'ceremony_failed', detail }, what);
}

test('no forged registration founds anything', async (t) => {
  const server = await startTestServer(t, many);
  const { say } = server;
  for (const [what, bend] of Object.entries(registrationForgeries)) {
    const { ceremony_id, options } = await openSignup(say);
    requireFailure(t, await finishSignup(say, ceremony_id, [newAuthenticator().register(options, bend)]), what);
    const second = await finishSignup(say, ceremony_id, [newAuthenticator().register(options)]);
    requireFailure(t, second, `after ${what} the challenge is used up`);
  }
  const { ceremony_id, options } = await openSignup(say);
  const [good, bad] = [newAuthenticator().register(options), registrationForgeries['nobody verified']];
  const mixed = await finishSignup(say, ceremony_id, [good, newAuthenticator().register(options, bad)]);
  requireFailure(t, mixed, 'one that is right beside one that is wrong');
  t.equal(await eventsOf(server), 0, 'nothing was written');
});

test('no forged assertion signs anybody in', async (t) => {
  const server = await startTestServer(t, many);
  const { say } = server;
  const ada = newAuthenticator();
  await signUp(say, ada);
  await openBrowser(say, ada);
  const before = await eventsOf(server);
  for (const [what, bend] of Object.entries(assertionForgeries)) {
    const { ceremony_id, options } = await openLogin(say);
    const heard = await say('POST', '/api/v1/login', { body: { ceremony_id, response: ada.assert(options, bend) } });
    requireFailure(t, heard, what);
    t.equal(heard.headers.get('set-cookie'), null);
    ada.turnCounter(-1);
  }
  t.equal(await eventsOf(server), before, 'nothing was written');
  t.equal((await (await openBrowser(say, ada)).say('GET', '/api/v1/session')).status, 200, 'the right one still may');
});

test('an answer is good once, in its ceremony and in its time', async (t) => {
  const server = await startTestServer(t, many);
  const { say, urls } = server;
  const ada = newAuthenticator();
  const { tenantId } = await signUp(say, ada);
  const login = (body: object) => say('POST', '/api/v1/login', { body });
  const { ceremony_id, options } = await openLogin(say);
  const response = ada.assert(options);
  const other = await openLogin(say);
  requireFailure(t, await login({ ceremony_id: other.ceremony_id, response }), 'in another ceremony');
  const results = await Promise.all([1, 2, 3, 4].map(() => login({ ceremony_id, response })));
  t.same(
    results.map(({ status }) => status).sort((one, two) => one - two),
    [200, 400, 400, 400],
    'of several at once one is the first',
  );
  requireFailure(t, await login({ ceremony_id, response }), 'a second time');
  requireFailure(t, await login({ ceremony_id: tenantId, response }), 'in a ceremony that never was');
  const signup = await openSignup(say);
  requireFailure(
    t,
    await login({ ceremony_id: signup.ceremony_id, response: ada.assert(signup.options) }),
    'of a signup',
  );
  const late = await openLogin(say);
  await administer(urls.adminUrl, (client) =>
    client.query(`update platform.ceremonies set expires_at = now() - interval '1 ms'`),
  );
  requireFailure(t, await login({ ceremony_id: late.ceremony_id, response: ada.assert(late.options) }), 'too late');
});

test('a copy of a device is found out by its counter, a synced passkey has none', async (t) => {
  const server = await startTestServer(t, many);
  const { say } = server;
  const [ada, bob] = [newAuthenticator(), newAuthenticator({ synced: true })];
  await signUp(say, ada);
  await signUp(say, bob);
  for (let time = 0; time < 3; time += 1) await openBrowser(say, bob);
  await openBrowser(say, ada);
  ada.turnCounter(5);
  await openBrowser(say, ada);
  ada.turnCounter(-3);
  const { ceremony_id, options } = await openLogin(say);
  const behind = await say('POST', '/api/v1/login', { body: { ceremony_id, response: ada.assert(options) } });
  requireFailure(t, behind, 'the copy that stayed behind');
});

test('the handle of one person does not go with the credential of another', async (t) => {
  const server = await startTestServer(t, many);
  const { say } = server;
  const [ada, bob] = [newAuthenticator(), newAuthenticator()];
  await signUp(say, ada);
  await signUp(say, bob);
  const handleOf = async (device: typeof ada): Promise<unknown> =>
    device.assert((await openLogin(say)).options).response['userHandle'];
  const userHandle = await handleOf(bob);
  const before = await eventsOf(server);
  const { ceremony_id, options } = await openLogin(say);
  const bend = {
    answer: (answer: object) => ({ ...answer, response: { ...(answer as typeof taken).response, userHandle } }),
  };
  const taken = ada.assert(options, bend);
  requireFailure(
    t,
    await say('POST', '/api/v1/login', { body: { ceremony_id, response: taken } }),
    'a borrowed handle',
  );
  t.equal(await eventsOf(server), before);
});

test('the handle of another person of the same tenant is refused too', async (t) => {
  const server = await startTestServer(t, many);
  const { say } = server;
  const ada = newAuthenticator();
  const { tenantId } = await signUp(say, ada);
  const other = userHandle(tenantId, newId());
  const bend = { answer: (answer: Answer) => ({ ...answer, response: { ...answer.response, userHandle: other } }) };
  const { ceremony_id, options } = await openLogin(say);
  const body = { ceremony_id, response: ada.assert(options, bend) };
  requireFailure(t, await say('POST', '/api/v1/login', { body }), 'a handle that is nearly right');
});
