import { test } from 'tap';
import { newId } from '../../kernel/id.ts';
import { type Database, openDatabase } from '../../sql/database.ts';
import { reserveSpend, settleSpend, type SpendCaps } from '../../sql/model-spend.ts';
import { readSpend } from '../../projections/model-spend.ts';
import { administer } from '../support/database.ts';
import { openTestLedger } from '../support/ledger.ts';

const none: SpendCaps = { call: null, run: null, project_day: null, tenant_day: null };

test('10,000 racing reservations over several processes never pass a cap', async (t) => {
  const { urls } = await openTestLedger(t);
  const processes = Array.from({ length: 4 }, () =>
    openDatabase({ url: urls.workerUrl, max: 4, applicationName: 'loopledger-test' }),
  );
  t.teardown(() => Promise.all(processes.map((one) => one.close())));
  const [tenantId, projectId] = [newId(), newId()];
  const runs = Array.from({ length: 20 }, () => newId());
  const caps = { call: 100, run: 38_000, project_day: 150_000, tenant_day: 200_000 };
  const held = new Map<string, number>();
  const refused = new Map<string, number>();
  const reserve = async (database: Database, n: number): Promise<void> => {
    const micros = 1 + (n % 101);
    const runId = runs[(n * n) % runs.length] as string;
    const inProject = n % 3 > 0;
    const reservation = { callId: newId(), runId, projectId: inProject ? projectId : null, micros, caps };
    const full = await reserveSpend(database, tenantId, reservation);
    if (full !== null) refused.set(full, (refused.get(full) ?? 0) + 1);
    else
      for (const of of [runId, 'tenant', ...(inProject ? [projectId] : [])]) held.set(of, (held.get(of) ?? 0) + micros);
  };
  let next = 0;
  const go = async (database: Database): Promise<void> => {
    while (next < 10_000) {
      next += 1;
      await reserve(database, next - 1);
    }
  };
  await Promise.all(processes.flatMap((database) => [1, 2, 3, 4].map(() => go(database))));
  const overshoot = [
    (held.get('tenant') ?? 0) - caps.tenant_day,
    (held.get(projectId) ?? 0) - caps.project_day,
    ...runs.map((run) => (held.get(run) ?? 0) - caps.run),
  ].filter((more) => more > 0);
  t.same(overshoot, []);
  t.comment(`held ${held.get('tenant')} of ${caps.tenant_day}; refused ${JSON.stringify(Object.fromEntries(refused))}`);
  t.ok((held.get('tenant') ?? 0) > caps.tenant_day - 101, 'and the caps are used to their end');
  for (const cap of ['call', 'run', 'tenant']) t.ok((refused.get(cap) ?? 0) > 0, `the cap of the ${cap} refused some`);
  const { view } = await readSpend(processes[0] as Database, tenantId);
  t.equal(view.tenant_micros, held.get('tenant'), 'what is counted is what was held');
});

test('what a call cost takes the place of what was held, once', async (t) => {
  const { urls } = await openTestLedger(t);
  const database = openDatabase({ url: urls.workerUrl, max: 2, applicationName: 'loopledger-test' });
  t.teardown(() => database.close());
  const [tenantId, runId, projectId] = [newId(), newId(), newId()];
  const reserve = async (micros: number, caps = none) => {
    const callId = newId();
    const full = await reserveSpend(database, tenantId, { callId, runId, projectId, micros, caps });
    return { callId, full };
  };
  const spent = async () => (await readSpend(database, tenantId)).view;
  const cheap = await reserve(100);
  t.match(await spent(), { tenant_micros: 100, held_micros: 100 });
  t.equal(await settleSpend(database, tenantId, cheap.callId, 30), 30);
  t.equal(await settleSpend(database, tenantId, cheap.callId, 0), 30, 'a second word changes nothing');
  const unknown = await reserve(50);
  t.equal(await settleSpend(database, tenantId, unknown.callId, null), 50);
  const dead = await reserve(20);
  t.match(await spent(), { tenant_micros: 100, held_micros: 20 }, 'what is never settled stays spent');
  t.equal((await reserve(1, { ...none, run: 100 })).full, 'run');
  t.equal((await reserve(1, { ...none, project_day: 100 })).full, 'project');
  t.equal((await reserve(1, { ...none, tenant_day: 100 })).full, 'tenant');
  t.equal((await reserve(1, { ...none, call: 0 })).full, 'call');
  t.equal((await reserve(0, { call: 0, run: 100, project_day: 100, tenant_day: 100 })).full, null);
  await t.rejects(settleSpend(database, tenantId, newId(), 1), 'what was never reserved cannot be settled');
  await t.rejects(settleSpend(database, newId(), dead.callId, 1), 'nor by another tenant');
});

test('yesterday does not count for today, but a run is counted whole', async (t) => {
  const { urls } = await openTestLedger(t);
  const database = openDatabase({ url: urls.workerUrl, max: 2, applicationName: 'loopledger-test' });
  t.teardown(() => database.close());
  const [tenantId, runId] = [newId(), newId()];
  const reservation = { runId, projectId: null, micros: 60, caps: { ...none, run: 100, tenant_day: 100 } };
  t.equal(await reserveSpend(database, tenantId, { ...reservation, callId: newId() }), null);
  await administer(urls.adminUrl, (client) =>
    client.query(`update platform.model_spend set scope = 'tenant 2000-01-01' where scope like 'tenant %'`),
  );
  t.equal(await reserveSpend(database, tenantId, { ...reservation, callId: newId() }), 'run');
  const other = { ...reservation, runId: newId(), callId: newId() };
  t.equal(await reserveSpend(database, tenantId, other), null);
});
