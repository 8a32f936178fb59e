import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'tap';
import { createTestDatabase } from '../support/database.ts';
import { startMortalCluster } from './cluster.ts';
import { killFollowed } from './follower-kills.ts';

const cluster = await startMortalCluster();

test('feeds, sockets and webhooks miss nothing while API, worker and database are killed', async (t) => {
  const seed = Math.trunc(Math.random() * 1e6);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'loopledger-history-'));
  const where = `seed ${seed}, histories in ${folder}`;
  const figures = await killFollowed({
    t,
    cluster,
    urls: await createTestDatabase(t),
    folder,
    dataFolder: t.testdir(),
    seed,
    events: 2_000,
    kills: 3,
    tenants: 2,
    writersEach: 3,
    feedsEach: 1,
    socketsEach: 2,
    endpoints: 5,
  });
  t.same(figures.killed, { api: 1, worker: 1, postgres: 1 });
  t.same(figures.faults, [], where);
  t.same(figures.verdict.findings, [], where);
  t.equal(figures.feeds.repeats + figures.sockets.repeats, 0, 'a cursor never leads back');
  t.ok(figures.sockets.connections > 4, 'sockets came back');
  const { events, repeats } = figures.deliveries;
  t.ok(events > 3_000 && repeats < events / 4, `${repeats} of ${events} deliveries came twice`);
  if (t.passing()) rmSync(folder, { recursive: true });
});
