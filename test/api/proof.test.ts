import { test } from 'tap';
import { openCheckpoint, readEntryProof } from '../../kernel/log-checkpoint.ts';
import { isConsistent, isIncluded, leafHash } from '../../kernel/merkle.ts';
import { administer } from '../support/database.ts';
import { hear, readKeys, see } from '../support/log-reader.ts';
import { bestOf, msOf } from '../support/pace.ts';
import { growLog, letTimePass } from '../support/sealing.ts';
import { shareTestServer, type TestServer } from '../support/server.ts';

const bytesOf = (hashes: unknown): Buffer[] => (hashes as string[]).map((hash) => Buffer.from(hash, 'base64'));

async function entriesOf(server: TestServer, tenantId: string): Promise<Buffer[]> {
  let entries: Buffer[] = [];
  await administer(server.urls.adminUrl, async (client) => {
    const { rows } = await client.query<{ entry: string }>(
      'select entry from ledger.events where tenant_id = $1 order by position',
      [tenantId],
    );
    entries = rows.map(({ entry }) => Buffer.from(entry));
  });
  return entries;
}

test('an agent verifies by itself that an entry is in the log, from what the server says', async (t) => {
  const server = await shareTestServer(t);
  const { tenantId, agentKey } = await server.found();
  await growLog(server.ledger, tenantId, 270);
  const entries = await entriesOf(server, tenantId);
  const { size, root, origin } = await see(t, server, agentKey, 270);
  t.equal(size, entries.length);
  t.match(origin, /^127\.0\.0\.1:4000\/log\/[0-9a-f]{32}$/);
  for (const position of [1, 2, 256, 257, size]) {
    const path = `/api/v1/log/proofs/inclusion?position=${position}&size=${size}`;
    const { body } = await server.say('GET', path, { key: agentKey });
    const leaf = leafHash(entries[position - 1] as Buffer);
    t.match(body, { position, size, leaf_hash: leaf.toString('base64'), root: root.toString('base64') });
    t.ok(isIncluded({ leaf: position - 1, size, leafHash: leaf, root, proof: bytesOf(body['proof']) }));
    const file = await hear(server, agentKey, `/api/v1/log/entries/${position}/proof`);
    t.match(file.headers.get('content-type'), 'text/plain');
    const proof = readEntryProof(file.text);
    t.equal(proof?.index, position - 1);
    const signed = openCheckpoint(proof?.checkpoint ?? '', (await readKeys(server, agentKey)).keys);
    t.ok(signed?.root.equals(root));
    t.ok(isIncluded({ leaf: position - 1, size, leafHash: leaf, root, proof: proof?.proof ?? [] }));
  }
});

test('a proof of what is not signed yet is given within a second or so', async (t) => {
  const server = await shareTestServer(t);
  const { tenantId, agentKey } = await server.found();
  let first = await see(t, server, agentKey);
  const ms = await bestOf(2_500, async () => {
    first = await see(t, server, agentKey);
    await growLog(server.ledger, tenantId, 3);
    const path = `/api/v1/log/proofs/inclusion?position=${first.size + 3}`;
    const asked = server.say('GET', path, { key: agentKey });
    const tookMs = await msOf(() => asked);
    const { body, headers } = await asked;
    t.match(body, { size: first.size + 3 });
    t.equal(headers.get('loopledger-position'), String(first.size + 3));
    return tookMs;
  });
  t.ok(ms < 2_500, `${Math.round(ms)} ms`);
  const list = await server.say('GET', '/api/v1/log/checkpoints?limit=1', { key: agentKey });
  t.match(list.body.data, [{ size: first.size, note: first.note, root: first.root.toString('base64') }]);
  const next = await server.say('GET', `/api/v1/log/checkpoints?cursor=${list.body['next_cursor'] as string}`, {
    key: agentKey,
  });
  t.match(next.body.data, [{ size: first.size + 3 }]);
});

