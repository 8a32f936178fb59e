import { createHash } from 'node:crypto';
import pg from 'pg';
import { test } from 'tap';
import { migrate } from '../../sql/migrate.ts';
import { checkNumbers, readSqlFiles, type SqlFile, type SqlFiles } from '../../sql/migration-file.ts';
import { administer, createEmptyDatabase, createTestDatabase, type Teardown } from '../support/database.ts';
import { startTestCluster, templateName } from '../support/postgres.ts';

function file(name: string, text: string): SqlFile {
  return { name, text, sha256: createHash('sha256').update(text).digest() };
}

const base: SqlFiles = {
  migrations: [file('migrations/0001-one.sql', 'create table view.ones (one_id int primary key)')],
  recreatable: [
    file('functions/one.sql', 'create or replace function view.one() returns int language sql return 1'),
    file('policies/one.sql', 'grant select on view.ones to loopledger_app'),
  ],
};

/** Roles belong to the whole cluster: whoever changes them must not do it under the tests that run beside this one. */
async function startOwnCluster(t: Teardown): Promise<string> {
  const { cluster, server, discard } = await startTestCluster();
  t.teardown(async () => {
    await server.stop();
    discard();
  });
  return cluster.adminUrl;
}

function urlOf(base: string, role: string, database: string, password: string = role): string {
  const url = new URL(base);
  Object.assign(url, { username: role, password, pathname: `/${database}` });
  return url.href;
}

async function rowsOf(url: string, text: string): Promise<Record<string, unknown>[]> {
  let rows: Record<string, unknown>[] = [];
  await administer(url, async (client) => {
    rows = (await client.query<Record<string, unknown>>(text)).rows;
  });
  return rows;
}

test('a cloned database is migrated and answers the application role', async (t) => {
  const database = await createTestDatabase(t);
  const files = await readSqlFiles();
  const rows = await rowsOf(database.appUrl, 'select name from platform.migrations');
  t.equal(rows.length, files.migrations.length + files.recreatable.length);
});

test('a second migration finds nothing to do', async (t) => {
  const database = await createTestDatabase(t);
  t.same(await migrate({ adminUrl: database.adminUrl }), []);
});

test('several processes may migrate one empty database at once', async (t) => {
  const { adminUrl } = await createEmptyDatabase(t);
  const files = await readSqlFiles();
  const results = await Promise.all(Array.from({ length: 5 }, () => migrate({ adminUrl })));
  t.same(
    results.flat().sort(),
    [...files.migrations, ...files.recreatable].map((each) => each.name).sort(),
    'each file was applied by exactly one of them',
  );
});

test('two databases of one cluster may be migrated at once', async (t) => {
  const databases = await Promise.all([createEmptyDatabase(t), createEmptyDatabase(t), createEmptyDatabase(t)]);
  const results = await Promise.all(databases.map(({ adminUrl }) => migrate({ adminUrl, files: base })));
  for (const applied of results) t.equal(applied.length, 3);
});

test('a migration that was edited after it landed is refused', async (t) => {
  const { adminUrl } = await createEmptyDatabase(t);
  await migrate({ adminUrl, files: base });
  const edited = { ...base, migrations: [file('migrations/0001-one.sql', 'create table view.twos (id int)')] };
  await t.rejects(migrate({ adminUrl, files: edited }), { code: 'migration_edited' });
});

test('a migration that comes before a landed one is refused', async (t) => {
  const { adminUrl } = await createEmptyDatabase(t);
  await migrate({ adminUrl, files: base });
  const early = { ...base, migrations: [file('migrations/0000-early.sql', 'select 1'), ...base.migrations] };
  await t.rejects(migrate({ adminUrl, files: early }), { code: 'migration_skipped' });
});

test('a database that is newer than the software is left alone', async (t) => {
  const { adminUrl } = await createEmptyDatabase(t);
  const newer = { ...base, migrations: [...base.migrations, file('migrations/0002-two.sql', 'select 1')] };
  await migrate({ adminUrl, files: newer });
  await t.rejects(migrate({ adminUrl, files: base }), { code: 'migration_unknown' });
});

test('a migration that fails leaves nothing of itself behind', async (t) => {
  const { adminUrl } = await createEmptyDatabase(t);
  const half = 'create table view.halves (id int); select 1 / 0';
  const failing = { ...base, migrations: [...base.migrations, file('migrations/0002-half.sql', half)] };
  await t.rejects(migrate({ adminUrl, files: failing }), { code: '22012' });
  t.same(await rowsOf(adminUrl, "select to_regclass('view.halves') as found"), [{ found: null }]);
  t.same(await rowsOf(adminUrl, 'select name from platform.migrations'), [{ name: 'migrations/0001-one.sql' }]);
});

