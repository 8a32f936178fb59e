// The runner of the suite: whatever becomes of a test file, the last line tells of it.
import { test, type Test } from 'tap';
import { TestReport } from './report.ts';
import { runFiles } from './test-file.ts';

const tap = import.meta.resolve('tap');
const begin = `import { test } from '${tap}';\n`;

async function report(
  t: Test,
  files: Readonly<Record<string, string>>,
  unusual: { stop?: AbortSignal; patienceS?: number } = {},
) {
  const root = t.testdir(files);
  const lines: string[] = [];
  const told = new TestReport((line) => lines.push(line));
  const { stop = new AbortController().signal, patienceS = 120 } = unusual;
  const run = { root, env: {}, flags: [], jobs: 2, patienceS, keep: () => undefined };
  await runFiles(run, Object.keys(files), told, stop);
  told.finish(Object.keys(files));
  return { count: told.count, text: lines.join('\n') };
}

test('tests that pass, fail and are skipped are counted, and a failure is told once', async (t) => {
  const { count, text } = await report(t, {
    'good.mjs': `${begin}test('one', async (t) => t.ok(true)); test('two', async (t) => t.ok(true));`,
    'bad.mjs': `${begin}test('outer', (t) => t.test('inner', async (tt) => tt.equal(1, 2)));`,
    'left-out.mjs': `${begin}test('later', { skip: 'no engine' }, async (t) => t.ok(true));`,
  });
  t.same(count, { passed: 2, failed: 1, skipped: 1 });
  t.match(text, /^FAILED bad\.mjs › outer › inner › should be equal$/m);
  t.equal(text.match(/FAILED/g)?.length, 1);
  t.match(text, /^ok {5}good\.mjs \(2 tests, \d+\.\d s\)$/m);
  t.match(text, /^not ok bad\.mjs \(1 tests, /m);
});

test('a file that dies, says nothing or never comes to its tests fails', async (t) => {
  const { count, text } = await report(t, {
    'crash.mjs': `${begin}await test('one', async (t) => t.ok(true)); process.kill(process.pid, 'SIGKILL');`,
    'code.mjs': `${begin}test('one', async (t) => t.ok(true)); process.on('exit', () => process.reallyExit(3));`,
    'silent.mjs': `export {};`,
    'early.mjs': `process.exit(1);`,
  });
  t.match(text, /FAILED crash\.mjs › ended with SIGKILL/);
  t.match(text, /FAILED code\.mjs › ended with 3/);
  t.match(text, /FAILED silent\.mjs › holds no test/);
  t.match(text, /not ok early\.mjs/);
  t.equal(count.passed, 2);
  t.equal(count.failed, 4);
});

test('what a stop leaves out counts as failed', async (t) => {
  const stop = new AbortController();
  stop.abort();
  const files = { 'good.mjs': `${begin}test('one', async (t) => t.ok(true));` };
  const { count, text } = await report(t, files, { stop: stop.signal });
  t.same(count, { passed: 0, failed: 1, skipped: 0 });
  t.match(text, /FAILED good\.mjs › was not run to its end/);
});

test('a test that takes too long is told, with its name', async (t) => {
  const files = { 'hang.mjs': `${begin}test('it waits', async () => new Promise((go) => setTimeout(go, 3_000)));` };
  const { count, text } = await report(t, files, { patienceS: 1 });
  t.equal(count.passed, 0);
  t.ok(count.failed > 0);
  t.match(text, /^FAILED hang\.mjs › it waits › timeout!$/m);
});
