import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'tap';
import { requestRun } from '../../commands/run.ts';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import type { Run } from '../../events/run.ts';
import { newId } from '../../kernel/id.ts';
import { findRun } from '../../projections/run.ts';
import { putContent } from '../../sql/content.ts';
import { request, openLedgerOn } from '../support/ledger.ts';
import { createTestDatabase } from '../support/database.ts';
import { countingAsker, startTestRunner } from '../support/run-engine.ts';
import { runRequest } from '../support/run.ts';
import { until } from '../support/workers.ts';
import { startMortalCluster } from './cluster.ts';
import { restartCluster } from './server-kills.ts';

const cluster = await startMortalCluster();

test('runs go on when PostgreSQL is killed and comes back', async (t) => {
  const urls = await createTestDatabase(t);
  const { ledger, database, tenantKeys } = openLedgerOn(t, urls.appUrl);
  const tenantId = newId();
  await foundTenantOn(ledger, tenantKeys, { tenantId, name: 'Runs', slug: 'runs' });
  await putContent(database, tenantId, Buffer.from('print("done")'));
  const counts = new Map<string, number>();
  startTestRunner(t, urls, { ask: countingAsker(600, counts) });
  const ids: string[] = [];
  for (let at = 0; at < 6; at += 1) {
    const run_id = newId();
    await ledger.execute(request(tenantId, requestRun, runRequest(run_id, { prompt: `Do ${at}` })));
    ids.push(run_id);
  }
  const see = async (run_id: string): Promise<Run | null> => {
    const found = await findRun(database, tenantId, run_id).catch(() => null);
    return found === null ? null : (JSON.parse(found.body) as Run);
  };
  await until('some are under way', async () => (await see(ids[0] ?? ''))?.status === 'running');
  await sleep(200);
  process.kill(cluster.server.pid, 'SIGKILL');
  await cluster.server.ended;
  await sleep(1_000);
  await restartCluster(cluster);
  const backMs = performance.now();
  await until('one has ended', async () => (await see(ids[0] ?? ''))?.outcome?.reason === 'solved');
  t.comment(`the first run ended ${Math.round(performance.now() - backMs)} ms after PostgreSQL was back`);
  for (const run_id of ids) await until(run_id, async () => (await see(run_id))?.outcome?.reason === 'solved');
  t.equal(counts.size, ids.length);
});
