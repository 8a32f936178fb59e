import { test } from 'tap';
import { isKey } from '../../kernel/secret.ts';
import { administer } from '../support/database.ts';
import { shareTestServer, startTestServer } from '../support/server.ts';

const url = '/api/v1/keys';

test('a new key works at once, and its secret is nowhere but in the answer', async (t) => {
  const { say, found, urls, logged } = await startTestServer(t);
  const { userKey } = await found();
  const made = await say('POST', url, { key: userKey, body: { name: 'second', role: 'user', expires_in: 60 } });
  t.equal(made.status, 201);
  const secret = made.body['secret'] as string;
  t.ok(isKey(secret));
  t.match(made.body, { prefix: secret.slice(0, 12), status: 'active', role: 'user', agent_id: null, version: 1 });
  t.equal(made.headers.get('location'), `${url}/${made.body.id}`);
  const shown = await say('GET', `${url}/${made.body.id}`, { key: secret });
  t.equal(shown.status, 200);
  const { secret: _secret, ...rest } = made.body;
  t.strictSame(shown.body, rest);
  t.notOk(logged.join('\n').includes(secret));
  await administer(urls.adminUrl, async (client) => {
    const { rows } = await client.query<{ held: boolean }>(
      `select coalesce(bool_or(strpos(row_to_json(e)::text || (select string_agg(r::text, '') from ledger.requests r), $1) > 0), false) as held
         from ledger.events e`,
      [secret.slice(12)],
    );
    t.notOk(rows[0]?.held);
  });
});

test('a repeated request shows the secret again, and two requests make two keys', async (t) => {
  const { say, found } = await shareTestServer(t);
  const { userKey } = await found();
  const ask = (id: string, name = 'second') =>
    say('POST', url, { key: userKey, body: { name, role: 'user' }, headers: { 'idempotency-key': id } });
  const first = await ask('once');
  const again = await ask('once');
  t.equal(first.headers.get('idempotency-replayed'), null);
  t.equal(again.headers.get('idempotency-replayed'), 'true');
  t.equal(again.text, first.text);
  t.equal(again.headers.get('location'), first.headers.get('location'));
  t.equal((await say('GET', '/api/v1/whoami', { key: again.body['secret'] as string })).status, 200);
  t.equal((await ask('once', 'third')).body.code, 'idempotency_mismatch');
  t.not((await ask('twice')).body['secret'], first.body['secret']);
  t.equal((await say('GET', url, { key: userKey })).body.data.length, 5);
});

test('a secret that was sealed by another server is not shown again, and says so', async (t) => {
  const { say, found, urls } = await startTestServer(t);
  const { userKey } = await found();
  const said = { key: userKey, body: { name: 'second', role: 'user' }, headers: { 'idempotency-key': 'once' } };
  const first = await say('POST', url, said);
  await administer(urls.adminUrl, async (client) => {
    const { rows } = await client.query<{ body: string }>('select body from ledger.requests');
    t.equal(rows.length, 1);
    t.notOk(rows[0]?.body.includes(first.body['secret'] as string));
    await client.query(`update ledger.requests set body = regexp_replace(body, '"secret":".{4}', '"secret":"0000')`);
  });
  t.match(await say('POST', url, said), { status: 410, body: { code: 'key_secret_lost' } });
});

test('a revoked key stops at once, stays in the list, and never works again', async (t) => {
  const { say, found } = await shareTestServer(t);
  const { userKey: key, agentKey, agentId } = await found();
  const [held] = (await say('GET', `${url}?role=agent`, { key })).body.data;
  t.equal((await say('GET', '/api/v1/whoami', { key: agentKey })).status, 200);
  t.match(await say('DELETE', `${url}/${held?.id}`, { key }), { status: 204, text: '' });
  t.match(await say('GET', '/api/v1/whoami', { key: agentKey }), { status: 401, body: { code: 'unauthenticated' } });
  t.match(await say('GET', `${url}/${held?.id}`, { key }), { status: 200, body: { status: 'revoked', version: 2 } });
  t.equal((await say('DELETE', `${url}/${held?.id}`, { key })).status, 204);
  const count = async (query: string) => (await say('GET', url + query, { key })).body.data.length;
  t.same(await Promise.all(['?status=revoked', '?status=active', `?agent_id=${agentId}`].map(count)), [1, 2, 2]);
  const body = { name: 'next', role: 'agent', agent_id: agentId };
  t.equal((await say('POST', url, { key, body })).status, 201);
  t.equal((await say('POST', url, { key, body })).body.code, 'key_role_taken');
});

test('the last key of a user cannot revoke itself', async (t) => {
  const { say, found } = await shareTestServer(t);
  const { userKey: key } = await found();
  const [own] = (await say('GET', `${url}?role=user`, { key })).body.data;
  t.match(await say('DELETE', `${url}/${own?.id}`, { key }), { status: 409, body: { code: 'key_last_user' } });
  const second = (await say('POST', url, { key, body: { name: 's', role: 'user' } })).body['secret'] as string;
  t.equal((await say('DELETE', `${url}/${own?.id}`, { key })).status, 204);
  t.equal((await say('GET', url, { key })).status, 401);
  t.equal((await say('GET', url, { key: second })).status, 200);
});

