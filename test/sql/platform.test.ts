import pg from 'pg';
import { test } from 'tap';
import { newId } from '../../kernel/id.ts';
import { newKey } from '../../kernel/secret.ts';
import { codeOf } from '../../sql/database.ts';
import { createTestDatabase } from '../support/database.ts';

const denied = '42501';

async function connect(t: Parameters<typeof createTestDatabase>[0], url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  await client.connect();
  t.teardown(() => client.end());
  return client;
}

async function start(t: Parameters<typeof createTestDatabase>[0]) {
  const { adminUrl, appUrl, workerUrl } = await createTestDatabase(t);
  const admin = await connect(t, adminUrl);
  const keys: { readonly hash: Buffer; readonly tenantId: string }[] = [];
  for (let made = 0; made < 3; made += 1) {
    const { hash } = newKey('live');
    const tenantId = newId();
    await admin.query(
      `insert into platform.key_hashes (key_hash, tenant_id, key_id, role, active) values ($1, $2, $3, 'user', true)`,
      [hash, tenantId, newId()],
    );
    keys.push({ hash, tenantId });
  }
  return { admin, keys, app: await connect(t, appUrl), worker: await connect(t, workerUrl) };
}

async function failureOf(client: pg.Client, sql: string, values: unknown[] = []): Promise<string> {
  try {
    await client.query(sql, values);
    return 'done';
  } catch (error) {
    return codeOf(error);
  }
}

test('the application reaches the platform tables through their functions alone', async (t) => {
  const { app, worker } = await start(t);
  for (const client of [app, worker]) {
    for (const table of ['key_hashes', 'rate_leases', 'settings']) {
      t.equal(await failureOf(client, `select from platform.${table}`), denied, `select ${table}`);
      t.equal(await failureOf(client, `delete from platform.${table}`), denied, `delete ${table}`);
      t.equal(await failureOf(client, `truncate platform.${table}`), denied, `truncate ${table}`);
    }
  }
});

test('a key is found by whoever knows its hash, and by nobody else', async (t) => {
  const { app, keys } = await start(t);
  const find = async (hashes: Buffer[]) =>
    (await app.query('select tenant_id from platform.find_keys($1)', [hashes])).rows as unknown[];
  t.same(await find([keys[1]?.hash as Buffer]), [{ tenant_id: keys[1]?.tenantId }]);
  t.same(await find([]), []);
  t.same(await find([Buffer.alloc(32)]), []);
  t.same(await find([Buffer.from('%'), Buffer.from('')]), []);
  t.equal((await find(keys.map(({ hash }) => hash))).length, 3);
});

test('a look-up leaves no context behind on its connection', async (t) => {
  const { app, keys } = await start(t);
  await app.query('begin');
  await app.query('select from platform.find_keys($1)', [keys.map(({ hash }) => hash)]);
  await app.query('select from platform.lease_rates($1, $2, $3, $4)', [[keys[0]?.tenantId], [newId()], [10], [1]]);
  const { rows } = await app.query(
    `select current_setting('app.key_hash', true) as hashes, current_setting('app.tenant_id', true) as tenant`,
  );
  await app.query('rollback');
  t.same(rows, [{ hashes: '', tenant: '' }]);
});

test('even the owner sees only the keys of its tenant, or those that it can name', async (t) => {
  const { admin, keys } = await start(t);
  const count = async () => (await admin.query('select from platform.key_hashes')).rowCount;
  await admin.query('set role loopledger_owner');
  t.equal(await count(), 0);
  await admin.query(`select set_config('app.tenant_id', $1, false)`, [keys[0]?.tenantId]);
  t.equal(await count(), 1);
  await admin.query(`select set_config('app.tenant_id', '', false), set_config('app.key_hash', $1, false)`, [
    keys[2]?.hash.toString('hex'),
  ]);
  t.equal(await count(), 1);
  await admin.query(`select set_config('app.key_hash', 'abc', false)`);
  t.equal(await count(), 0);
});

test('even the owner writes a key only under its own tenant', async (t) => {
  const { admin, keys } = await start(t);
  await admin.query('set role loopledger_owner');
  await admin.query(`select set_config('app.tenant_id', $1, false)`, [keys[0]?.tenantId]);
  const insert = `insert into platform.key_hashes (key_hash, tenant_id, key_id, role, active) values ($1, $2, $3, 'user', true)`;
  t.equal(await failureOf(admin, insert, [newKey('live').hash, keys[1]?.tenantId, newId()]), denied);
  t.equal(await failureOf(admin, insert, [newKey('live').hash, keys[0]?.tenantId, newId()]), 'done');
  const upsert = `${insert} on conflict (key_hash) do update set tenant_id = excluded.tenant_id`;
  t.not(await failureOf(admin, upsert, [keys[1]?.hash, keys[0]?.tenantId, newId()]), 'done', 'onto the row of another');
  t.equal(await failureOf(admin, 'update platform.key_hashes set tenant_id = $1', [keys[1]?.tenantId]), denied);
  // Naming a key by its hash is enough to read it, and never to change it.
  await admin.query(`select set_config('app.key_hash', $1, false)`, [keys[1]?.hash.toString('hex')]);
  const changed = await admin.query('update platform.key_hashes set active = false where key_hash = $1', [
    keys[1]?.hash,
  ]);
  t.equal(changed.rowCount, 0);
});

test('leases of two tenants with the same subject are two leases', async (t) => {
  const { app, keys } = await start(t);
  const subject = newId();
  const lease = async (tenant: string | undefined, wanted: number) =>
    (
      await app.query('select granted, remaining from platform.lease_rates($1, $2, $3, $4)', [
        [tenant],
        [subject],
        [5],
        [wanted],
      ])
    ).rows[0] as unknown;
  // Of a small quota nobody gets more than one at a time.
  for (const remaining of [4, 3, 2, 1, 0]) t.same(await lease(keys[0]?.tenantId, 4), { granted: 1, remaining });
  t.same(await lease(keys[0]?.tenantId, 4), { granted: 0, remaining: 0 });
  t.same(await lease(keys[1]?.tenantId, 4), { granted: 1, remaining: 4 });
  t.same(await lease(keys[0]?.tenantId, -2), { granted: -2, remaining: 2 });
  t.same(
    await lease(keys[0]?.tenantId, -99),
    { granted: -99, remaining: 5 },
    'no more can be given back than was taken',
  );
});

test('many processes that lease the same subjects in any order never wait for each other for ever', async (t) => {
  const { app, worker, keys } = await start(t);
  const subjects = keys.map(({ tenantId }) => tenantId);
  const call = (client: pg.Client) =>
    client.query('select from platform.lease_rates($1, $1, $2, $3)', [
      subjects,
      subjects.map(() => 1_000_000),
      subjects.map(() => 3),
    ]);
  for (let round = 0; round < 50; round += 1) await Promise.all([call(app), call(worker)]);
  const { rows } = await app.query('select remaining from platform.lease_rates($1, $1, $2, $3)', [
    subjects,
    subjects.map(() => 1_000_000),
    subjects.map(() => 0),
  ]);
  t.same(
    rows,
    subjects.map(() => ({ remaining: 1_000_000 - 300 })),
  );
});
