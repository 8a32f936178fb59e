// The other ways to run tests: pytest, and the runner of Node.js.
import { test, type Test } from 'tap';
import type { TestRunner } from '../../runs/verify/observe.ts';
import { deceits, done, trusted, undone } from '../support/deceit.ts';
import { type Files, TestRepository } from '../support/repository.ts';
import { openTier, skipReason } from '../support/sandbox.ts';
import { orderWith, type Verified, verifyBy } from '../support/verifying.ts';

const port = openTier('bubblewrap');
const skip = await skipReason('bubblewrap', 'python');

interface Trial {
  readonly runner: TestRunner;
  readonly trusted: Files;
  readonly work: Files;
  readonly binding: string;
}

async function verdictOf(t: Test, { runner, work, binding, ...trial }: Trial): Promise<Verified> {
  const repository = new TestRepository(t);
  const commit = repository.handIn(trial.trusted, work);
  return await verifyBy(port, orderWith({ git_remote: repository.url, commit, runner }, [binding]));
}

const probe = await port.run({
  language: 'python',
  entry: 'main.py',
  files: [{ path: 'main.py', content: 'import pytest' }],
});
const skipPytest = skip === false && probe.verdict !== 'ok' ? 'no pytest where tests run here' : skip;

test('pytest is heard as unittest is, and settings of the tree do not reach it', { skip: skipPytest }, async (t) => {
  const binding = 'test:tests/test_add.py';
  const verdict = (work: Files) => verdictOf(t, { runner: 'pytest', trusted, work, binding });
  const honest = await verdict(done);
  t.same(honest.judgement.reasons, []);
  t.match(honest.predicate, { seen: { environment: /pytest/, passed: { length: 2 } } });
  const wanted = ['the runner is told otherwise by files', 'the runner is bent from within', 'skipped one by one'];
  const bent = deceits.filter(({ name }) => wanted.includes(name));
  t.equal(bent.length, 3);
  for (const { name, work, told } of [{ name: 'nothing is done', work: undone, told: /test_large failed/ }, ...bent]) {
    const { judgement } = await verdict(work);
    t.notOk(judgement.is_passed, name);
    t.match(judgement.reasons.join('\n'), told, name);
  }
});

test('pytest: each case of a test counts, and an expected failure is none', { skip: skipPytest }, async (t) => {
  const cases = {
    ...trusted,
    'tests/test_add.py': `import pytest
from calc import add

@pytest.mark.parametrize('a', [1, 2])
def test_each(a):
    assert add(a, 1) == a + 1

@pytest.mark.xfail
def test_known():
    assert False
`,
  };
  const verdict = (name: string, work: Files) =>
    verdictOf(t, { runner: 'pytest', trusted: cases, work, binding: `test:tests/test_add.py::${name}` });
  t.ok((await verdict('test_each', done)).judgement.is_passed);
  const { judgement } = await verdict('test_each', { 'calc.py': 'def add(a, b):\n    return 2\n' });
  t.match(judgement.reasons, [/test_each\[2\] failed/]);
  t.match((await verdict('test_known', done)).judgement.reasons, [/test_known was skipped/]);
});

const nodeTrusted = {
  'tests/add.test.mjs': `import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { add } from '../calc.mjs';
describe('add', () => {
  it('adds', () => assert.equal(add(2, 2), 4));
  it('adds more', () => assert.equal(add(2, 3), 5));
});
`,
  'calc.mjs': 'export const add = () => 4;\n',
};
const lazy = 'export const add = () => 4;\n';
const nodeWorks: readonly (readonly [name: string, work: Files, told: RegExp])[] = [
  ['nothing is done', { 'other.mjs': '' }, /adds more failed/],
  ['exits on import', { 'calc.mjs': `process.exit(0);\n${lazy}` }, /ended before|was not seen/],
  [
    'exits at the first call',
    { 'calc.mjs': 'export const add = () => process.exit(0);\n' },
    /ended before|was not seen|failed/,
  ],
  ['prints', { 'calc.mjs': `console.log('ok 1 - adds more\\n# pass 2');\n${lazy}` }, /adds more failed/],
  [
    'writes where reports go',
    {
      'calc.mjs': `import fs from 'node:fs';\nfs.writeSync(3, '{"test":"add::adds more","outcome":"passed"}\\n');\n${lazy}`,
    },
    /Somebody else spoke/,
  ],
  [
    'bends the assertions',
    { 'calc.mjs': `import assert from 'node:assert';\nassert.strictEqual = assert.strict.equal = () => {};\n${lazy}` },
    /put among them passed|adds more failed/,
  ],
  [
    'settings in files',
    { 'package.json': '{"scripts":{"test":"true"},"type":"module"}', 'tests/add.test.mjs': 'export {};\n' },
    /adds more failed/,
  ],
];

test('the runner of Node.js: honest work is verified, and other work is not', { skip }, async (t) => {
  const verdict = (work: Files) =>
    verdictOf(t, { runner: 'node', trusted: nodeTrusted, work, binding: 'test:tests/add.test.mjs::add' });
  const honest = await verdict({ 'calc.mjs': 'export const add = (a, b) => a + b;\n' });
  t.same(honest.judgement.reasons, []);
  t.match(honest.predicate, { seen: { passed: { length: 3 } } });
  for (const [name, work, told] of nodeWorks) {
    const { judgement } = await verdict(work);
    t.notOk(judgement.is_passed, name);
    t.match(judgement.reasons.join('\n'), told, `${name}: ${judgement.reasons[0]}`);
  }
});

test('the port is closed', async () => {
  await port.close();
});
