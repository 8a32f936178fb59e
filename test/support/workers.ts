// Workers on a test's database, and a way to wait until they have caught up.
import { setTimeout as sleep } from 'node:timers/promises';
import { registry } from '../../projections/index.ts';
import { openDatabase } from '../../sql/database.ts';
import { createLedger } from '../../sql/ledger.ts';
import { createTenantKeys } from '../../sql/tenant-keys.ts';
import type { WakeUps } from '../../sql/wake-up.ts';
import { startWorkers, type WebhookOptions } from '../../workers/main.ts';
import type { Teardown, TestDatabase } from './database.ts';
import { testMasterKey } from './ledger.ts';
import { patienceMs } from './pace.ts';

export function startTestWorkers(
  t: Teardown,
  urls: TestDatabase,
  wakeUps?: WakeUps,
  webhooks: Partial<WebhookOptions> = {},
) {
  const database = openDatabase({ url: urls.workerUrl, max: 4, applicationName: 'loopledger-test-worker' });
  const warnings: string[] = [];
  const tenantKeys = createTenantKeys({ database, masterKey: testMasterKey });
  const workers = startWorkers({
    database,
    ledger: createLedger({ database, registry, tenantKeys }),
    tenantKeys,
    host: 'ledger.example',
    masterKey: testMasterKey,
    webhooks: { allowPrivate: true, keptDays: 30, ...webhooks },
    log: {
      info: () => undefined,
      warn: (fields, message) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
    },
    ...(wakeUps === undefined ? {} : { wakeUps }),
  });
  let open = true;
  const close = async (): Promise<void> => {
    if (!open) return;
    open = false;
    await workers.close();
    await database.close();
  };
  t.teardown(close);
  return { ...workers, close, warnings };
}

/** Fails with the last value when it does not become true in good time. */
export async function until(what: string, check: () => Promise<boolean> | boolean, ms = patienceMs): Promise<void> {
  const deadlineMs = performance.now() + ms;
  while (!(await check())) {
    if (performance.now() > deadlineMs) throw new Error(`not in time: ${what}`);
    await sleep(20);
  }
}
