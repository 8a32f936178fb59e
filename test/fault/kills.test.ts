import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'tap';
import { createTestDatabase } from '../support/database.ts';
import { startMortalCluster } from './cluster.ts';
import { killProcesses } from './process-kills.ts';
import { points } from './proxy.ts';
import { killServers } from './server-kills.ts';

const seed = Math.trunc(Math.random() * 1e6);
const folder = mkdtempSync(path.join(os.tmpdir(), 'loopledger-history-'));
const where = `seed ${seed}, histories in ${folder}`;
const cluster = await startMortalCluster();

test('a process that is killed at any point of a commit loses nothing that it acknowledged, and holds nobody up', async (t) => {
  const { appUrl: url, adminUrl } = await createTestDatabase(t);
  const kills = await killProcesses({ url, adminUrl, folder, seed, count: points.length });
  for (const { point, recoveryMs, faults, done, open, acknowledged } of kills) {
    t.same(faults, [], `killed at ${point}, ${where}`);
    t.ok(recoveryMs < 5_000, `after a kill at ${point} others wrote ${recoveryMs} ms later`);
    t.ok(acknowledged > 10);
    t.ok(done + open > 0, `at ${point} it was killed in the middle of something`);
  }
});

test('a database that is killed under load loses nothing, and everybody comes back by himself', async (t) => {
  const { appUrl: url, adminUrl } = await createTestDatabase(t);
  const place = path.join(folder, 'server');
  const figures = await killServers({ cluster, url, adminUrl, folder: place, seed, rounds: 1, killsPerRound: 2 });
  for (const { blow, inFlight, recoveryMs } of figures.kills) {
    t.ok(inFlight > 0, `${blow} with ${inFlight} in flight`);
    t.ok(recoveryMs < 5_000, `after ${blow} everybody wrote ${recoveryMs} ms later`);
  }
  for (const verdict of figures.verdicts) t.same(verdict.findings, [], where);
  if (t.passing()) rmSync(folder, { recursive: true });
});
