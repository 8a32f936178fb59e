import { test } from 'tap';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import { readPosition } from '../../sql/feed-position.ts';
import { administer, type TestDatabase } from '../support/database.ts';
import { openTestLedger } from '../support/ledger.ts';
import { growLog, tamper } from '../support/sealing.ts';
import { startTestWorkers, until } from '../support/workers.ts';

interface Signed {
  readonly position: number;
  readonly seconds: number;
}

async function signedOf(urls: TestDatabase, tenantId: string): Promise<Signed[]> {
  let signed: Signed[] = [];
  await administer(urls.adminUrl, async (client) => {
    const { rows } = await client.query<Signed>(
      `select position::integer, extract(epoch from signed_at - lag(signed_at) over (order by position))::float8 as seconds
         from ledger.checkpoints where tenant_id = $1 order by position`,
      [tenantId],
    );
    signed = rows;
  });
  return signed;
}

async function foundTwo(t: Parameters<typeof openTestLedger>[0]) {
  const bench = await openTestLedger(t);
  const { ledger, tenantKeys } = bench;
  const one = await foundTenantOn(ledger, tenantKeys, { name: 'One', slug: 'one' });
  const two = await foundTenantOn(ledger, tenantKeys, { name: 'Two', slug: 'two' });
  const caughtUp = (tenantId: string) => async (): Promise<boolean> =>
    (await signedOf(bench.urls, tenantId)).at(-1)?.position === (await readPosition(bench.database, tenantId));
  return { ...bench, one: one.tenantId, two: two.tenantId, caughtUp };
}

test('logs are signed to their ends by any number of workers, at most once a second', async (t) => {
  const { urls, ledger, one, two, caughtUp } = await foundTwo(t);
  const workers = [startTestWorkers(t, urls), startTestWorkers(t, urls), startTestWorkers(t, urls)];
  for (let round = 0; round < 12; round += 1) {
    await Promise.all([growLog(ledger, one, 30), growLog(ledger, two, 1)]);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  for (const tenantId of [one, two]) {
    await until('the log is signed', caughtUp(tenantId));
    const signed = await signedOf(urls, tenantId);
    t.ok(signed.length >= 2, `${signed.length} checkpoints`);
    t.ok(signed.slice(1).every(({ seconds }) => seconds >= 1));
  }
  await workers[0]?.close();
  await growLog(ledger, one, 1);
  await until('the others go on', caughtUp(one));
  t.same(
    workers.flatMap(({ warnings }) => warnings),
    [],
  );
});

test('a worker looks again at what was signed long ago', async (t) => {
  const { urls, ledger, one, caughtUp } = await foundTwo(t);
  await growLog(ledger, one, 300);
  const workers = startTestWorkers(t, urls);
  await until('the log is signed', caughtUp(one));
  const edit = `update ledger.events set entry = replace(entry, 'Gr', 'gr') where tenant_id = '${one}' and position = 30`;
  await tamper(urls, edit);
  await growLog(ledger, one, 1);
  await until('the edit is found', () => workers.warnings.some((line) => line.includes('"position":30')));
});

test('a worker that finds a break halts that tenant, once, and goes on with the others', async (t) => {
  const { urls, ledger, one, two, caughtUp } = await foundTwo(t);
  await growLog(ledger, one, 5);
  await tamper(
    urls,
    `update ledger.events set entry = replace(entry, 'Gr', 'gr') where tenant_id = '${one}' and position = 8`,
  );
  startTestWorkers(t, urls);
  const halted = async (): Promise<number> => {
    let count = 0;
    await administer(urls.adminUrl, async (client) => {
      const { rows } = await client.query<{ halted: boolean }>(
        `select halted_by is not null as halted from view.tenants where tenant_id = any($1) order by tenant_id`,
        [[one, two]],
      );
      count = rows.filter((row) => row.halted).length;
      t.equal(rows.length, 2);
    });
    return count;
  };
  await until('the tenant is halted', async () => (await halted()) === 1);
  await growLog(ledger, two, 3);
  await until('the other is signed', caughtUp(two));
  t.equal(await halted(), 1);
  t.same(await signedOf(urls, one), []);
});
