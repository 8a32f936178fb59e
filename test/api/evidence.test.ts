import { test } from 'tap';
import { signCheckpoint } from '../../kernel/log-checkpoint.ts';
import { leafHash } from '../../kernel/merkle.ts';
import { newSeed, openSigner } from '../../kernel/signing.ts';
import { readPosition } from '../../sql/feed-position.ts';
import { see } from '../support/log-reader.ts';
import { growLog, letTimePass, tamper } from '../support/sealing.ts';
import { shareTestServer, type TestServer } from '../support/server.ts';

/** As somebody would who has got hold of the key. */
async function thief(server: TestServer, tenantId: string, origin: string) {
  const signer = await server.tenantKeys.signer(tenantId, 'log');
  const key = { name: origin, publicKey: signer.publicKey, sign: (bytes: Uint8Array) => signer.sign(bytes) };
  return (size: number, text: string) => signCheckpoint({ origin, size, root: leafHash(Buffer.from(text)) }, key);
}

function report(server: TestServer, key: string, body: object) {
  return server.say('POST', '/api/v1/halt', { key, body });
}

test('a signed checkpoint that the log does not continue halts the tenant, and no other', async (t) => {
  const server = await shareTestServer(t);
  const [{ tenantId, agentKey }, bystander] = [await server.found(), await server.found()];
  const { origin, size, root } = await see(t, server, agentKey);
  const checkpoint = (await thief(server, tenantId, origin))(size - 1, 'another history');
  const reported = await report(server, agentKey, { checkpoint });
  t.match(reported, { status: 200, body: { halted: true, evidence_hash: /^[0-9a-f]{64}$/ } });
  const { body } = await server.say('GET', '/api/v1/halt', { key: agentKey });
  t.match(body, { halted: true, evidence_hash: reported.body['evidence_hash'] });
  const promised = leafHash(Buffer.from('another history')).toString('hex');
  t.match(body['evidence'], { kind: 'log_departed', checkpoints: [checkpoint], position: size - 1, promised });
  t.not(root.toString('hex'), promised);
  t.equal((await server.say('GET', '/api/v1/halt', { key: bystander.agentKey })).body['halted'], false);
  t.match((await see(t, server, agentKey)).size, Number, 'reads and proofs go on');
});

test('a checkpoint of entries that the log has lost halts the tenant', async (t) => {
  const server = await shareTestServer(t);
  const { tenantId, agentKey } = await server.found();
  const { origin, size } = await see(t, server, agentKey);
  const checkpoint = (await thief(server, tenantId, origin))(size + 500, 'lost');
  t.match(await report(server, agentKey, { checkpoint }), { status: 200, body: { halted: true } });
  const { body } = await server.say('GET', '/api/v1/halt', { key: agentKey });
  t.match(body['evidence'], { kind: 'log_departed', position: size + 500, found: null });
});

test('two signed checkpoints of one size with different roots halt the tenant, in either order', async (t) => {
  const server = await shareTestServer(t);
  const hashes: unknown[] = [];
  const { tenantId, agentKey } = await server.found();
  const { origin } = await see(t, server, agentKey);
  const [one, two] = [
    (await thief(server, tenantId, origin))(10_000, 'one'),
    (await thief(server, tenantId, origin))(10_000, 'two'),
  ];
  for (const body of [
    { checkpoint: one, other: two },
    { checkpoint: two, other: one },
  ]) {
    const heard = await report(server, agentKey, body);
    t.match(heard, { status: 200, body: { halted: true } });
    hashes.push(heard.body['evidence_hash']);
  }
  t.equal(hashes[0], hashes[1]);
  const { body } = await server.say('GET', '/api/v1/halt', { key: agentKey });
  t.match(body['evidence'], { kind: 'checkpoints_differ', position: 10_000 });
});

test('evidence that does not verify is refused, stops nobody and leaves nothing in the log', async (t) => {
  const server = await shareTestServer(t);
  const [{ tenantId, agentKey }, other] = [await server.found(), await server.found()];
  const seen = await see(t, server, agentKey);
  const theirs = await see(t, server, other.agentKey);
  const before = await readPosition(server.database, tenantId);
  const forger = { name: seen.origin, ...openSigner('k', newSeed()) };
  const forged = signCheckpoint({ ...seen, size: 1 }, forger);
  const spoilt = seen.note.replace(/^(.*\n)\d+/, '$11');
  const elsewhere = (await thief(server, tenantId, theirs.origin))(1, 'elsewhere');
  const refused: readonly (readonly [object, string])[] = [
    [{ checkpoint: seen.note }, 'evidence_consistent'],
    [{ checkpoint: seen.note, other: seen.note }, 'evidence_consistent'],
    [{ checkpoint: forged }, 'evidence_unsigned'],
    [{ checkpoint: seen.note, other: forged }, 'evidence_unsigned'],
    [{ checkpoint: spoilt }, 'evidence_unsigned'],
    [{ checkpoint: theirs.note }, 'evidence_unsigned'],
    [{ checkpoint: elsewhere }, 'evidence_unsigned'],
    [{ checkpoint: 'x' }, 'body_invalid'],
    [{ checkpoint: '' }, 'body_invalid'],
    [{}, 'body_invalid'],
  ];
  for (const [body, code] of refused)
    t.equal((await report(server, agentKey, body)).body.code, code, JSON.stringify(body));
  t.equal((await server.say('GET', '/api/v1/halt', { key: agentKey })).body['halted'], false);
  t.equal(await readPosition(server.database, tenantId), before);
  t.ok(server.logged.some((line) => line.includes('evidence for a halt was refused')));
});

test('a broken chain halts the tenant when somebody asks for a proof, and the log can still be exported', async (t) => {
  const server = await shareTestServer(t);
  const { tenantId, agentKey } = await server.found();
  const { size } = await see(t, server, agentKey);
  await growLog(server.ledger, tenantId, 3);
  await tamper(server.urls, `update ledger.events set entry = replace(entry, 'Gr', 'gr') where position = ${size + 2}`);
  await letTimePass(server.urls);
  const refused = await server.say('GET', `/api/v1/log/proofs/inclusion?position=${size + 3}`, { key: agentKey });
  t.match(refused, { status: 503, body: { code: 'checkpoint_unavailable' } });
  const { body } = await server.say('GET', '/api/v1/halt', { key: agentKey });
  t.match(body['evidence'], { kind: 'chain_broken', position: size + 2 });
  const response = await fetch(`${server.url}/api/v1/log/export`, { headers: { authorization: `Bearer ${agentKey}` } });
  t.equal(response.status, 200);
  const lines = (await response.text()).trimEnd().split('\n');
  t.match(JSON.parse(lines.at(-1) ?? '') as unknown, { kind: 'end', entries: size + 4 });
});
