import { test } from 'tap';
import { openCheckpoint } from '../../kernel/log-checkpoint.ts';
import { isConsistent } from '../../kernel/merkle.ts';
import { readKeys, see } from '../support/log-reader.ts';
import { growLog, letTimePass } from '../support/sealing.ts';
import { startTestServer } from '../support/server.ts';

test('an agent that shows the checkpoint it saw is shown, with any answer, that the log continues it', async (t) => {
  const server = await startTestServer(t);
  const { tenantId, agentKey, userKey } = await server.found();
  const seen = await see(t, server, agentKey);
  await growLog(server.ledger, tenantId, 21);
  await letTimePass(server.urls);
  await see(t, server, agentKey, seen.size + 21);
  const { keys } = await readKeys(server, agentKey);
  const asks = [
    () => server.say('GET', '/api/v1/tenant', { key: agentKey, headers: { 'loopledger-checkpoint': seen.header } }),
    () =>
      server.say('PATCH', '/api/v1/tenant', {
        key: userKey,
        body: { name: 'Witnessed' },
        headers: { 'loopledger-checkpoint': seen.header },
      }),
  ];
  for (const ask of asks) {
    const { status, headers } = await ask();
    t.equal(status, 200);
    const latest = openCheckpoint(Buffer.from(headers.get('loopledger-checkpoint') ?? '', 'base64').toString(), keys);
    const proof = (headers.get('loopledger-consistency') ?? '').split(',').map((hash) => Buffer.from(hash, 'base64'));
    const [to, toRoot] = [latest?.size ?? 0, latest?.root ?? Buffer.alloc(0)];
    t.ok(to >= seen.size + 21);
    t.ok(isConsistent({ from: seen.size, to, fromRoot: seen.root, toRoot, proof }));
  }
});

test('a checkpoint that is malformed, of the future, forged or empty refuses its own request and nothing else', async (t) => {
  const server = await startTestServer(t);
  const { tenantId, agentKey, userKey } = await server.found();
  const { size, root, header } = await see(t, server, agentKey);
  const hash = root.toString('base64');
  const forged = Buffer.from(root).fill(7).toString('base64');
  const refused: readonly (readonly [string, number, string])[] = [
    [`${size}:${forged}`, 409, 'checkpoint_differs'],
    [`${size + 1_000}:${hash}`, 409, 'checkpoint_unknown'],
    ['9007199254740991:' + hash, 409, 'checkpoint_unknown'],
    [`0:${Buffer.alloc(32).toString('base64')}`, 400, 'checkpoint_malformed'],
    ['0:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', 400, 'checkpoint_malformed'],
    [`0${size}:${hash}`, 400, 'checkpoint_malformed'],
    [`${size}:${hash.slice(1)}`, 400, 'checkpoint_malformed'],
    [`${size}:${hash.slice(0, -2)}1=`, 400, 'checkpoint_malformed'],
    [`${size}`, 400, 'checkpoint_malformed'],
    ['', 400, 'checkpoint_malformed'],
    ['x'.repeat(4_000), 400, 'checkpoint_malformed'],
  ];
  const before = await server.say('GET', '/api/v1/tenant', { key: agentKey });
  for (const [sent, status, code] of refused) {
    const headers = { 'loopledger-checkpoint': sent };
    t.match(await server.say('GET', '/api/v1/tenant', { key: agentKey, headers }), { status, body: { code } }, sent);
    const write = await server.say('PATCH', '/api/v1/tenant', { key: userKey, body: { name: 'Forged' }, headers });
    t.match(write, { status, body: { code } });
  }
  const after = await server.say('GET', '/api/v1/tenant', {
    key: agentKey,
    headers: { 'loopledger-checkpoint': header },
  });
  t.strictSame(after.body, before.body, 'nothing was written and nobody is stopped');
  t.equal((await server.say('GET', '/api/v1/halt', { key: agentKey })).body['halted'], false);
  await growLog(server.ledger, tenantId, 1);
});
