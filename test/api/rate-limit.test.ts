import { test } from 'tap';
import { setTimeout as sleep } from 'node:timers/promises';
import { mustAsk, type Quota, RateLimiter } from '../../api/http/rate-limit.ts';
import { newId } from '../../kernel/id.ts';
import type { Database } from '../../sql/database.ts';
import { startTestApi } from './harness.ts';

function limiters(
  count: number,
  database: Database,
  perKey: number | null,
  perTenant: number | null = null,
): RateLimiter[] {
  return Array.from({ length: count }, () => new RateLimiter({ database, perKey, perTenant }));
}

async function spend(limiter: RateLimiter, quota: Quota): Promise<boolean> {
  const verdict = limiter.admit(quota, performance.now());
  return (verdict === mustAsk ? await limiter.admitLater(quota) : verdict) === 0;
}

async function spendMany(limiter: RateLimiter, quota: Quota, times: number): Promise<number> {
  let passed = 0;
  for (let time = 0; time < times; time += 1) if (await spend(limiter, quota)) passed += 1;
  return passed;
}

test('a small quota is exact over three processes', async (t) => {
  const api = await startTestApi(t);
  const [tenantId, keyId] = [newId(), newId()];
  const processes = limiters(3, api.database, 10);
  const passed = await Promise.all(
    processes.map((limiter) => spendMany(limiter, limiter.quotaOf(tenantId, keyId) as Quota, 10)),
  );
  t.equal(
    passed.reduce((sum, count) => sum + count, 0),
    10,
  );
});

test('a large quota is never exceeded, and is met to within what processes hold', async (t) => {
  const api = await startTestApi(t);
  const [tenantId, keyId] = [newId(), newId()];
  const quota = 5_000;
  const processes = limiters(3, api.database, quota);
  const passed = await Promise.all(
    processes.map((limiter) => spendMany(limiter, limiter.quotaOf(tenantId, keyId) as Quota, 3_000)),
  );
  const total = passed.reduce((sum, count) => sum + count, 0);
  t.ok(total <= quota, `${total}`);
  t.ok(total >= quota * 0.94, `${total}`);
});

test('a large quota costs few questions', async (t) => {
  const api = await startTestApi(t);
  let questions = 0;
  const database: Database = {
    ...api.database,
    platform(...parameters) {
      questions += 1;
      return api.database.platform(...parameters);
    },
  };
  const [limiter] = limiters(1, database, 600_000) as [RateLimiter];
  const quota = limiter.quotaOf(newId(), newId()) as Quota;
  let asked = 0;
  for (let request = 0; request < 20_000; request += 1) {
    const verdict = limiter.admit(quota, performance.now());
    if (verdict === mustAsk) {
      asked += 1;
      await limiter.admitLater(quota);
    }
    if (request % 20 === 0) await sleep(0);
  }
  t.ok(questions < 60, `${questions} questions for 20,000 requests`);
  t.ok(asked < 20, `${asked} requests had to wait`);
});

test('a refusal says how long, and the next window is open again', async (t) => {
  const api = await startTestApi(t);
  const [limiter] = limiters(1, api.database, 2) as [RateLimiter];
  const [tenantId, keyId] = [newId(), newId()];
  const quota = limiter.quotaOf(tenantId, keyId) as Quota;
  t.equal(await spendMany(limiter, quota, 5), 2);
  const waitMs = limiter.admit(quota, performance.now());
  t.ok(waitMs > 30_000 && waitMs <= 60_000, `${waitMs}`);
  await api.admin(`update platform.rate_leases set opened_at = opened_at - interval '1 minute'`);
  await sleep(1_010);
  t.ok(await spend(limiter, quota), 'looks again after a second');
});

test('the quota of a tenant binds all its keys, and spares the key that it refuses', async (t) => {
  const api = await startTestApi(t);
  const [limiter] = limiters(1, api.database, 100, 4) as [RateLimiter];
  const tenantId = newId();
  const [one, other] = [limiter.quotaOf(tenantId, newId()) as Quota, limiter.quotaOf(tenantId, newId()) as Quota];
  t.equal((await spendMany(limiter, one, 3)) + (await spendMany(limiter, other, 3)), 4);
  const foreign = limiter.quotaOf(newId(), newId()) as Quota;
  t.ok(await spend(limiter, foreign), 'another tenant has its own');
  t.equal((other.key?.remaining ?? 0) + (other.key?.tokens ?? 0), 99);
});

test('what a process leased and did not spend is given back', async (t) => {
  const api = await startTestApi(t);
  const [one, other] = limiters(2, api.database, 400) as [RateLimiter, RateLimiter];
  const [tenantId, keyId] = [newId(), newId()];
  await spendMany(one, one.quotaOf(tenantId, keyId) as Quota, 1);
  await one.stop();
  t.equal(await spendMany(other, other.quotaOf(tenantId, keyId) as Quota, 400), 399);
});

test('what is left of a window that is over is not taken off the next one', async (t) => {
  const api = await startTestApi(t);
  const [one, other] = limiters(2, api.database, 400) as [RateLimiter, RateLimiter];
  const [tenantId, keyId] = [newId(), newId()];
  const stale = one.quotaOf(tenantId, keyId) as Quota;
  await spendMany(one, stale, 1);
  await api.admin(`update platform.rate_leases set opened_at = opened_at - interval '1 minute'`);
  await spendMany(other, other.quotaOf(tenantId, keyId) as Quota, 1);
  if (stale.key !== null) stale.key.windowEndMs = performance.now() - 1;
  await one.stop();
  const { rows } = await api.admin('select used from platform.rate_leases');
  const [{ used }] = rows as [{ readonly used: number }];
  t.ok(used >= 8, `${used} used of the new window`);
});

test('the headers tell the tighter quota', async (t) => {
  const api = await startTestApi(t);
  const [limiter] = limiters(1, api.database, 10, 5) as [RateLimiter];
  const quota = limiter.quotaOf(newId(), newId()) as Quota;
  await spend(limiter, quota);
  const headers: string[] = [];
  limiter.describe(quota, headers);
  t.equal(headers[1], '"key";q=10;w=60, "tenant";q=5;w=60');
  t.match(headers[3], /^"tenant";r=4;t=(?:[3-5]\d|60)$/);
});

test('without a limit nothing is counted', async (t) => {
  const api = await startTestApi(t);
  const [limiter] = limiters(1, api.database, null) as [RateLimiter];
  t.equal(limiter.quotaOf(newId(), newId()), null);
});
