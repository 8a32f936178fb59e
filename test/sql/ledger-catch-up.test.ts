import pg from 'pg';
import { test } from 'tap';
import { changeProject, createProject } from '../../commands/project.ts';
import { newId } from '../../kernel/id.ts';
import { codeOfRefusal, openTestLedger, request } from '../support/ledger.ts';
import { registry } from '../../projections/index.ts';
import { openDatabase } from '../../sql/database.ts';
import { createLedger } from '../../sql/ledger.ts';
import { until } from '../support/workers.ts';

const length = 20_000;
const name = 'outrun';

/** A long log: copies of its last event, each on a stream of its own. */
async function lengthen(admin: pg.Client, tenantId: string): Promise<void> {
  await admin.query(
    `insert into ledger.events (tenant_id, position, event_id, stream_type, stream_id, version, type, schema, project_id,
                                recorded_at, entry, leaf_hash, chain_hash)
     select e.tenant_id, e.position + n, gen_random_uuid(), e.stream_type, gen_random_uuid(), 1, e.type, e.schema,
            e.project_id, e.recorded_at, e.entry, e.leaf_hash, e.chain_hash
       from ledger.events e cross join generate_series(1, $2) n where e.tenant_id = $1`,
    [tenantId, length],
  );
  await admin.query('update ledger.heads set position = position + $2 where tenant_id = $1', [tenantId, length]);
  await admin.query('analyze ledger.events');
}

/** What a connection has read is counted when it ends. */
async function readInSequence(admin: pg.Client): Promise<number> {
  const others = `select from pg_stat_activity where datname = current_database() and application_name = '${name}'`;
  await until('the connections have ended', async () => (await admin.query(others)).rowCount === 0);
  await admin.query('select pg_stat_force_next_flush()');
  const { rows } = await admin.query<{ read: number }>(
    `select seq_tup_read::integer as read from pg_stat_user_tables where schemaname = 'ledger' and relname = 'events'`,
  );
  return rows[0]?.read ?? 0;
}

test('a process that was outrun reads what it missed and not the log', async (t) => {
  const { ledger, urls } = await openTestLedger(t);
  const [tenantId, project_id] = [newId(), newId()];
  await ledger.execute(request(tenantId, createProject, { project_id, name: 'P', slug: 'p' }));
  const admin = new pg.Client({ connectionString: urls.adminUrl });
  await admin.connect();
  t.teardown(() => admin.end());
  await lengthen(admin, tenantId);
  const before = await readInSequence(admin);
  const databases = [1, 2].map(() => openDatabase({ url: urls.appUrl, max: 2, applicationName: name }));
  const ledgers = databases.map((database) => createLedger({ database, registry }));
  const rename = (ifMatch?: number) =>
    request(tenantId, changeProject, { project_id, changes: { name: newId() } }, ifMatch ? { ifMatch } : {});
  // A prepared statement gets its lasting plan at its sixth execution.
  for (let round = 0; round < 8; round += 1) {
    for (const one of ledgers) {
      await one.execute(rename());
      t.equal(await codeOfRefusal(one.execute(rename(99))), 'version_conflict');
    }
  }
  for (const database of databases) await database.close();
  t.equal((await readInSequence(admin)) - before, 0);
});
