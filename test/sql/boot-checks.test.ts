import { test } from 'tap';
import { assertMasterKey, assertMigrated, assertSafeServer, checkVersion } from '../../sql/boot-checks.ts';
import { type Database, openDatabase } from '../../sql/database.ts';
import { readSqlFiles } from '../../sql/migration-file.ts';
import { administer, createEmptyDatabase, createTestDatabase, type Teardown } from '../support/database.ts';

function open(t: Teardown, url: string): Database {
  const database = openDatabase({ url, max: 1, applicationName: 'boot-checks-test' });
  t.teardown(() => database.close());
  return database;
}

test('both roles of the server are safe on a fresh database', async (t) => {
  const { appUrl, workerUrl } = await createTestDatabase(t);
  for (const url of [appUrl, workerUrl]) {
    const database = open(t, url);
    await t.resolves(assertSafeServer(database));
    await t.resolves(assertMigrated(database, await readSqlFiles()));
  }
});

test('a superuser is refused', async (t) => {
  const { adminUrl } = await createTestDatabase(t);
  await t.rejects(assertSafeServer(open(t, adminUrl)), { code: 'role_bypasses_rows', message: /superuser/ });
});

test('a role that could pass by the row policies is refused', async (t) => {
  const { adminUrl, name } = await createTestDatabase(t);
  const faults: readonly (readonly [fault: string, plant: string, message: RegExp])[] = [
    ['bypass', 'alter role %r bypassrls', /BYPASSRLS/],
    ['member', 'grant loopledger_owner to %r', /member of loopledger_owner/],
    ['owner', 'alter table view.planted owner to %r', /owns our tables/],
  ];
  await administer(adminUrl, (client) => client.query('create table view.planted (id int)'));
  for (const [fault, plant, message] of faults) {
    const role = `${name}_${fault}`;
    await administer(adminUrl, async (client) => {
      await client.query(`create role ${role} login password 'planted'`);
      await client.query(`grant connect on database ${name} to ${role}`);
      await client.query(plant.replace('%r', role));
    });
    const url = new URL(adminUrl);
    url.username = role;
    url.password = 'planted';
    const database = openDatabase({ url: url.href, max: 1, applicationName: 'boot-checks-test' });
    await t.rejects(assertSafeServer(database), { code: 'role_bypasses_rows', message }, fault);
    await database.close();
    await administer(adminUrl, (client) => client.query(`drop owned by ${role} cascade; drop role ${role}`));
  }
});

test('a database that commits before it has written is refused', async (t) => {
  const { adminUrl, appUrl, name } = await createTestDatabase(t);
  await administer(adminUrl, (client) => client.query(`alter database ${name} set synchronous_commit = off`));
  await t.rejects(assertSafeServer(open(t, appUrl)), { code: 'commits_not_durable', message: /synchronous_commit/ });
});

test('versions with known faults are refused, and every later one is taken', async (t) => {
  for (const number of [140_099, 150_017, 160_013, 170_009, 180_003]) {
    t.throws(() => checkVersion(number), { code: 'database_too_old' }, String(number));
  }
  for (const number of [150_018, 150_019, 160_014, 170_010, 180_004, 190_000]) {
    t.doesNotThrow(() => checkVersion(number), String(number));
  }
});

test('a database that lacks a migration, or has another text of one, is refused', async (t) => {
  const files = await readSqlFiles();
  const { adminUrl, appUrl } = await createTestDatabase(t);
  const forget = `delete from platform.migrations where name = '${files.migrations.at(-1)?.name}'`;
  await administer(adminUrl, (client) => client.query(forget));
  await t.rejects(assertMigrated(open(t, appUrl), files), { code: 'migrations_pending' });
  const other = await createTestDatabase(t);
  const [first] = files.recreatable;
  const edited = { ...files, recreatable: [{ ...first, sha256: Buffer.alloc(32) } as (typeof files.recreatable)[0]] };
  await t.rejects(assertMigrated(open(t, other.appUrl), edited), { code: 'migrations_pending' });
});

test('a database that was never migrated is refused', async (t) => {
  const { adminUrl } = await createEmptyDatabase(t);
  await t.rejects(assertMigrated(open(t, adminUrl), await readSqlFiles()), { code: 'migrations_pending' });
});

test('a database belongs to the master key of the first server, for every role', async (t) => {
  const { appUrl, workerUrl } = await createTestDatabase(t);
  const [first, other] = [Buffer.alloc(32, 'first'), Buffer.alloc(32, 'other')];
  await assertMasterKey(open(t, appUrl), first);
  await t.resolves(assertMasterKey(open(t, workerUrl), first));
  await t.rejects(assertMasterKey(open(t, appUrl), other), { code: 'master_key_differs' });
  await t.rejects(assertMasterKey(open(t, workerUrl), other), { code: 'master_key_differs' });
});
