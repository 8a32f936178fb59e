import { setTimeout as sleep } from 'node:timers/promises';
import { type Test, test } from 'tap';
import { advanceRun, cancelRun, requestRun, type RequestRun } from '../../commands/run.ts';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import { setAlertRules } from '../../commands/alert.ts';
import { setQuotas } from '../../commands/tenant.ts';
import type { Run } from '../../events/run.ts';
import { RunRequested } from '../../events/run-fact.ts';
import { systemActor } from '../../kernel/actor.ts';
import { newId } from '../../kernel/id.ts';
import { listAlerts } from '../../projections/alert.ts';
import { findRun } from '../../projections/run.ts';
import { listRunHistory } from '../../projections/run-history.ts';
import type { StepPerformer } from '../../runs/step.ts';
import { openDatabase } from '../../sql/database.ts';
import { putContent } from '../../sql/content.ts';
import { claimRuns } from '../../sql/run-lease.ts';
import { administer } from '../support/database.ts';
import { codeOfRefusal, openTestLedger, request } from '../support/ledger.ts';
import { bestOf, msOf } from '../support/pace.ts';
import { countingAsker, performTest, startTestRunner } from '../support/run-engine.ts';
import { runRequest } from '../support/run.ts';
import { until } from '../support/workers.ts';

async function open(t: Test) {
  const bench = await openTestLedger(t);
  const { ledger, database, tenantKeys } = bench;
  const tenantId = newId();
  await foundTenantOn(ledger, tenantKeys, { tenantId, name: 'Runs', slug: 'runs' });
  await putContent(database, tenantId, Buffer.from('print("done")'));
  const by = { actor: systemActor };
  return {
    ...bench,
    tenantId,
    async ask(told: Partial<RequestRun> = {}) {
      const run_id = newId();
      await ledger.execute(request(tenantId, requestRun, runRequest(run_id, told)));
      return run_id;
    },
    cancel: (run_id: string) => ledger.execute(request(tenantId, cancelRun, { run_id }, by)),
    advance: (run_id: string, fence: number) =>
      ledger.execute(request(tenantId, advanceRun, { run_id, fence, facts: [] }, by)),
    async see(run_id: string) {
      const found = await findRun(database, tenantId, run_id);
      return JSON.parse(found?.body ?? 'null') as Pick<Run, 'status' | 'outcome' | 'calls'>;
    },
    async types(run_id: string) {
      const page = { limit: 200, after: null, count: false };
      const listed = await listRunHistory(database, tenantId, run_id, page);
      return (listed?.items ?? []).map((text) => JSON.parse(text) as { type: string; data: { fence: number } });
    },
    quota: (max_runs: number) =>
      ledger.execute(
        request(tenantId, setQuotas, { tenant_id: tenantId, max_stories: null, max_dispatches: null, max_runs }, by),
      ),
  };
}

type Site = Awaited<ReturnType<typeof open>>;

const ended = (site: Site, run_id: string): Promise<void> =>
  until(`the end of ${run_id}`, async () => (await site.see(run_id)).outcome !== null);

/** Does nothing until it is broken off, and says when that was. */
function standStill(broken: { atMs: number; begun: number }): StepPerformer {
  return async (world, step) => {
    if (step.kind !== 'merge') return performTest(world, step);
    broken.begun += 1;
    await sleep(60_000, undefined, { signal: world.signal }).finally(() => {
      broken.atMs = performance.now();
    });
    return [];
  };
}

test('what cannot be written down is tried again after a while, and not at once and for ever', async (t) => {
  const site = await open(t);
  // A fact that is none of a step: a fault of ours, and the same at each try.
  const perform: StepPerformer = () => Promise.resolve([{ kind: RunRequested, data: {} }]);
  const { warnings } = startTestRunner(t, site.urls, { perform });
  const run_id = await site.ask();
  await until('the first try', async () => warnings.length > 0);
  await sleep(2_000);
  t.equal((await site.types(run_id)).filter(({ type }) => type === 'run.taken').length, 1);
  t.match(warnings, [/a turn of a run failed/]);
});

