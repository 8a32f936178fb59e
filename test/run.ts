// The whole suite: one PostgreSQL cluster for the run, a process for each test file, and a last line that counts the tests.
// `npm test -- story` runs the files whose path holds that word; `--jobs=1` runs one file at a time.
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { bundleLibraries } from './support/bundle.ts';
import { clusterVariable, startTestCluster } from './support/postgres.ts';
import { TestReport } from './support/report.ts';
import { runFiles } from './support/test-file.ts';

const root = path.resolve(import.meta.dirname, '..');
const words = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('-'));

/** Long files first and short ones last, so that no processor waits for the end of one that began late. */
const longFirst = [
  'bench/quick',
  'api/bad-input',
  'fault/',
  'boot/start',
  'boot/',
  'web/',
  'runs/',
  'clients/',
  'sandbox/',
  'policies/story-custody',
  'api/custody-sequence',
  'api/canary',
  'projections/',
  'workers/',
  'bench/',
  'api/',
];
const shortLast = ['commands/', 'events/', 'kernel/'];

function rankOf(file: string): number {
  const place = longFirst.findIndex((start) => file.startsWith(`test/${start}`));
  if (place >= 0) return place;
  return longFirst.length + (shortLast.some((start) => file.startsWith(`test/${start}`)) ? 1 : 0);
}

async function findFiles(): Promise<string[]> {
  const all = await Array.fromAsync(glob('test/**/*.test.ts', { cwd: root }));
  const strange = words.filter((word) => !all.some((file) => file.includes(word)));
  if (strange.length > 0) throw new Error(`no test file has ${strange.join(' or ')} in its path`);
  const files = all.filter((file) => words.length === 0 || words.some((word) => file.includes(word))).sort();
  return files.toSorted((one, other) => rankOf(one) - rankOf(other));
}

/** A file waits for its database and for its own children part of the time: one more than there are processors. */
function findJobs(): number {
  const [given, ...others] = flags;
  const jobs =
    given === undefined ? Math.min(os.availableParallelism() + 1, 8) : Number(/^--jobs=(\d+)$/.exec(given)?.[1]);
  if (others.length > 0 || !(jobs > 0)) throw new Error(`${flags.join(' ')} is not understood: only --jobs=<n> is`);
  return jobs;
}

const jobs = findJobs();
const files = await findFiles();
const stop = new AbortController();
process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort());
const running = await startTestCluster();
process.once('exit', running.discard);
mkdirSync(path.join(root, '.tap'), { recursive: true });
// Kept for whoever wants to know more than the report tells.
const said = openSync(path.join(root, '.tap/last-run.tap'), 'w');
const report = new TestReport((line) => process.stdout.write(`${line}\n`));
// Every file is a process, and most of them read the whole server.
const env = {
  [clusterVariable]: JSON.stringify(running.cluster),
  NODE_COMPILE_CACHE: path.join(root, '.tap/compiled'),
};
const keep = (name: string, tap: string): void => void writeSync(said, `# ${name}\n${tap}\n`);
await runFiles(
  { root, env, flags: await bundleLibraries(root), jobs, patienceS: 600, keep },
  files,
  report,
  stop.signal,
);
closeSync(said);
report.finish(files);
const { passed, failed, skipped } = report.count;
// On a build machine a skipped test is a hole that nobody sees.
const skippedInBuild = process.env['CI'] === 'true' ? skipped : 0;
if (skipped > 0) process.stdout.write(`${skipped} skipped${skippedInBuild > 0 ? ', which fails a build' : ''}\n`);
process.stdout.write(`${passed} passed, ${failed + skippedInBuild} failed\n`);
process.exitCode = failed + skippedInBuild > 0 ? 1 : 0;
await running.server.stop();
