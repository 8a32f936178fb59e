import { setTimeout as sleep } from 'node:timers/promises';
import { type Test, test } from 'tap';
import { newId } from '../../kernel/id.ts';
import { type Database, openDatabase } from '../../sql/database.ts';
import { type ClaimedRun, claimRuns, releaseRun, renewRun } from '../../sql/run-lease.ts';
import { administer, createTestDatabase, type TestDatabase } from '../support/database.ts';

const tenantSql = `insert into view.tenants (tenant_id, version, position, created_at, updated_at, name, slug, status, max_runs)
  values ($1::uuid, 1, 1, now(), now(), 'T', $1::uuid::text, 'active', $2)`;
const runSql = `insert into view.runs
    (tenant_id, run_id, version, position, created_at, updated_at, kind, status, prompt, labels, fence, rests_until, shown)
  select $1::uuid, unnest($2::uuid[]), 1, 1, now() - make_interval(secs => $3), now(), 'solve', $4, '', '{}', 0, $5::timestamptz, '{}'`;

interface Queue {
  readonly tenantId: string;
  /** Null is what is usual. */
  readonly cap: number | null;
  readonly runs: readonly string[];
  readonly waitedS?: number;
  readonly status?: string;
  readonly restsUntil?: string;
}

function queue(cap: number | null, runs: number, told: Partial<Queue> = {}): Queue {
  return { tenantId: newId(), cap, runs: Array.from({ length: runs }, () => newId()), ...told };
}

async function open(t: Test, ...queues: readonly Queue[]) {
  const urls = await createTestDatabase(t);
  await administer(urls.adminUrl, async (client) => {
    for (const { tenantId, cap, runs, waitedS = 1, status = 'queued', restsUntil = null } of queues) {
      await client.query(tenantSql, [tenantId, cap]);
      await client.query(runSql, [tenantId, runs, waitedS, status, restsUntil]);
    }
  });
  return { urls, database: connect(t, urls, 2) };
}

function connect(t: Test, urls: TestDatabase, max: number): Database {
  const database = openDatabase({ url: urls.workerUrl, max, applicationName: 'test', statementTimeoutMs: 60_000 });
  t.teardown(() => database.close());
  return database;
}

const countOf = (claims: readonly ClaimedRun[], { tenantId }: Queue): number =>
  claims.filter((claim) => claim.tenantId === tenantId).length;

test('due runs are shared out: fewest in hand first, then the longest waiting', async (t) => {
  const [busy, calm] = [queue(4, 50, { waitedS: 100 }), queue(4, 2, { waitedS: 5 })];
  const { database } = await open(t, busy, calm);
  const claims = await claimRuns(database, 'w', 3, 60);
  t.equal(claims[0]?.tenantId, busy.tenantId, 'nobody has any: the longest waiting');
  t.equal(claims[1]?.tenantId, calm.tenantId, 'and then the tenant that has none');
  t.equal(claims[2]?.tenantId, busy.tenantId);
  const rest = await claimRuns(database, 'w', 10, 60);
  t.equal(countOf([...claims, ...rest], busy), 4, 'never more than its cap');
  t.equal(countOf([...claims, ...rest], calm), 2);
  t.same(await claimRuns(database, 'w', 10, 60), []);
});

test('a tenant of which the platform says nothing has four runs under way', async (t) => {
  const [usual, none] = [queue(null, 9), queue(0, 3)];
  const { database } = await open(t, usual, none);
  const claims = await claimRuns(database, 'w', 20, 60);
  t.equal(countOf(claims, usual), 4);
  t.equal(countOf(claims, none), 0, 'no run where none is allowed');
});

test('only what is due is claimed', async (t) => {
  const queues = ['awaiting_approval', 'succeeded', 'failed', 'cancelled'].map((status) => queue(9, 1, { status }));
  const resting = queue(9, 1, { status: 'resting', restsUntil: '2999-01-01T00:00:00Z' });
  const rested = queue(9, 1, { status: 'resting', restsUntil: '2020-01-01T00:00:00Z' });
  const { database } = await open(t, ...queues, resting, rested, queue(9, 1, { status: 'running' }));
  const claims = await claimRuns(database, 'w', 20, 60);
  t.equal(claims.length, 2, 'one that has rested, and one whose worker is gone');
  t.equal(countOf(claims, rested), 1);
});

test('a run that was lost does not come back, and the next claim has a greater fence', async (t) => {
  const { database } = await open(t, queue(4, 1));
  const [first] = await claimRuns(database, 'one', 1, 60);
  t.equal(first?.fence, 1);
  t.equal(await renewRun(database, first as ClaimedRun, 60), true);
  t.same(await claimRuns(database, 'two', 1, 60), [], 'it is in hand');
  t.equal(await renewRun(database, first as ClaimedRun, 1), true);
  await sleep(1_100);
  const [second] = await claimRuns(database, 'two', 1, 60);
  t.equal(second?.fence, 2);
  t.equal(await renewRun(database, first as ClaimedRun, 60), false);
  await releaseRun(database, first as ClaimedRun);
  t.same(await claimRuns(database, 'one', 1, 60), [], 'who lost it cannot let it go');
  await releaseRun(database, second as ClaimedRun);
  const [third] = await claimRuns(database, 'one', 1, 60);
  t.equal(third?.fence, 3, 'also when nobody had taken it in between');
});