test('a run goes on from step to step under one fence, and is let go at its end', async (t) => {
  const site = await open(t);
  const { runner } = startTestRunner(t, site.urls);
  const run_id = await site.ask();
  runner.moved(new Map([[site.tenantId, 1]]));
  await ended(site, run_id);
  const told = await site.types(run_id);
  t.same(
    told.map(({ type }) => type),
    ['requested', 'taken', 'model_called', 'code_merged', 'execution_finished', 'succeeded'].map(
      (type) => `run.${type}`,
    ),
  );
  t.same(new Set(told.slice(1).map(({ data }) => data.fence)), new Set([1]));
  t.match(await site.see(run_id), { status: 'succeeded', outcome: { reason: 'solved', best: 1 } });
  await administer(site.urls.adminUrl, (client) =>
    until('nothing is left of it', async () => (await client.query('select from platform.run_leases')).rowCount === 0),
  );
});

test('a cancelled run is broken off and ends within two seconds', async (t) => {
  const site = await open(t);
  const broken = { atMs: 0, begun: 0 };
  startTestRunner(t, site.urls, { perform: standStill(broken) });
  const endedMs = await bestOf(2_000, async () => {
    const run_id = await site.ask({ prompt: `Run ${newId()}` });
    const before = broken.begun;
    await until('it stands still', () => broken.begun > before);
    const beganMs = performance.now();
    const ms = await msOf(async () => {
      await site.cancel(run_id);
      await ended(site, run_id);
    });
    t.match(await site.see(run_id), { status: 'cancelled', outcome: { reason: 'cancelled' } });
    t.comment(`broken off after ${Math.round(broken.atMs - beganMs)} ms, ended after ${Math.round(ms)} ms`);
    return ms;
  });
  t.ok(endedMs < 2_000, `${Math.round(endedMs)} ms`);
});

test('a run whose time is over ends, also in the middle of a step', async (t) => {
  const site = await open(t);
  const broken = { atMs: 0, begun: 0 };
  startTestRunner(t, site.urls, { perform: standStill(broken) });
  const run_id = await site.ask({ limits: { deadline_s: 1 } });
  await ended(site, run_id);
  t.match(await site.see(run_id), { status: 'failed', outcome: { reason: 'deadline' } });
});

test('a run that hangs is told of while it hangs', async (t) => {
  const site = await open(t);
  const rule = { name: 'slow', measure: 'seconds', above: 1, project_id: null } as const;
  const { tenantId, ledger, database } = site;
  await ledger.execute(request(tenantId, setAlertRules, { rules_id: tenantId, rules: [rule] }));
  const broken = { atMs: 0, begun: 0 };
  startTestRunner(t, site.urls, { perform: standStill(broken) });
  const run_id = await site.ask();
  const page = { limit: 10, after: null, count: false };
  const told = async () => (await listAlerts(database, tenantId, { run_id }, page)).items;
  await until('it is told of', async () => (await told()).length === 1);
  t.match(JSON.parse((await told())[0] ?? ''), { rule: 'slow', above: 1, status: 'raised' });
  t.match(await site.see(run_id), { status: 'running' });
  t.equal(broken.atMs, 0, 'the step goes on');
});

