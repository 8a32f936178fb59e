import { test } from 'tap';
import { newId } from '../../kernel/id.ts';
import { isConnectionFailure, openDatabase } from '../../sql/database.ts';
import { statement } from '../../sql/statement.ts';
import { Proxy } from '../fault/proxy.ts';
import { administer, createTestDatabase } from '../support/database.ts';
import { until } from '../support/workers.ts';

const tenantId = newId();
const divide = statement('divide', 'select 10 / $1::integer as value, pg_sleep($2)');
const backend = statement('backend', 'select pg_backend_pid() as pid');

async function isAsleep(adminUrl: string): Promise<void> {
  const asleep = `select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
  await administer(adminUrl, (client) => until('it sleeps', async () => (await client.query(asleep)).rowCount === 1));
}

test('a statement that fails the first time on a connection does not cost the prepared statements', async (t) => {
  const { appUrl } = await createTestDatabase(t);
  let unprepared = 0;
  const database = openDatabase({
    url: appUrl,
    max: 1,
    applicationName: 'test',
    onUnprepared: () => (unprepared += 1),
  });
  t.teardown(() => database.close());
  await t.rejects(database.read(tenantId, divide, [0, 0]), { code: '22012' });
  t.match(await database.read(tenantId, divide, [5, 0]), [{ value: 2 }]);
  await t.rejects(database.read(tenantId, divide, [0, 0]), { code: '22012' });
  t.match(await database.read(tenantId, divide, [2, 0]), [{ value: 5 }]);
  t.equal(unprepared, 0);
});

test('a connection that the server ends in mid-statement fails that statement and nothing else', async (t) => {
  const { appUrl, adminUrl } = await createTestDatabase(t);
  const database = openDatabase({ url: appUrl, max: 1, applicationName: 'test' });
  t.teardown(() => database.close());
  const [row] = await database.read<{ pid: number }>(tenantId, backend, []);
  const sleeping = t.rejects(database.read(tenantId, divide, [1, 10]), { code: '57P01' });
  await isAsleep(adminUrl);
  await administer(adminUrl, (client) => client.query('select pg_terminate_backend($1)', [row?.pid]));
  await sleeping;
  t.match(await database.read(tenantId, divide, [1, 0]), [{ value: 10 }]);
});

test('a connection that is cut without a word fails its statement, and the next one gets another', async (t) => {
  const { appUrl, adminUrl } = await createTestDatabase(t);
  const proxy = await Proxy.open(appUrl);
  const database = openDatabase({ url: proxy.url, max: 2, applicationName: 'test' });
  t.teardown(() => database.close().then(() => proxy.close()));
  const sleeping = t.rejects(database.read(tenantId, divide, [1, 10]), /terminated|ECONNRESET/);
  await isAsleep(adminUrl);
  proxy.strikeAll('cut');
  await sleeping;
  t.match(await database.read(tenantId, divide, [1, 0]), [{ value: 10 }]);
});

test('a wait that the server broke off is worth another try, a broken rule is not', async (t) => {
  const { appUrl } = await createTestDatabase(t);
  const database = openDatabase({ url: appUrl, max: 2, applicationName: 'test' });
  t.teardown(() => database.close());
  const first = statement('first', 'select pg_advisory_xact_lock(1) as lock');
  const second = statement('second', 'select pg_advisory_xact_lock(2) as lock');
  let held = 0;
  const embrace = (one: typeof first, other: typeof first): Promise<unknown> =>
    database.hold(async (session) => {
      await session.platform(one, []);
      held += 1;
      await until('both hold one', () => held === 2);
      await session.platform(other, []);
    });
  const outcomes = await Promise.allSettled([embrace(first, second), embrace(second, first)]);
  const broken = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  t.match(broken, [{ code: '40P01' }]);
  t.ok(isConnectionFailure(broken[0]));
  const division = await database.read(tenantId, divide, [0, 0]).catch((error: unknown) => error);
  t.notOk(isConnectionFailure(division));
});

test('a transaction begins with its first statement and ends with its closing one', async (t) => {
  const { appUrl } = await createTestDatabase(t);
  const database = openDatabase({ url: appUrl, max: 2, applicationName: 'test' });
  t.teardown(() => database.close());
  const seize = statement('seize', 'select pg_try_advisory_xact_lock(7) as mine');
  const stamp = statement('stamp', 'select txid_current()::text as id, $1 as told');
  const free = async (): Promise<unknown> => (await database.platform(seize, []))[0]?.['mine'];
  await database.hold(async (session) => {
    t.match(await session.platform(seize, []), [{ mine: true }]);
    t.equal(await free(), false, 'the first statement is in the transaction');
    const ids = [
      ...(await session.read(tenantId, stamp, ['one'])),
      ...(await session.closing.platform(stamp, ['two'])),
    ];
    t.match(ids, [{ told: 'one' }, { told: 'two', id: ids[0]?.['id'] }]);
    t.equal(await free(), true, 'the closing statement has ended it');
    await t.rejects(session.platform(stamp, ['three']), /over/);
  });
  await t.rejects(
    database.hold((session) => session.closing.read(tenantId, divide, [0, 0])),
    { code: '22012' },
  );
  t.equal(await database.hold(() => Promise.resolve('nothing was said')), 'nothing was said');
  t.match(await database.read(tenantId, divide, [1, 0]), [{ value: 10 }]);
});

test('a server that has gone silent costs one time-out, not one for each connection', async (t) => {
  const { appUrl } = await createTestDatabase(t);
  const proxy = await Proxy.open(appUrl);
  const database = openDatabase({ url: proxy.url, max: 6, applicationName: 'test', statementTimeoutMs: 6_000 });
  t.teardown(() => database.close().then(() => proxy.close()));
  await Promise.all(Array.from({ length: 6 }, () => database.read(tenantId, divide, [1, 0.05])));
  t.equal(proxy.strikeAll('hang'), 6);
  await t.rejects(database.read(tenantId, divide, [1, 0]), /timeout/);
  const started = performance.now();
  await Promise.all(Array.from({ length: 6 }, () => database.read(tenantId, divide, [1, 0])));
  t.ok(performance.now() - started < 5_900);
});
