import { test } from 'tap';
import { startTestServer } from '../support/server.ts';

const url = '/api/v1/signing-keys';

test('signing keys are read by every role of their tenant and nobody else', async (t) => {
  const { say, found } = await startTestServer(t);
  const [a, b] = [await found(), await found()];
  for (const key of [a.userKey, a.orchestratorKey, a.agentKey]) {
    const { status, body } = await say('GET', url, { key });
    t.equal(status, 200);
    t.same(new Set(body.data.map((item) => item['purpose'])), new Set(['capability', 'log', 'runner']));
  }
  const { body } = await say('GET', `${url}?purpose=log&status=active`, { key: a.agentKey });
  const [log] = body.data;
  t.match(log, { purpose: 'log', algorithm: 'EdDSA', status: 'active', until: null, replaced_by: null });
  t.equal(log?.['from'], log?.['created_at']);
  t.equal(Buffer.from(String(log?.['public_key']), 'base64url').length, 32);
  const one = await say('GET', `${url}/${log?.id}`, { key: a.agentKey });
  t.same(one.body, log);
  t.equal((await say('GET', `${url}/${log?.id}`, { key: b.userKey })).body.code, 'signing_key_not_found');
  t.equal((await say('GET', url)).status, 401);
});
