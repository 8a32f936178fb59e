import { test } from 'tap';
import { createProject } from '../../commands/project.ts';
import { newId } from '../../kernel/id.ts';
import { openCeremony, takeCeremony } from '../../sql/ceremony.ts';
import { openDatabase } from '../../sql/database.ts';
import { purgeRequests } from '../../sql/purge.ts';
import { Forgetting } from '../../workers/forgetting.ts';
import { administer } from '../support/database.ts';
import { openTestLedger, request } from '../support/ledger.ts';

const silent = { info: () => undefined, warn: () => undefined };

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
  const forgetting = new Forgetting(database, silent, 30);
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
  await new Forgetting(database, silent, 30).sweep();
  await administer(urls.adminUrl, async (client) => {
    const { rows } = await client.query<{ ceremony_id: string }>('select ceremony_id from platform.ceremonies');
    t.same(rows, [{ ceremony_id: open }]);
  });
  t.equal(await takeCeremony(app, over), null);
  t.equal(await takeCeremony(app, open), 'x'.repeat(64));
  t.equal(await takeCeremony(app, open), null, 'taken once');
});

test('calls of models that are old are forgotten with what was counted for them, and no others', async (t) => {
  const { urls, database: app } = await openTestLedger(t);
  const database = openDatabase({ url: urls.workerUrl, max: 2, applicationName: 'loopledger-test' });
  t.teardown(() => database.close());
  const [tenantId, ended, going] = [newId(), newId(), newId()];
  const day = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
  const scopes = [36, 34].flatMap((days) => [`tenant ${day(days)}`, `project ${ended} ${day(days)}`]);
  await administer(urls.adminUrl, async (client) => {
    await client.query(
      `insert into ledger.heads (tenant_id, position, chain_hash, recorded_at) values ($1, 1, sha256(''), now())`,
      [tenantId],
    );
    for (const [id, status] of [
      [ended, 'failed'],
      [going, 'running'],
    ]) {
      await client.query(
        `insert into view.runs (tenant_id, run_id, version, position, created_at, updated_at, kind, status, prompt, labels, fence, shown)
         select $1, $2, 1, 1, t.at, t.at, 'solve', $3, '', '{}', 0, '{}' from (select now() - interval '36 days' as at) t`,
        [tenantId, id, status],
      );
    }
    for (const scope of [...scopes, `run ${ended}`, `run ${going}`]) {
      await client.query('insert into platform.model_spend (tenant_id, scope, micros) values ($1, $2, 1)', [
        tenantId,
        scope,
      ]);
    }
    await client.query(
      `insert into platform.model_calls (tenant_id, call_id, scopes, reserved, reserved_at)
       select $1, gen_random_uuid(), '{}', 1, now() - make_interval(days => n) from generate_series(30, 39) n`,
      [tenantId],
    );
    await client.query(
      `insert into platform.run_deltas (tenant_id, run_id, watcher, delta_id, told, told_at)
       values ($1, $2, $2, $2, '[]', now() - interval '1 hour')`,
      [tenantId, ended],
    );
    await client.query(
      `insert into platform.run_watches (tenant_id, run_id, watcher, watched_until)
       values ($1, $2, $2, now() - interval '1 hour'), ($1, $3, $3, now() + interval '1 hour')`,
      [tenantId, ended, going],
    );
  });
  const alive = setInterval(() => undefined, 1_000);
  t.teardown(() => clearInterval(alive));
  await new Forgetting(app, silent, 30).round();
  const count = async (table: string): Promise<number> => {
    let rows = 0;
    await administer(urls.adminUrl, async (client) => {
      rows = (await client.query(`select from ${table}`)).rowCount ?? 0;
    });
    return rows;
  };
  t.equal(await count('platform.model_calls'), 10, 'the role of the application forgets none');
  await new Forgetting(database, silent, 30).round();
  t.equal(await count('platform.model_calls'), 5);
  t.equal(await count('platform.run_deltas'), 0, 'nor is live output kept that nobody came for');
  t.equal(await count('platform.run_watches'), 1, 'nor that somebody watched once');
  await administer(urls.adminUrl, async (client) => {
    const { rows } = await client.query<{ scope: string }>('select scope from platform.model_spend');
    const left = [`run ${going}`, `tenant ${day(34)}`, `project ${ended} ${day(34)}`];
    t.same(new Set(rows.map(({ scope }) => scope)), new Set(left));
  });
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

test('deliveries that ended before the time they are kept for are forgotten with their attempts, and no others', async (t) => {
  const { urls, database: app } = await openTestLedger(t);
  const database = openDatabase({ url: urls.workerUrl, max: 2, applicationName: 'loopledger-test' });
  t.teardown(() => database.close());
  const [tenantId, active, deleted] = [newId(), newId(), newId()];
  const keep = (webhook: string, what: string, status: string, days: number): readonly unknown[] => [
    tenantId,
    newId(),
    webhook,
    what,
    status,
    days,
  ];
  const rows = [
    keep(active, 'old.delivered', 'delivered', 31),
    keep(active, 'new.delivered', 'delivered', 29),
    keep(active, 'old.failed', 'failed', 31),
    keep(active, 'old.pending', 'pending', 31),
    keep(active, 'old.held', 'held', 31),
    keep(deleted, 'old.held_of_deleted', 'held', 31),
    keep(deleted, 'new.held_of_deleted', 'held', 1),
  ];
  await administer(urls.adminUrl, async (client) => {
    await client.query(
      'insert into ledger.heads (tenant_id, position, chain_hash, recorded_at) values ($1, 1, sha256($2), now())',
      [tenantId, Buffer.alloc(0)],
    );
    for (const [id, status] of [
      [active, 'active'],
      [deleted, 'deleted'],
    ])
      await client.query(
        `insert into view.webhooks
           (tenant_id, webhook_id, version, position, created_at, updated_at, url, event_types, description, ordering, status, on_trial, secret_id)
         values ($1, $2, 1, 1, now(), now(), 'https://hooks.example.org', '{*}', '', 'none', $3, false, $2)`,
        [tenantId, id, status],
      );
    for (const row of rows) {
      await client.query(
        `insert into platform.webhook_deliveries
           (tenant_id, delivery_id, webhook_id, position, event_type, status, created_at, due_at, ended_at)
         select $1, $2, $3, 1, $4, $5, t.at, t.at, case when $5 in ('delivered', 'failed') then t.at end
           from (select now() - make_interval(days => $6) as at) t`,
        [...row],
      );
      await client.query(
        `insert into platform.webhook_attempts (tenant_id, delivery_id, attempt, started_at, entry) values ($1, $2, 1, now(), '{}')`,
        row.slice(0, 2),
      );
    }
  });
  const left = async (): Promise<string[]> => {
    let names: string[] = [];
    await administer(urls.adminUrl, async (client) => {
      const found = await client.query<{ event_type: string }>(
        `select d.event_type from platform.webhook_deliveries d
           join platform.webhook_attempts a using (tenant_id, delivery_id) order by 1`,
      );
      const tried = await client.query('select from platform.webhook_attempts');
      t.equal(tried.rowCount, found.rowCount, 'no attempt is left alone');
      names = found.rows.map((row) => row.event_type);
    });
    return names;
  };
  // Its pauses keep no process alive, and a connection that was refused is closed.
  const alive = setInterval(() => undefined, 1_000);
  t.teardown(() => clearInterval(alive));
  await new Forgetting(app, silent, 30).round();
  t.equal((await left()).length, 7, 'the role of the application removes none');
  const forgetting = new Forgetting(database, silent, 30);
  await forgetting.round();
  t.same(await left(), ['new.delivered', 'new.held_of_deleted', 'old.held', 'old.pending']);
  t.equal(forgetting.gauges()[1]?.value, 3);
});