test('two keys of a user that revoke each other at once leave one of them', async (t) => {
  const { say, found } = await shareTestServer(t);
  const { userKey: one } = await found();
  const two = (await say('POST', url, { key: one, body: { name: 's', role: 'user' } })).body['secret'] as string;
  const ids = (await say('GET', `${url}?role=user`, { key: one })).body.data.map(({ id }) => id);
  const outcomes = await Promise.all([
    say('DELETE', `${url}/${ids[1]}`, { key: one }),
    say('DELETE', `${url}/${ids[0]}`, { key: two }),
  ]);
  // The later one finds itself revoked already, or is refused as the last.
  t.equal(outcomes.filter(({ status }) => status === 204).length, 1);
  const works = await Promise.all([one, two].map((key) => say('GET', url, { key })));
  t.equal(works.filter(({ status }) => status === 200).length, 1);
});

test('an expired key is shown as such and does not work', async (t) => {
  const { say, found, urls } = await startTestServer(t);
  const { userKey: key } = await found();
  const made = await say('POST', url, { key, body: { name: 'short', role: 'user', expires_in: 60 } });
  const expires = Date.parse(made.body['expires_at'] as string) - Date.parse(made.body['created_at'] as string);
  t.ok(Math.abs(expires - 60_000) < 20_000);
  await administer(urls.adminUrl, async (client) => {
    await client.query(`update view.keys set expires_at = now() - interval '1 s' where key_id = $1`, [made.body.id]);
    await client.query(`update platform.key_hashes set expires_at = now() - interval '1 s' where key_id = $1`, [
      made.body.id,
    ]);
  });
  t.equal((await say('GET', `${url}/${made.body.id}`, { key })).body['status'], 'expired');
  t.equal((await say('GET', `${url}?status=expired`, { key })).body.data.length, 1);
  t.equal((await say('GET', url, { key: made.body['secret'] as string })).status, 401);
});

test('a key is renamed, with the version that was seen', async (t) => {
  const { say, found } = await shareTestServer(t);
  const { userKey: key, agentKey, orchestratorKey } = await found();
  const [own] = (await say('GET', url, { key })).body.data;
  const one = `${url}/${own?.id}`;
  const renamed = await say('PATCH', one, { key, body: { name: 'chief' }, headers: { 'if-match': '"v1"' } });
  t.match(renamed, { status: 200, body: { name: 'chief', version: 2, status: 'active' } });
  t.strictSame((await say('GET', one, { key })).body, renamed.body);
  t.notOk('secret_hash' in renamed.body);
  for (const secret of [agentKey, orchestratorKey]) {
    t.equal((await say('GET', url, { key: secret })).body.code, 'role_forbidden');
    t.equal((await say('GET', one, { key: secret })).body.code, 'role_forbidden');
  }
});

test('a key that makes no sense is refused with the reason', async (t) => {
  const { say, found } = await shareTestServer(t);
  const { userKey: key, agentId } = await found();
  const code = async (body: object) => (await say('POST', url, { key, body: { name: 'k', ...body } })).body.code;
  t.equal(await code({ role: 'superadmin' }), 'body_invalid');
  t.equal(await code({ role: 'user', expires_in: 59 }), 'body_invalid');
  t.equal(await code({ role: 'user', expires_in: 31_536_001 }), 'body_invalid');
  t.equal(await code({ role: 'user', agent_id: agentId }), 'key_agent_unexpected');
  t.equal(await code({ role: 'agent' }), 'key_agent_required');
  t.equal(await code({ role: 'user', secret_hash: '0'.repeat(64) }), 'body_invalid');
});

test('a rotated key works with the new secret at once, and with the former one while its grace lasts', async (t) => {
  const { say, found, urls } = await startTestServer(t);
  const { userKey: key, agentId } = await found();
  await say('POST', `/api/v1/agents`, { key, body: { name: 'rotating' } });
  const [agent] = (await say('GET', '/api/v1/agents?name=rotating', { key })).body.data;
  t.not(agent?.id, agentId);
  const made = await say('POST', url, { key, body: { name: 'k', role: 'agent', agent_id: agent?.id } });
  const works = async (secret: unknown) => (await say('GET', '/api/v1/whoami', { key: secret as string })).status;
  const rotate = (grace_seconds: number, once: string) =>
    say('POST', `${url}/${made.body.id}/rotate`, {
      key,
      body: { grace_seconds },
      headers: { 'idempotency-key': once },
    });
  const first = await rotate(3_600, 'first');
  t.match(first, { status: 200, body: { id: made.body.id, version: 2, role: 'agent', status: 'active' } });
  const repeated = await rotate(3_600, 'first');
  t.strictSame(repeated.body, first.body, 'a repeat shows the same secret');
  const [zeroth, one] = [made.body['secret'], first.body['secret']];
  t.not(zeroth, one);
  t.same([await works(zeroth), await works(one)], [200, 200]);
  const shown = await say('GET', `${url}/${made.body.id}`, { key });
  t.equal(shown.body['prefix'], (one as string).slice(0, 12));
  const two = (await rotate(3_600, 'second')).body['secret'];
  t.same([await works(zeroth), await works(one), await works(two)], [401, 200, 200]);
  await administer(urls.adminUrl, (client) =>
    client.query(
      `update platform.key_hashes set expires_at = clock_timestamp() where key_id = $1 and expires_at is not null`,
      [made.body.id],
    ),
  );
  const three = (await rotate(0, 'third')).body['secret'];
  t.same([await works(one), await works(two), await works(three)], [401, 401, 200]);
  t.equal((await say('DELETE', `${url}/${made.body.id}`, { key })).status, 204);
  t.equal(await works(three), 401);
  t.equal((await rotate(0, 'fourth')).body.code, 'key_ended');
  t.equal((await rotate(86_401, 'fifth')).body.code, 'body_invalid');
});
