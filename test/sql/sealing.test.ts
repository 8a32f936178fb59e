import pg from 'pg';
import { type Test, test } from 'tap';
import { newId } from '../../kernel/id.ts';
import { openCheckpoint } from '../../kernel/log-checkpoint.ts';
import { consistencySpans, GrowingTree, inclusionSpans, isConsistent, isIncluded } from '../../kernel/merkle.ts';
import { tileWidth } from '../../kernel/tile.ts';
import { openDatabase } from '../../sql/database.ts';
import { readSpans, readTile } from '../../sql/tree.ts';
import { administer, type TestDatabase } from '../support/database.ts';
import { openTestLedger } from '../support/ledger.ts';
import { growLog, letTimePass, tamper, testHost, testSealing, TestSigners } from '../support/sealing.ts';

interface SignedRow {
  readonly position: number;
  readonly note: string;
  readonly root: Buffer;
}

async function start(t: Test) {
  const { urls, database, ledger } = await openTestLedger(t);
  const signers = new TestSigners();
  const tenantId = newId();
  return { urls, database, ledger, signers, tenantId, sealing: testSealing(database, signers) };
}

async function ask<Row extends object>(urls: TestDatabase, sql: string): Promise<Row[]> {
  let rows: unknown[] = [];
  await administer(urls.adminUrl, async (client) => {
    ({ rows } = await client.query(sql));
  });
  return rows as Row[];
}

function signed(urls: TestDatabase): Promise<SignedRow[]> {
  return ask(urls, 'select position::integer, note, root from ledger.checkpoints order by position');
}

async function leavesOf(urls: TestDatabase): Promise<Buffer[]> {
  const rows = await ask<{ leaf_hash: Buffer }>(urls, 'select leaf_hash from ledger.events order by position');
  return rows.map(({ leaf_hash }) => leaf_hash);
}

test('a checkpoint is signed for the whole log, follows the one before, and proves every entry', async (t) => {
  const { urls, database, ledger, signers, tenantId, sealing } = await start(t);
  for (const events of [1, 254, 1, 1, 343, 511]) {
    await growLog(ledger, tenantId, events);
    t.equal((await sealing.seal(tenantId)).kind, 'sealed');
    await letTimePass(urls);
  }
  const leaves = await leavesOf(urls);
  const checkpoints = await signed(urls);
  t.strictSame(
    checkpoints.map(({ position }) => position),
    [1, 255, 256, 257, 600, 1_111],
  );
  const tree = new GrowingTree();
  for (const { position, note, root } of checkpoints) {
    while (tree.size < position) tree.append(leaves[tree.size] as Buffer);
    t.ok(tree.root().equals(root), `root at ${position}`);
    const origin = note.slice(0, note.indexOf('\n'));
    t.match(origin, new RegExp(`^${testHost}/log/[0-9a-f]{32}$`));
    t.match(openCheckpoint(note, [{ name: origin, ...signers.of(tenantId) }]), { origin, size: position, root });
  }
  const last = checkpoints.at(-1) as SignedRow;
  for (const { position: from, root: fromRoot } of checkpoints) {
    const proof = await readSpans(database, tenantId, consistencySpans(from, last.position));
    t.ok(isConsistent({ from, to: last.position, fromRoot, toRoot: last.root, proof }), `from ${from}`);
  }
  for (const leaf of [0, 1, 254, 255, 256, 511, 512, 767, 768, 1_023, 1_024, 1_110]) {
    const proof = await readSpans(database, tenantId, inclusionSpans(leaf, last.position));
    t.ok(isIncluded({ leaf, size: last.position, leafHash: leaves[leaf] as Buffer, root: last.root, proof }));
  }
  const tile = await readTile(database, tenantId, { level: 0, index: 2, width: tileWidth });
  t.ok(tile.equals(Buffer.concat(leaves.slice(512, 768))));
  t.equal((await readTile(database, tenantId, { level: 1, index: 0, width: 4 })).length, 128);
  await t.rejects(readTile(database, newId(), { level: 0, index: 0, width: 1 }));
});

test('a log is signed at most once a second, and not again when nothing happened', async (t) => {
  const { urls, ledger, tenantId, sealing } = await start(t);
  t.match(await sealing.seal(tenantId), { kind: 'current', position: 0 });
  await growLog(ledger, tenantId, 2);
  t.match(await sealing.seal(tenantId), { kind: 'sealed', position: 2, head: 2 });
  t.match(await sealing.seal(tenantId), { kind: 'current', position: 2 });
  await growLog(ledger, tenantId, 1);
  const early = await sealing.seal(tenantId);
  t.ok(early.kind === 'early' && early.waitMs > 0 && early.waitMs <= 1_000, JSON.stringify(early));
  await letTimePass(urls);
  t.match(await sealing.seal(tenantId), { kind: 'sealed', position: 3 });
});

