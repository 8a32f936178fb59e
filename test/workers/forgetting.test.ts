import { test } from 'tap';
import { createProject } from '../../commands/project.ts';
import { newId } from '../../kernel/id.ts';
import { openCeremony, takeCeremony } from '../../sql/ceremony.ts';
import { openDatabase } from '../../sql/database.ts';
import { purgeRequests } from '../../sql/purge.ts';
import { Forgetting } from '../../workers/forgetting.ts';
import { administer } from '../support/database.ts';
import { openTestLedger, request } from '../support/ledger.ts';

test('answers older than two days are forgotten, and no others', async (t) => {
  const { urls, ledger } = await openTestLedger(t);
  const database = openDatabase({ url: urls.workerUrl, max: 2, applicationName: 'loopledger-test' });
  t.teardown(() => database.close());
  const tenants = [newId(), newId()];
  const make = (tenantId: string, key: string) =>
    ledger.execute(request(tenantId, createProject, { project_id: newId(), name: key, slug: key }, { key }));
  for (const tenantId of tenants) for (const key of ['a', 'b', 'c', 'd']) await make(tenantId, key);
  const age = (key: string, hours: number) =>
    administer(urls.adminUrl, (client) =>
      client.query(
        `update ledger.requests set recorded_at = now() - make_interval(hours => $2) where command_id = $1`,
        [key, hours],
      ),
    );
  await age('a', 49);
  await age('b', 47);
  await age('d', 500);
  const forgetting = new Forgetting(database, { info: () => undefined, warn: () => undefined });
  await forgetting.round();
  t.equal(forgetting.gauges()[0]?.value, 4);
  await administer(urls.adminUrl, async (client) => {
    const { rows } = await client.query('select command_id from ledger.requests order by command_id');
    t.same(rows, [{ command_id: 'b' }, { command_id: 'b' }, { command_id: 'c' }, { command_id: 'c' }]);
  });
});

test('ceremonies whose time is over are swept, and no others', async (t) => {
  const { urls, database: app } = await openTestLedger(t);
  const database = openDatabase({ url: urls.workerUrl, max: 2, applicationName: 'loopledger-test' });
  t.teardown(() => database.close());
  const [over, open] = [newId(), newId()];
  for (const id of [over, open]) await openCeremony(app, id, 'x'.repeat(64), 900);
  await administer(urls.adminUrl, (client) =>
    client.query(`update platform.ceremonies set expires_at = now() where ceremony_id = $1`, [over]),
  );
  await new Forgetting(database, { info: () => undefined, warn: () => undefined }).sweep();
  await administer(urls.adminUrl, async (client) => {
    const { rows } = await client.query<{ ceremony_id: string }>('select ceremony_id from platform.ceremonies');
    t.same(rows, [{ ceremony_id: open }]);
  });
  t.equal(await takeCeremony(app, over), null);
  t.equal(await takeCeremony(app, open), 'x'.repeat(64));
  t.equal(await takeCeremony(app, open), null, 'taken once');
});

test('a walk through the requests of a tenant sees each of them once, in bounded steps', async (t) => {
  const { urls, ledger } = await openTestLedger(t);
  const database = openDatabase({ url: urls.workerUrl, max: 2, applicationName: 'loopledger-test' });
  t.teardown(() => database.close());
  const tenantId = newId();
  await ledger.execute(request(tenantId, createProject, { project_id: newId(), name: 'p', slug: 'p' }, { key: 'new' }));
  await administer(urls.adminUrl, (client) =>
    client.query(
      `insert into ledger.requests (tenant_id, scope, command_id, request_hash, status, position, version, recorded_at, body)
       select $1, case when n % 3 = 0 then gen_random_uuid() else $2::uuid end, 'k' || n, sha256('x'), 200, 1, 1,
              now() - interval '3 days', '{}'
         from generate_series(1, 5000) n`,
      [tenantId, newId()],
    ),
  );
  const steps: number[] = [];
  let place: Awaited<ReturnType<typeof purgeRequests>>['next'] = null;
  do {
    const { removed, next } = await purgeRequests(database, tenantId, place);
    if (next !== null) steps.push(removed);
    place = next;
  } while (place !== null);
  t.equal(
    steps.reduce((sum, removed) => sum + removed, 0),
    5_000,
  );
  t.ok(Math.max(...steps) <= 2_000, `steps of ${steps.join(', ')}`);
});
