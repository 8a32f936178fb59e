import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { test } from 'tap';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import { findFreePort } from '../../boot/postgres-server.ts';
import { newId } from '../../kernel/id.ts';
import { registry } from '../../projections/index.ts';
import { openDatabase } from '../../sql/database.ts';
import { createLedger } from '../../sql/ledger.ts';
import { createTenantKeys } from '../../sql/tenant-keys.ts';
import { createTestDatabase } from '../support/database.ts';
import { skipReason } from '../support/sandbox.ts';
import { isReady, spawnServer, waitFor } from '../support/server-process.ts';

const review = {
  root_cause: 'It subtracts.',
  error_class: 'logic',
  fix: 'Add instead.',
  code: 'def add(a, b):\n    return a + b\n',
  confidence: 0.9,
  changes: ['the operator'],
};
const script = {
  answers: [
    { purpose: 'code', text: '```python\ndef add(a, b):\n    return a - b\n```' },
    { purpose: 'review', json: review },
  ],
};

interface Seen {
  readonly id: string;
  readonly status: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly outcome: { readonly reason: string } | null;
}

test(
  'a server as it is started solves a run: a bug, its review, its fix',
  {
    skip: await skipReason('bubblewrap', 'python'),
  },
  async (t) => {
    const urls = await createTestDatabase(t);
    const folder = mkdtempSync(path.join(os.tmpdir(), 'loopledger-runs-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    writeFileSync(path.join(folder, 'demo.json'), JSON.stringify(script));
    const masterKey = randomBytes(32);
    const tenantId = newId();
    const database = openDatabase({ url: urls.appUrl, max: 2, applicationName: 'test' });
    const tenantKeys = createTenantKeys({ database, masterKey });
    const ledger = createLedger({ database, registry, tenantKeys });
    const { secret } = await foundTenantOn(ledger, tenantKeys, { tenantId, name: 'Runs', slug: 'runs' });
    await database.close();
    const port = await findFreePort();
    const server = spawnServer(t, {
      PORT: String(port),
      DATABASE_URL: urls.appUrl,
      DATABASE_WORKER_URL: urls.workerUrl,
      LOOPLEDGER_DATA: folder,
      LOOPLEDGER_MASTER_KEY: masterKey.toString('base64'),
      LOOPLEDGER_SCRIPTED_MODELS: folder,
      LOOPLEDGER_LOG_LEVEL: 'warn',
    });
    const url = `http://127.0.0.1:${port}`;
    await waitFor('the server', () => isReady(url)).catch((error: unknown) => {
      throw new Error(server.output(), { cause: error });
    });
    const say = async (method: string, place: string, body?: object): Promise<Seen> => {
      const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
      const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
      const answer = await fetch(`${url}/api/v1${place}`, init);
      if (!answer.ok) throw new Error(await answer.text());
      return (await answer.json()) as Seen;
    };
    const models = [{ name: 'demo', price: { input: 0, cached: 0, output: 0 } }];
    await say('POST', '/model-endpoints', { name: 'script', kind: 'scripted', models });
    const prompt = 'Write add(a, b), which gives the sum.';
    const asked = { prompt, language: 'python', tests: 'assert add(1, 2) == 3', model: 'script/demo' };
    const times: number[] = [];
    for (let nth = 0; nth < 3; nth += 1) {
      const run = await say('POST', '/runs', { ...asked, tiers: ['bubblewrap'] });
      let seen = run;
      await waitFor('the end of the run', async () => {
        seen = await say('GET', `/runs/${run.id}`);
        return seen.outcome !== null;
      });
      t.match(seen, {
        status: 'succeeded',
        calls: 2,
        outcome: { reason: 'solved', best: 2 },
        candidates: [
          { is_solved: false, tier: 'bubblewrap' },
          { is_solved: true, of: 1 },
        ],
      });
      times.push(Date.parse(seen.updated_at) - Date.parse(seen.created_at));
    }
    t.comment(`from request to end: ${times.join(', ')} ms`);
    const late = await say('POST', '/runs', { ...asked, model: 'script/other', tiers: ['bubblewrap'] });
    let seen = late;
    await waitFor('the end of a run whose model is not there', async () => {
      seen = await say('GET', `/runs/${late.id}`);
      return seen.outcome !== null;
    });
    t.match(seen, { status: 'failed', outcome: { reason: 'model_error' } });
    server.child.kill('SIGTERM');
    t.equal(await server.ended, 0, server.output());
  },
);
