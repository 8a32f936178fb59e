// A server as it is started, whose models answer from scripts.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Test } from 'tap';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import { findFreePort } from '../../boot/postgres-server.ts';
import { newId } from '../../kernel/id.ts';
import { registry } from '../../projections/index.ts';
import { openDatabase } from '../../sql/database.ts';
import { createLedger } from '../../sql/ledger.ts';
import { createTenantKeys } from '../../sql/tenant-keys.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { fetchPatiently } from './pace.ts';
import { isReady, spawnServer, waitFor } from './server-process.ts';

export interface RunServerOfTest {
  readonly url: string;
  readonly urls: TestDatabase;
  /** Of an operator of the only tenant. */
  readonly secret: string;
  readonly folder: string;
  say<Answer>(method: string, place: string, body?: object): Promise<Answer>;
  /** The exit code, or the signal that ended it. */
  stop(): Promise<number | string>;
  output(): string;
}

/** The endpoint `script` has one model, `demo`, which costs nothing. `apart`: API and worker are two processes. */
export async function startRunServer(
  t: Test,
  script: object,
  apart = false,
  further: Readonly<Record<string, string>> = {},
): Promise<RunServerOfTest> {
  const urls = await createTestDatabase(t);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'loopledger-runs-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, 'demo.json'), JSON.stringify(script));
  const masterKey = randomBytes(32);
  const database = openDatabase({ url: urls.appUrl, max: 2, applicationName: 'test' });
  const tenantKeys = createTenantKeys({ database, masterKey });
  const ledger = createLedger({ database, registry, tenantKeys });
  const { secret } = await foundTenantOn(ledger, tenantKeys, { tenantId: newId(), name: 'Runs', slug: 'runs' });
  await database.close();
  const port = await findFreePort();
  const common = {
    DATABASE_URL: urls.appUrl,
    DATABASE_WORKER_URL: urls.workerUrl,
    LOOPLEDGER_DATA: folder,
    LOOPLEDGER_MASTER_KEY: masterKey.toString('base64'),
    LOOPLEDGER_SCRIPTED_MODELS: folder,
    LOOPLEDGER_LOG_LEVEL: 'warn',
    ...further,
  };
  const server = spawnServer(t, { ...common, PORT: String(port), LOOPLEDGER_ROLE: apart ? 'api' : 'all' });
  const worker = apart ? spawnServer(t, { ...common, PORT: '0', LOOPLEDGER_ROLE: 'worker' }) : null;
  const url = `http://127.0.0.1:${port}`;
  await waitFor('the server', () => isReady(url)).catch((error: unknown) => {
    throw new Error(server.output(), { cause: error });
  });
  const say = async <Answer>(method: string, place: string, body?: object): Promise<Answer> => {
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    const answer = await fetchPatiently(`${url}/api/v1${place}`, init);
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as Answer;
  };
  const models = [{ name: 'demo', price: { input: 0, cached: 0, output: 0 } }];
  await say('POST', '/model-endpoints', { name: 'script', kind: 'scripted', models });
  const stop = async (): Promise<number | string> => {
    worker?.child.kill('SIGTERM');
    await worker?.ended;
    server.child.kill('SIGTERM');
    return await server.ended;
  };
  return { url, urls, secret, folder, say, stop, output: () => `${server.output()}${worker?.output() ?? ''}` };
}
