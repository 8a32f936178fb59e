import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { administer, createTestDatabase } from '../support/database.ts';
import { dumpSchema } from '../support/schema-dump.ts';
import { root } from '../support/source.ts';

const committed = readFileSync(path.join(root, 'sql/schema.sql'), 'utf8');

test('sql/schema.sql is what the migrations make; npm run schema writes it anew', async (t) => {
  const { adminUrl } = await createTestDatabase(t);
  await administer(adminUrl, async (client) => t.equal(await dumpSchema(client), committed));
});

test('the dump shows every kind of change', async (t) => {
  const changes = [
    'alter table ledger.requests add column planted int',
    'alter table ledger.requests alter column body drop not null',
    'alter table ledger.requests no force row level security',
    'alter table ledger.requests add constraint planted check (status > 0)',
    'create index planted on ledger.requests (status)',
    'create policy planted on ledger.requests for select using (true)',
    'drop trigger heads_forward on ledger.heads',
    'grant update on ledger.events to loopledger_app',
    'grant update (status) on ledger.requests to loopledger_app',
    'grant execute on all functions in schema ledger to public',
    'create view view.planted as select 1 as one',
    'create sequence view.planted',
    'alter function ledger.refuse_change() security definer',
  ];
  const { adminUrl } = await createTestDatabase(t);
  await administer(adminUrl, async (client) => {
    const before = await dumpSchema(client);
    for (const change of changes) {
      await client.query('begin');
      await client.query(change);
      t.not(await dumpSchema(client), before, change);
      await client.query('rollback');
    }
  });
});
