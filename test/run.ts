// The whole suite: one PostgreSQL cluster for the run, tap over the test files, and a last line that counts the tests.
// `npm test -- story` runs the files whose path holds that word; arguments with a dash are handed on to tap.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import path from 'node:path';
import { clusterVariable, startTestCluster } from './support/postgres.ts';
import { TestReport } from './support/report.ts';

const root = path.resolve(import.meta.dirname, '..');
const words = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('-'));

async function findFiles(): Promise<string[]> {
  const files = await Array.fromAsync(glob('test/**/*.test.ts', { cwd: root }));
  return files.filter((file) => words.length === 0 || words.some((word) => file.includes(word))).sort();
}

/** The runner is built once for its plugins: ours has none that touches TypeScript, which the runtime reads itself. */
async function buildRunner(): Promise<void> {
  const built = path.join(root, 'node_modules/@tapjs/test/test-built/dist/esm/index.js');
  if (existsSync(built) && !readFileSync(built, 'utf8').includes('@tapjs/typescript')) return;
  const child = spawn('tap', ['build'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error('tap build failed');
}

async function runFiles(files: readonly string[], cluster: string): Promise<TestReport> {
  mkdirSync(path.join(root, '.tap'), { recursive: true });
  const report = new TestReport((line) => process.stdout.write(`${line}\n`));
  const child = spawn('tap', ['run', '--reporter=tap', ...flags, ...files], {
    cwd: root,
    // Every file is a process, and most of them read the whole server.
    env: { ...process.env, [clusterVariable]: cluster, NODE_COMPILE_CACHE: path.join(root, '.tap/compiled') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = (): void => void child.kill('SIGTERM');
  process.once('SIGINT', stop).once('SIGTERM', stop);
  // Kept for whoever wants to know more than the report tells.
  child.stdout.pipe(createWriteStream(path.join(root, '.tap/last-run.tap')));
  child.stdout.pipe(report.parser);
  const [code] = (await once(child, 'close')) as [number | null];
  await report.ended;
  report.finish(files, code);
  return report;
}

await buildRunner();
const files = await findFiles();
if (files.length === 0) throw new Error(`no test file has ${words.join(' or ')} in its path`);
const running = await startTestCluster();
process.once('exit', running.discard);
const report = await runFiles(files, JSON.stringify(running.cluster));
const { passed, failed, skipped } = report.count;
// On a build machine a skipped test is a hole that nobody sees.
const skippedInBuild = process.env['CI'] === 'true' ? skipped : 0;
if (skipped > 0) process.stdout.write(`${skipped} skipped${skippedInBuild > 0 ? ', which fails a build' : ''}\n`);
process.stdout.write(`${passed} passed, ${failed + skippedInBuild} failed\n`);
process.exitCode = failed + skippedInBuild > 0 ? 1 : 0;
await running.server.stop();