test('many sealers at once sign one checkpoint, and one that dies leaves the seal to the others', async (t) => {
  const { urls, database, ledger, signers, tenantId, sealing } = await start(t);
  const second = openDatabase({ url: urls.workerUrl, max: 4, applicationName: 'loopledger-test' });
  t.teardown(() => second.close());
  await growLog(ledger, tenantId, 300);
  const both = [testSealing(database, signers), testSealing(second, signers)];
  const outcomes = await Promise.all([...both, ...both, ...both].map((one) => one.seal(tenantId)));
  t.equal(outcomes.filter(({ kind }) => kind === 'sealed').length, 1);
  t.ok(outcomes.every(({ kind }) => ['sealed', 'busy', 'current'].includes(kind)));
  await growLog(ledger, tenantId, 300);
  await letTimePass(urls);

  const doomed = new pg.Client({ connectionString: urls.workerUrl });
  doomed.on('error', () => undefined);
  await doomed.connect();
  const { rows } = await doomed.query<{ pid: number }>('select pg_backend_pid() as pid');
  await doomed.query('begin');
  await doomed.query(`select ledger.take_seal($1, 'x/log/y')`, [tenantId]);
  t.equal((await sealing.seal(tenantId)).kind, 'busy');
  await ask(urls, `select pg_terminate_backend(${rows[0]?.pid})`);
  await doomed.end().catch(() => undefined);
  let outcome = await sealing.seal(tenantId);
  for (let tries = 0; outcome.kind === 'busy' && tries < 50; tries += 1) outcome = await sealing.seal(tenantId);
  t.match(outcome, { kind: 'sealed', position: 600 });
  t.equal((await signed(urls)).length, 2);
});

const attacks: readonly { readonly name: string; readonly sql: string; readonly evidence: object }[] = [
  {
    name: 'an entry that is not signed for yet is edited',
    sql: `update ledger.events set entry = replace(entry, 'name', 'nome') where position = 305`,
    evidence: { kind: 'chain_broken', position: 305 },
  },
  {
    name: 'an entry is edited and its leaf hash with it',
    sql: `update ledger.events set entry = 'x', leaf_hash = sha256('\\x00'::bytea || convert_to('x', 'UTF8')) where position = 305`,
    evidence: { kind: 'chain_broken', position: 305 },
  },
  {
    name: 'an entry is taken out',
    sql: 'delete from ledger.events where position = 305',
    evidence: { kind: 'chain_broken' },
  },
  {
    name: 'the end of the log is cut off and its head left behind',
    sql: 'delete from ledger.events where position > 307',
    evidence: { kind: 'chain_broken', position: 310, promised: null },
  },
  {
    name: 'an entry that is signed for is edited with its leaf hash',
    sql: `update ledger.events set leaf_hash = sha256('\\x00'::bytea) where position = 290`,
    evidence: { kind: 'log_departed', position: 300, checkpoints: [/ledger\.example/] },
  },
  {
    name: 'a full tile is edited',
    sql: `update ledger.tiles set root = sha256('x')`,
    evidence: { kind: 'log_departed', position: 300 },
  },
  {
    name: 'the log is taken back behind its checkpoint',
    sql: `with cut as (delete from ledger.events where position > 280 returning 1)
          update ledger.heads h set position = 280, chain_hash = e.chain_hash from ledger.events e where e.position = 280`,
    evidence: { kind: 'log_departed', position: 300, found: null },
  },
  {
    name: 'what is signed for is written anew with a chain of its own',
    sql: `update ledger.events set chain_hash = sha256(chain_hash)`,
    evidence: { kind: 'chain_broken', position: 301 },
  },
];

for (const { name, sql, evidence } of attacks) {
  test(`nothing is signed when ${name}`, async (t) => {
    const { urls, ledger, tenantId, sealing } = await start(t);
    await growLog(ledger, tenantId, 300);
    await sealing.seal(tenantId);
    await growLog(ledger, tenantId, 10);
    await letTimePass(urls);
    await tamper(urls, sql);
    t.match(await sealing.seal(tenantId), { kind: 'broken', evidence });
    t.equal((await signed(urls)).length, 1);
  });
}

test('checkpoints and tiles only grow, by the function that adds them, and in their order', async (t) => {
  const { urls, ledger, tenantId, sealing } = await start(t);
  await growLog(ledger, tenantId, 260);
  await sealing.seal(tenantId);
  await growLog(ledger, tenantId, 5);
  const app = new pg.Client({ connectionString: urls.appUrl });
  await app.connect();
  t.teardown(() => app.end());
  await app.query(`select set_config('app.tenant_id', $1, false)`, [tenantId]);
  for (const table of ['ledger.checkpoints', 'ledger.tiles', 'ledger.seals']) {
    for (const sql of [`delete from ${table}`, `insert into ${table} select * from ${table}`, `truncate ${table}`]) {
      await t.rejects(app.query(sql), { code: '42501' }, sql);
      const asOwner = ['set role loopledger_owner', `select set_config('app.tenant_id', '${tenantId}', false)`, sql];
      if (!sql.startsWith('insert')) {
        await t.rejects(
          administer(urls.adminUrl, async (client) => {
            for (const statement of asOwner) {
              const { rowCount } = await client.query(statement);
              if (statement === sql && rowCount === 0) throw Object.assign(new Error('no row'), { code: '23001' });
            }
          }),
          { code: '23001' },
          `${sql} by the owner`,
        );
      }
    }
  }
  const add = (after: number, position: number) =>
    app.query(`select ledger.add_checkpoint($1, $2, $3, sha256(''), 'note', '{}', '{}', '{}', '{}')`, [
      tenantId,
      after,
      position,
    ]);
  for (const [after, position] of [
    [0, 265],
    [259, 265],
    [260, 260],
    [260, 266],
    [260, 0],
  ] as const) {
    await t.rejects(add(after, position), { message: /follows/ }, `${after} to ${position}`);
  }
  await t.rejects(add(260, 265), { message: /once a second/ });
});