test('a run that a dead worker left is taken before those that nobody has begun', async (t) => {
  const { database } = await open(t, queue(1, 5, { waitedS: 5 }), queue(4, 5, { waitedS: 100 }));
  const claims = await claimRuns(database, 'dies', 2, 1);
  t.equal(claims.length, 2);
  await sleep(1_100);
  const again = await claimRuns(database, 'lives', 2, 60);
  t.same(new Set(again.map(({ runId }) => runId)), new Set(claims.map(({ runId }) => runId)));
});

test('what is left of a run that has ended goes with its release', async (t) => {
  const { database, urls } = await open(t, queue(4, 1));
  const [claim] = await claimRuns(database, 'w', 1, 60);
  await administer(urls.adminUrl, (client) => client.query(`update view.runs set status = 'failed'`));
  await releaseRun(database, claim as ClaimedRun);
  await administer(urls.adminUrl, async (client) => {
    t.equal((await client.query('select from platform.run_leases')).rowCount, 0);
  });
});

/** Ten thousand take most of a minute. */
const trials = Number(process.env['LOOPLEDGER_TEST_TRIALS'] ?? 2_000);
const connections = 6;

/** Claims, keeps for a moment, renews, lets go or forgets: what a fleet of workers does, in no order at all. */
async function race(database: Database, held: Map<string, number>, caps: ReadonlyMap<string, number>, share: number) {
  const violations: string[] = [];
  let claimed = 0;
  for (let trial = 0; trial < share; trial += 1) {
    const seconds = Math.random() < 0.02 ? 1 : 60;
    const claims = await claimRuns(database, 'w', 1 + Math.floor(Math.random() * 3), seconds);
    claimed += claims.length;
    // One of a second may be over before we are done with it: those are left to whoever looks into the database.
    const sure = seconds > 1 ? claims : [];
    for (const { tenantId } of sure) {
      const now = (held.get(tenantId) ?? 0) + 1;
      held.set(tenantId, now);
      if (now > (caps.get(tenantId) ?? 0)) violations.push(`${tenantId} has ${now}`);
    }
    if (Math.random() < 0.2) await sleep(1);
    for (const claim of claims) {
      if (Math.random() < 0.2) await renewRun(database, claim, seconds);
      if (seconds > 1) held.set(claim.tenantId, (held.get(claim.tenantId) ?? 0) - 1);
      // Those of a second that are left to themselves run out while others claim.
      if (seconds > 1) await releaseRun(database, claim);
    }
  }
  return { violations, claimed };
}

test('racing claims never take more of a tenant than it may have', { timeout: 580_000 }, async (t) => {
  const queues = [queue(1, 20), queue(2, 20), queue(3, 20), queue(null, 20), queue(0, 20), queue(5, 3)];
  const { urls } = await open(t, ...queues);
  const caps = new Map(queues.map(({ tenantId, cap }) => [tenantId, cap ?? 4]));
  const held = new Map<string, number>();
  const done = new AbortController();
  const watching = watch(urls, caps, done.signal);
  const races = Array.from({ length: connections }, () =>
    race(connect(t, urls, 1), held, caps, Math.ceil(trials / connections)),
  );
  const results = await Promise.all(races);
  done.abort();
  const { looks, violations, most } = await watching;
  t.same(
    results.flatMap((result) => result.violations),
    [],
  );
  t.same(violations, []);
  t.ok(looks > 20, `looked ${looks} times`);
  t.equal(most.get(queues[0]?.tenantId ?? ''), 1, 'and the caps are reached');
  t.comment(`${trials} calls, ${results.reduce((sum, { claimed }) => sum + claimed, 0)} runs claimed, ${looks} looks`);
});

/** What the database itself holds, as somebody beside the race sees it. */
async function watch(urls: TestDatabase, caps: ReadonlyMap<string, number>, signal: AbortSignal) {
  const violations: string[] = [];
  const most = new Map<string, number>();
  let looks = 0;
  await administer(urls.adminUrl, async (client) => {
    while (!signal.aborted) {
      looks += 1;
      const { rows } = await client.query<{ tenant_id: string; held: number }>(
        `select tenant_id, count(*)::integer as held from platform.run_leases where claimed_until > clock_timestamp() group by 1`,
      );
      for (const { tenant_id, held } of rows) {
        most.set(tenant_id, Math.max(most.get(tenant_id) ?? 0, held));
        if (held > (caps.get(tenant_id) ?? 0)) violations.push(`${tenant_id} holds ${held}`);
      }
      await sleep(5);
    }
  });
  return { looks, violations, most };
}
