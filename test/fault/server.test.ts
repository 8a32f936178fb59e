import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Test, test } from 'tap';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import { findFreePort } from '../../boot/postgres-server.ts';
import { openTestLedger } from '../support/ledger.ts';
import { fetchPatiently, msOf } from '../support/pace.ts';
import { isReady, type ServerProcess, spawnServer, waitFor } from '../support/server-process.ts';
import { checkHistory } from './checker.ts';
import { type Access, followFeed, type HttpTally, HttpWriter } from './http-client.ts';
import { openHistory } from './history.ts';
import { Proxy } from './proxy.ts';
import { seededRandom } from './random.ts';

const masterKey = Buffer.from('a key for the servers of a test.').toString('base64');

interface Server {
  readonly url: string;
  readonly process: ServerProcess;
}

async function startServer(t: Test, databaseUrl: string): Promise<Server> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const process = spawnServer(t, {
    PORT: String(port),
    DATABASE_URL: databaseUrl,
    LOOPLEDGER_ROLE: 'api',
    LOOPLEDGER_DATA: t.testdir(),
    LOOPLEDGER_MASTER_KEY: masterKey,
    LOOPLEDGER_POOL: '3',
    LOOPLEDGER_LOG_LEVEL: 'warn',
    LOOPLEDGER_RATE_PER_KEY: '10000000',
    LOOPLEDGER_RATE_PER_TENANT: '10000000',
  });
  await waitFor('the server', () => process.isOver() || isReady(url));
  if (process.isOver()) throw new Error(process.output());
  return { url, process };
}

async function post(url: string, { secret }: Access, body: object): Promise<string> {
  const response = await fetchPatiently(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  return ((await response.json()) as { id: string }).id;
}

test('servers under load keep every promise while they lose their connections, their pool and their lives', async (t) => {
  const { urls, ledger, tenantKeys } = await openTestLedger(t);
  const proxy = await Proxy.open(urls.appUrl);
  t.teardown(() => proxy.close());
  const [doomed, mortal, steady] = await Promise.all(
    [proxy.url, proxy.url, urls.appUrl].map((url) => startServer(t, url)),
  );
  if (doomed === undefined || mortal === undefined || steady === undefined) throw new Error('no servers');
  const { tenantId: tenant, keyId, secret } = await foundTenantOn(ledger, tenantKeys, { name: 'Fault', slug: 'fault' });
  const access: Access = { tenant, keyId, secret };
  const project = await post(`${steady.url}/api/v1/projects`, access, { name: 'P', slug: 'p' });
  const epic = await post(`${steady.url}/api/v1/projects/${project}/epics`, access, { title: 'E' });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'loopledger-history-'));
  const history = openHistory(folder, 'http');
  history.add({ kind: 'shared', tenant });
  const tally: HttpTally = { statuses: new Map(), failed: 0, impolite: 0, done: 0 };
  let stopping = false;
  let reading = true;
  const stopped = (): boolean => stopping;
  const server = (): string => [doomed, mortal].find((one) => !one.process.isOver())?.url ?? steady.url;
  const writers = Array.from({ length: 8 }, (_, at) =>
    new HttpWriter({ server, access, epic, history, random: seededRandom(at), tally, stopped }).run(),
  );
  const readers = [mortal, steady].map((one, at) =>
    followFeed(`feed-${at}`, () => (one.process.isOver() ? steady.url : one.url), access, {
      history,
      stopped: () => !reading,
    }),
  );
  const written = async (count: number): Promise<void> => {
    const wanted = tally.done + count;
    await waitFor(`${count} more writes`, () => tally.done >= wanted);
  };
  await written(100);

  await t.test('a server that is killed between its commit and its answer leaves an answer behind', async (tt) => {
    const { failed } = tally;
    const usualMs = await msOf(() => written(20));
    await proxy.strike('done', () => doomed.process.child.kill('SIGKILL'));
    tt.equal(await doomed.process.ended, 'SIGKILL');
    const ms = await msOf(() => written(20));
    tt.ok(ms - usualMs < 5_000, `another server answers, ${ms} ms for ${usualMs} ms`);
    tt.ok(tally.failed > failed, 'requests were under way');
  });

  await t.test('a connection that is cut, or whose answer is swallowed, costs nobody an answer', async (tt) => {
    for (const point of ['held', 'sent', 'done'] as const) {
      const usualMs = await msOf(() => written(20));
      await proxy.strike(point, 'cut');
      const ms = await msOf(() => written(20));
      tt.ok(ms - usualMs < 5_000, `written again after ${point}, ${ms} ms for ${usualMs} ms`);
    }
    tt.ok(proxy.strikeAll('cut') > 0);
    await written(20);
  });

  await t.test('a pool that is exhausted makes readers wait, and turns nobody away with a fault', async (tt) => {
    const statuses = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const response = await fetch(`${mortal.url}/api/v1/epics/${epic}/stories?limit=200`, {
          headers: { authorization: `Bearer ${secret}` },
        });
        await response.text();
        return response.status;
      }),
    );
    tt.same(
      statuses.filter((status) => status !== 200 && status !== 503),
      [],
    );
    await written(20);
  });

  await t.test('a server that is told to end finishes what it has begun, and ends well', async (tt) => {
    mortal.process.child.kill('SIGTERM');
    tt.equal(await mortal.process.ended, 0, mortal.process.output());
    await written(50);
  });

  stopping = true;
  await Promise.all(writers);
  await sleep(50);
  reading = false;
  await Promise.all(readers);
  history.close();
  const verdict = await checkHistory({ url: urls.appUrl, adminUrl: urls.adminUrl, folder });
  t.same(verdict.findings, []);
  t.ok(verdict.counts.replayed > 0, 'a repeat found the answer of the dead server');
  t.ok(verdict.counts.acknowledged > 250 && verdict.counts.refused > 0 && verdict.counts.pages > 2, verdict.summary());
  t.equal(tally.impolite, 0, 'each 503 says when to come back');
  t.same(
    [...tally.statuses.keys()].filter((status) => ![200, 201, 404, 503].includes(status)),
    [],
  );
  rmSync(folder, { recursive: true });
});
