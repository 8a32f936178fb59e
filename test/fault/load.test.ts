import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Test, test } from 'tap';
import { createTestDatabase } from '../support/database.ts';
import { type LoadFigures, runLoad } from './load.ts';

const hourMs = 3_600_000;
const seed = Math.trunc(Math.random() * 1e6);

interface Plan {
  readonly events: number;
  readonly tenants: number;
  readonly processes: readonly number[];
  readonly clockShiftsMs?: readonly number[];
}

async function load(t: Test, plan: Plan): Promise<LoadFigures> {
  const { appUrl, adminUrl } = await createTestDatabase(t);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'loopledger-history-'));
  const figures = await runLoad({ url: appUrl, adminUrl, folder, seed, readers: 8, pauseMs: 20, many: 0.005, ...plan });
  t.comment(`${figures.perSecond} events/s; ${figures.verdict.summary()}`);
  // The histories of a run that found something stay for whoever looks into it.
  if (figures.verdict.sound) rmSync(folder, { recursive: true });
  t.same(figures.verdict.findings, [], `seed ${seed}, histories in ${folder}`);
  const { counts } = figures.verdict;
  // Of what was answered, some changed nothing.
  t.ok(
    counts.events > plan.events * 0.8 && counts.refused > 0 && counts.unknown > 0 && counts.replayed > 0,
    'all was tried',
  );
  t.equal(counts.tenants, plan.tenants);
  t.equal(counts.replayedEvents, counts.events);
  const readers = plan.tenants === 1 ? 8 : 2;
  t.ok(counts.readEvents >= counts.events * readers, 'every reader read everything');
  return figures;
}

test('many writers of one tenant, in processes whose clocks are an hour apart, lose and reorder nothing', async (t) => {
  const processes = [16, 10, 6];
  const figures = await load(t, { events: 10_000, tenants: 1, processes, clockShiftsMs: [0, hourMs, -hourMs] });
  const perWriter = figures.shares.map(({ events, writers }) => events / writers);
  const mean = perWriter.reduce((sum, one) => sum + one) / perWriter.length;
  for (const [at, own] of perWriter.entries()) t.ok(own > mean / 5, `process ${at} is not starved: ${own} of ${mean}`);
  t.ok(
    figures.shares.every(({ outrun, contested }) => outrun + contested > 10),
    'the processes met',
  );
});

test('many writers of fifty tenants lose and reorder nothing', async (t) => {
  await load(t, { events: 5_000, tenants: 50, processes: [16, 10, 6] });
});