test('a worker that stops lets its runs go, and another one asks nothing again that was answered', async (t) => {
  const site = await open(t);
  const counts = new Map<string, number>();
  let died = 0;
  const dieAfterAsking: StepPerformer = async (world, step) => {
    const facts = await performTest(world, step);
    died += 1;
    await sleep(60_000, undefined, { signal: world.signal });
    return facts;
  };
  const ask = countingAsker(1, counts);
  const first = startTestRunner(t, site.urls, { perform: dieAfterAsking, ask });
  const run_id = await site.ask();
  await until('it has an answer', () => died === 1);
  await first.stop();
  await administer(site.urls.adminUrl, async (client) => {
    const held = 'select from platform.run_leases where claimed_until > clock_timestamp()';
    t.equal((await client.query(held)).rowCount, 0, 'nobody waits for a claim to run out');
  });
  startTestRunner(t, site.urls, { ask });
  await ended(site, run_id);
  t.same([...counts.values()], [1]);
  t.match(await site.see(run_id), { status: 'succeeded', calls: 1 });
  t.equal(await codeOfRefusal(site.advance(run_id, 1)), 'run_ended');
});

test('a run of a worker that is gone is taken up when its claim ran out, and the former one is not heard', async (t) => {
  const site = await open(t);
  const run_id = await site.ask();
  const database = openDatabase({ url: site.urls.workerUrl, max: 1, applicationName: 'gone' });
  t.teardown(() => database.close());
  t.equal((await claimRuns(database, 'gone', 1, 600))[0]?.runId, run_id);
  const broken = { atMs: 0, begun: 0 };
  startTestRunner(t, site.urls, { perform: standStill(broken) });
  await sleep(1_000);
  t.equal(broken.begun, 0, 'it is in hand');
  await administer(site.urls.adminUrl, (client) =>
    client.query('update platform.run_leases set claimed_until = clock_timestamp()'),
  );
  await until('it goes on', () => broken.begun === 1);
  t.equal(await codeOfRefusal(site.advance(run_id, 1)), 'run_fence_lost');
  await site.advance(run_id, 2);
});

test('a tenant has no more runs under way than it may have', async (t) => {
  const site = await open(t);
  await site.quota(2);
  let [now, most] = [0, 0];
  const perform: StepPerformer = async (world, step) => {
    if (step.kind !== 'execute') return performTest(world, step);
    now += 1;
    most = Math.max(most, now);
    // The first one waits until there is another, however late that is.
    do await sleep(40);
    while (most < 2);
    now -= 1;
    return performTest(world, step);
  };
  const ids: string[] = [];
  for (let at = 0; at < 8; at += 1) ids.push(await site.ask({ prompt: `Do ${at}` }));
  for (let at = 0; at < 2; at += 1) startTestRunner(t, site.urls, { perform, atOnce: 4 });
  for (const run_id of ids) await ended(site, run_id);
  t.equal(most, 2);
});

test('a step that fails on our side is tried again, and ends the run at last', async (t) => {
  const site = await open(t);
  let tries = 0;
  const perform: StepPerformer = async (world, step) => {
    tries += 1;
    if (tries === 1 || world.run.prompt === 'Always') throw new Error('a bug of ours');
    return performTest(world, step);
  };
  const { warnings } = startTestRunner(t, site.urls, { perform });
  const lucky = await site.ask();
  await ended(site, lucky);
  t.match(await site.see(lucky), { status: 'succeeded' });
  const unlucky = await site.ask({ prompt: 'Always' });
  await ended(site, unlucky);
  t.match(await site.see(unlucky), { status: 'failed', outcome: { reason: 'worker_failed' } });
  t.equal(warnings.filter((line) => line.startsWith('a step of a run failed')).length, 4);
});

test('no run is taken where none is wanted, nor by the role of the application', async (t) => {
  const site = await open(t);
  const counts = new Map<string, number>();
  startTestRunner(t, site.urls, { atOnce: 0, ask: countingAsker(1, counts) });
  const app = startTestRunner(t, { ...site.urls, workerUrl: site.urls.appUrl }, { ask: countingAsker(1, counts) });
  const run_id = await site.ask();
  await until('it says so', () => app.warnings.length === 1);
  await sleep(600);
  t.equal((await site.see(run_id)).status, 'queued');
  t.match(app.warnings, ['no run is gone on with by this process']);
});