test('a proof of consistency is given between any two sizes', async (t) => {
  const server = await shareTestServer(t);
  const { tenantId, agentKey } = await server.found();
  await growLog(server.ledger, tenantId, 40);
  const { size, root } = await see(t, server, agentKey, 40);
  for (const [from, to] of [
    [1, size],
    [16, 17],
    [33, size],
    [size, size],
  ] as const) {
    const { body } = await server.say('GET', `/api/v1/log/proofs/consistency?from=${from}&to=${to}`, { key: agentKey });
    const [fromRoot, toRoot] = bytesOf([body['from_root'], body['to_root']]) as [Buffer, Buffer];
    t.ok(isConsistent({ from, to, fromRoot, toRoot, proof: bytesOf(body['proof']) }), `${from} to ${to}`);
    if (to === size) t.ok(toRoot.equals(root));
  }
});

test('what is beyond the log, or no range, is refused', async (t) => {
  const server = await shareTestServer(t);
  const { agentKey, userKey } = await server.found();
  const { size } = await see(t, server, agentKey);
  const refused = {
    [`/proofs/inclusion?position=${size + 1}`]: 'proof_beyond_log',
    [`/proofs/inclusion?position=1&size=${size + 1}`]: 'proof_beyond_log',
    [`/proofs/inclusion?position=3&size=2`]: 'proof_range_invalid',
    [`/proofs/consistency?from=${size + 1}`]: 'proof_beyond_log',
    [`/proofs/consistency?from=3&to=2`]: 'proof_range_invalid',
    [`/entries/${size + 1}/proof`]: 'proof_beyond_log',
    '/entries/9999999999999999/proof': 'proof_beyond_log',
    '/entries/0/proof': 'id_invalid',
    '/proofs/inclusion?position=0': 'query_invalid',
    [`/checkpoint?position=${size + 1}`]: 'proof_beyond_log',
  };
  for (const [path, code] of Object.entries(refused)) {
    t.equal((await server.say('GET', `/api/v1/log${path}`, { key: userKey })).body.code, code, path);
  }
});

test('tiles are served as they are named, and none that no checkpoint covers', async (t) => {
  const server = await shareTestServer(t);
  const { tenantId, agentKey } = await server.found();
  await growLog(server.ledger, tenantId, 600);
  const { size } = await see(t, server, agentKey, 600);
  await growLog(server.ledger, tenantId, 10);
  const leaves = (await entriesOf(server, tenantId)).map(leafHash);
  const get = async (path: string) => {
    const response = await fetch(`${server.url}/api/v1/log/tile/${path}`, {
      headers: { authorization: `Bearer ${agentKey}` },
    });
    return { response, bytes: Buffer.from(await response.arrayBuffer()) };
  };
  const full = await get('0/001');
  t.equal(full.response.headers.get('content-type'), 'application/octet-stream');
  t.equal(full.response.headers.get('cache-control'), 'private, max-age=31536000, immutable');
  t.ok(full.bytes.equals(Buffer.concat(leaves.slice(256, 512))));
  const width = size - 512;
  const partial = await get(`0/002.p/${width}`);
  t.ok(partial.bytes.equals(Buffer.concat(leaves.slice(512, size))));
  t.equal((await get('1/000.p/2')).bytes.length, 64);
  for (const path of [`0/002.p/${width + 1}`, '0/002', '1/000.p/3', '1/000', '0/1', '0/x000/001', '0/003', '7/000']) {
    const { response, bytes } = await get(path);
    t.equal(response.status, 404, path);
    t.match(bytes.toString(), 'tile_not_found');
  }
});

test('two tenants have logs of their own names, and neither sees the other', async (t) => {
  const server = await shareTestServer(t);
  const [one, other] = [await server.found(), await server.found()];
  const [mine, theirs] = [await see(t, server, one.agentKey), await see(t, server, other.agentKey)];
  t.not(mine.origin, theirs.origin);
  t.equal(openCheckpoint(theirs.note, (await readKeys(server, one.agentKey)).keys), null);
  await letTimePass(server.urls);
  const again = await see(t, server, one.agentKey);
  t.equal(again.origin, mine.origin, 'the name stays');
});
