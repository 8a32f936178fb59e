import { createHash, randomBytes } from 'node:crypto';
import { type Test, test } from 'tap';
import { newId } from '../../kernel/id.ts';
import { putContent, readContent } from '../../sql/content.ts';
import { openDatabase } from '../../sql/database.ts';
import { administer, createTestDatabase } from '../support/database.ts';
import { codeOfRefusal } from '../support/ledger.ts';

async function start(t: Test) {
  const urls = await createTestDatabase(t);
  const database = openDatabase({ url: urls.appUrl, max: 2, applicationName: 'loopledger-test' });
  t.teardown(() => database.close());
  return { urls, database };
}

test('content is kept under its digest, byte for byte, and once', async (t) => {
  const { urls, database } = await start(t);
  const tenantId = newId();
  for (const bytes of [Buffer.alloc(0), Buffer.from('ü\0\xff', 'latin1'), randomBytes(3_000_000)]) {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    t.same(await putContent(database, tenantId, bytes), { sha256, size: bytes.length });
    t.same(await putContent(database, tenantId, bytes), { sha256, size: bytes.length });
    t.ok((await readContent(database, tenantId, sha256))?.equals(bytes));
  }
  await administer(urls.adminUrl, async (client) => {
    t.equal((await client.query('select from ledger.contents')).rowCount, 3);
  });
});

test('content of another tenant is content that is not there', async (t) => {
  const { database } = await start(t);
  const { sha256 } = await putContent(database, newId(), Buffer.from('secret plan'));
  t.equal(await readContent(database, newId(), sha256), null);
  t.equal(await readContent(database, newId(), '00'.repeat(32)), null);
});

test('content that was tampered with is not handed out', async (t) => {
  const { urls, database } = await start(t);
  const tenantId = newId();
  const { sha256 } = await putContent(database, tenantId, Buffer.from('as it was'));
  await administer(urls.adminUrl, async (client) => {
    const change = `update ledger.contents set bytes = 'otherwise', size = 9`;
    await t.rejects(client.query(change), { code: '23001' });
    await client.query('alter table ledger.contents disable trigger all');
    await t.rejects(client.query(change), { code: '23514' });
    for (const { conname } of (
      await client.query<{ conname: string }>(
        `select conname from pg_constraint where conrelid = 'ledger.contents'::regclass and contype = 'c'`,
      )
    ).rows) {
      await client.query(`alter table ledger.contents drop constraint ${conname}`);
    }
    await client.query(change);
  });
  await t.rejects(readContent(database, tenantId, sha256), /does not fit its digest/);
});

test('content beyond the limit is refused before it reaches the database', async (t) => {
  const { database } = await start(t);
  t.equal(await codeOfRefusal(putContent(database, newId(), Buffer.alloc((16 << 20) + 1))), 'content_too_large');
});

test('the application can neither change nor remove content', async (t) => {
  const { urls, database } = await start(t);
  await putContent(database, newId(), Buffer.from('kept'));
  await administer(urls.appUrl, async (client) => {
    for (const sql of [
      `update ledger.contents set size = 1`,
      'delete from ledger.contents',
      'truncate ledger.contents',
    ]) {
      await t.rejects(client.query(sql), { code: '42501' });
    }
  });
});