test('functions and policies are applied again when one of them changed', async (t) => {
  const { adminUrl } = await createEmptyDatabase(t);
  await migrate({ adminUrl, files: base });
  const text = 'create or replace function view.one() returns int language sql return 2';
  const changed = { ...base, recreatable: [file('functions/one.sql', text), base.recreatable[1] as SqlFile] };
  t.same(await migrate({ adminUrl, files: changed }), ['functions/one.sql']);
  t.same(await rowsOf(adminUrl, 'select view.one() as one'), [{ one: 2 }]);
  t.same(await migrate({ adminUrl, files: changed }), []);
});

test('policies are applied again when a migration made tables', async (t) => {
  const { adminUrl } = await createEmptyDatabase(t);
  await migrate({ adminUrl, files: base });
  const again = 'drop table view.ones; create table view.ones (one_id int primary key)';
  const replaced = { ...base, migrations: [...base.migrations, file('migrations/0002-ones.sql', again)] };
  t.same(await migrate({ adminUrl, files: replaced }), ['migrations/0002-ones.sql']);
  const granted = "select has_table_privilege('loopledger_app', 'view.ones', 'select') as granted";
  t.same(await rowsOf(adminUrl, granted), [{ granted: true }]);
});

test('everything in the schemas belongs to a role that cannot log in', async (t) => {
  const { adminUrl } = await createTestDatabase(t);
  const owners = await rowsOf(
    adminUrl,
    `select distinct pg_get_userbyid(c.relowner) as owner from pg_class c
       join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('ledger', 'view', 'platform')`,
  );
  t.same(owners, [{ owner: 'loopledger_owner' }]);
  const [role] = await rowsOf(adminUrl, "select rolcanlogin from pg_roles where rolname = 'loopledger_owner'");
  t.same(role, { rolcanlogin: false });
});

test('the roles of the server may connect, and neither make nor keep anything of their own', async (t) => {
  const database = await createTestDatabase(t);
  for (const url of [database.appUrl, database.workerUrl]) {
    await administer(url, async (client) => {
      await t.rejects(client.query('create temporary table mine (id int)'), { code: '42501' });
      await t.rejects(client.query('create table public.mine (id int)'), { code: '42501' });
      await t.rejects(client.query('create table view.mine (id int)'), { code: '42501' });
      await t.rejects(client.query('create schema mine'), { code: '42501' });
      await t.rejects(client.query('set role loopledger_owner'), { code: '42501' });
      const { rows } = await client.query<{ TimeZone: string }>('show timezone');
      t.same(rows, [{ TimeZone: 'UTC' }]);
    });
  }
});

test('a role that has more rights than ours may have is refused', async (t) => {
  const adminUrl = await startOwnCluster(t);
  await administer(adminUrl, (client) => client.query('alter role loopledger_worker createdb'));
  await t.rejects(migrate({ adminUrl, files: base }), { code: 'role_unsafe', message: /loopledger_worker.*CREATEDB/ });
});

test('the owner of a database who may create roles needs no superuser', async (t) => {
  const adminUrl = await startOwnCluster(t);
  await administer(adminUrl, async (client) => {
    await client.query(`drop database ${templateName}`);
    await client.query('drop role loopledger_app, loopledger_worker, loopledger_owner');
    await client.query("create role landlord login createrole password 'landlord'");
    await client.query("create role tenant login password 'tenant'");
    await client.query('create database house owner landlord');
    await client.query('create database shed owner tenant');
  });
  const house = urlOf(adminUrl, 'landlord', 'house');
  t.ok((await migrate({ adminUrl: house })).length > 3);
  t.same(await migrate({ adminUrl: house, appPassword: 'one', workerPassword: 'two' }), []);
  await administer(urlOf(adminUrl, 'loopledger_app', 'house', 'one'), (client) => client.query('select 1'));
  await administer(adminUrl, async (client) => {
    await client.query('drop database house');
    await client.query('drop role loopledger_app, loopledger_worker, loopledger_owner');
  });
  const shed = urlOf(adminUrl, 'tenant', 'shed');
  await t.rejects(migrate({ adminUrl: shed }), { code: 'migration_role_weak', message: /CREATEROLE/ });
});

test('a role that does not own the database is told so', async (t) => {
  const database = await createTestDatabase(t);
  await t.rejects(migrate({ adminUrl: database.appUrl }), { code: 'migration_role_weak' });
});

test('the passwords of the roles are set without being shown to the server', async (t) => {
  const { adminUrl, appUrl } = await createTestDatabase(t);
  const url = new URL(appUrl);
  await migrate({ adminUrl, appPassword: decodeURIComponent(url.password) });
  const client = new pg.Client({ connectionString: appUrl });
  await client.connect();
  await client.end();
  url.password = 'another';
  await t.rejects(new pg.Client({ connectionString: url.href }).connect(), { code: '28P01' });
});

test('migrations are numbered once each', async (t) => {
  checkNumbers(['0001-one.sql', '0002-two-words.sql']);
  t.throws(() => checkNumbers(['0001-one.sql', '0001-two.sql']), { code: 'migration_number_taken' });
  t.throws(() => checkNumbers(['1-one.sql']), { code: 'migration_misnamed' });
  t.throws(() => checkNumbers(['0001-One.sql']), { code: 'migration_misnamed' });
});
