import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'tap';
import { createTestDatabase } from '../support/database.ts';
import { points } from './proxy.ts';
import { strikeConnections } from './strikes.ts';

test('connections that are cut, silenced or delayed at any point of a commit cost time and nothing else', async (t) => {
  const seed = Math.trunc(Math.random() * 1e6);
  const { appUrl: url, adminUrl } = await createTestDatabase(t);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'loopledger-history-'));
  const acts = ['cut', 'hang', 150] as const;
  const figures = await strikeConnections({ url, adminUrl, folder, seed, acts, rounds: 1, statementTimeoutMs: 400 });
  t.same(figures.verdict.findings, [], `seed ${seed}, histories in ${folder}`);
  t.equal(figures.hits, points.length * acts.length, 'every strike hit');
  t.ok(Math.max(...figures.recoveriesMs) < 5_000, `the slowest recovery took ${Math.max(...figures.recoveriesMs)} ms`);
  if (figures.verdict.sound) rmSync(folder, { recursive: true });
});
