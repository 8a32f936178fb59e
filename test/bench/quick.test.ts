// The benchmark itself: it runs, and its result has every row. How fast anything is on the test machine is not asked.
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { test } from 'tap';
import type { Row } from '../../bench/measure/rounds.ts';
import type { Result } from '../../bench/report/result.ts';

const root = path.resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

const writeRows = [
  'bare',
  'no database',
  'raw',
  'emmett',
  'ours, 1 tenant',
  'ours, 8 tenants',
  'ours, 64 tenants',
  'ours, 64 tenants, skewed',
  'ours, 1000 tenants',
  'ours, 1000 tenants, skewed',
  'ours and workers, 8 tenants',
];

const expectedRows: Readonly<Record<string, readonly string[]>> = {
  writes: writeRows,
  crowd: writeRows,
  processes: [
    '1 process, 1 tenant',
    '3 processes, 1 tenant',
    '1 process, 64 tenants',
    '3 processes, 64 tenants',
    '3 processes, sorted, 64 tenants',
  ],
  custody: ['a story is changed', 'a story is created', 'contract, claim, start, unclaim'],
  reads: ['1 tenant', '64 tenants'].flatMap((tenants) =>
    ['bare story', 'our story', 'bare list', 'our list'].map((what) => `${what}, ${tenants}`),
  ),
  latency: ['idle', 'loaded', 'crowd'].flatMap((load) => [`${load}, commit to reader`, `${load}, request to reader`]),
  replay: [
    'rebuild the stories',
    'verify the stories',
    'rebuild all views of the commit',
    'verify all views of the commit',
  ],
  feed: [
    '10 sockets, commit to socket',
    '10 sockets, request to socket',
    '40 sockets, commit to socket',
    '40 sockets, request to socket',
    '60 idle sockets, opened',
    '20 long polls, commit to reader',
    'catch-up, events',
  ],
  webhooks: ['idle, commit to first attempt', 'deliveries, 49 endpoints', 'all endpoints well', 'one endpoint hangs'],
  growth: ['10k', '100k', '1M'].flatMap((size) =>
    ['append', 'story', 'list', 'ready, one caller'].map((what) => `${what}, ${size}`),
  ),
  runs: [
    'logged to taken',
    'answered to seen taken',
    'answered to first step seen',
    'asked to mended and solved',
    'the same, told to a collector',
    'cancel to ended',
    'printed to seen',
  ],
  sandboxes: ['docker, new', 'docker, waiting', 'bubblewrap', 'wasm'],
};

test('a quick benchmark measures every row', { timeout: 280_000 }, async (t) => {
  const args = ['bench/main.ts', '--quick', '--seconds', '0.1'];
  const { stdout } = await run(process.execPath, args, { cwd: root });
  const file = stdout.trim().split('\n').at(-1) ?? '';
  t.teardown(() => rm(file, { force: true }));
  const result = JSON.parse(await readFile(file, 'utf8')) as Result;
  for (const { name, rows } of result.sections) {
    t.same(
      rows.map((row) => row.name),
      expectedRows[name],
      `${name} has its rows`,
    );
    for (const row of rows) t.ok(isMeasured(row), `${name}: ${row.name} was measured`);
  }
  t.same(
    result.sections.map(({ name }) => name),
    Object.keys(expectedRows),
    'every section ran',
  );
  t.match(stdout, /× bare/, 'the table shows ratios');
});

/** A reader may hear of a commit before its writer does, so a latency may be below zero; a rate may not. */
function isMeasured(row: Row): boolean {
  const rates = [row.perSecond ?? 1, ...Object.values(row.ratios).map((ratio) => ratio.perSecond ?? 0)];
  return (
    rates.every((rate) => rate > 0 && Number.isFinite(rate)) && [row.p50Ms ?? 1, row.p99Ms ?? 1].every(Number.isFinite)
  );
}
