// Runs inside a sandbox. This process never runs code that nobody trusts: it unpacks the files, starts another one for each
// file of tests, and signs what it saw of them with a word that the others do not know.
import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const tree = '/work/tree';
const maxRecords = 4 << 20;
const maxLog = 16 << 10;

function unpack() {
  const pack = readFileSync('/work/tree.pack');
  let at = pack.indexOf('\n') + 1;
  for (const [name, size] of JSON.parse(pack.subarray(0, at).toString())) {
    const file = path.join(tree, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, pack.subarray(at, at + size));
    at += size;
  }
  unlinkSync('/work/tree.pack');
}

/** Tests of one file, and one that must pass and one that must fail, in one process and after everything was loaded. */
function entryFor(file, { canaries }) {
  const bound = JSON.stringify(`file://${tree}/${file}`);
  return `import { test } from 'node:test';
import assert from 'node:assert';
import strict from 'node:assert/strict';
await import(${bound});
const wrong = [assert, strict].flatMap((one) => [
  () => one(false),
  () => one.ok(false),
  () => one.equal(1, 2),
  () => one.strictEqual(1, 2),
  () => one.deepEqual([1], [2]),
  () => one.deepStrictEqual([1], [2]),
  () => one.notEqual(1, 1),
  () => one.match('a', /b/),
  () => one.throws(() => {}),
]);
test(${JSON.stringify(canaries.pass)}, () => strict.equal(1, 1));
test(${JSON.stringify(canaries.fail)}, () => {
  for (const claim of wrong) {
    try {
      claim();
    } catch {
      continue;
    }
    return;
  }
  throw new Error('as it must');
});
`;
}

/** What was told in its order by whoever has the key. Anything else is told as well, as a sign of tampering. */
function heard(lines, key) {
  const records = [];
  let strange = lines === '' || lines.endsWith('\n') ? 0 : 1;
  for (const line of lines.split('\n').slice(0, -1)) {
    const text = line.slice(65);
    const isRight = line.slice(0, 64) === createHmac('sha256', key).update(text).digest('hex');
    const record = isRight ? JSON.parse(text) : {};
    if (record.at === records.length) records.push(record);
    else strange += 1;
  }
  return { records, strange };
}

function observe(file, config, at) {
  const entry = `/work/tests-${at}.mjs`;
  writeFileSync(entry, entryFor(file, config));
  const key = randomBytes(32).toString('hex');
  const words = [
    '--import=/work/reporter.mjs',
    '--test-reporter=/work/reporter.mjs',
    '--test-reporter-destination=stderr',
    entry,
  ];
  const child = spawn(process.execPath, words, {
    cwd: tree,
    env: { PATH: process.env.PATH, HOME: '/tmp', LANG: 'C.UTF-8' },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(key);
  let lines = '';
  let log = '';
  const keep = (chunk) => (log = (log + chunk).slice(-maxLog));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.stdio[3].on('data', (chunk) => (lines.length < maxRecords ? (lines += chunk) : child.kill('SIGKILL')));
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), config.seconds * 1_000);
    // At the end of the tests' own process: what it leaves behind is not heard.
    child.once('exit', (code) => {
      clearTimeout(timer);
      setTimeout(() => resolve({ ...heard(lines, key), code, log }), 50);
    });
  });
}

const [nonce, told] = readFileSync(0, 'utf8').split('\n');
const config = JSON.parse(told);
unpack();
const seen = [];
for (const [at, file] of config.files.entries()) seen.push({ file, ...(await observe(file, config, at)) });
const text = JSON.stringify({ processes: seen, hidden: false, interpreter: `Node.js ${process.version}` });
const seal = createHmac('sha256', Buffer.from(nonce, 'hex')).update(text).digest('hex');
rmSync('/work/out', { recursive: true, force: true });
mkdirSync('/work/out');
writeFileSync('/work/out/told', `${seal} ${text}`);
process.exit(0);
