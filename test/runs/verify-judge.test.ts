// What speaks against a commit, from what was seen of it alone.
import { test } from 'tap';
import { bindingOf, boundFiles, judge } from '../../runs/verify/judge.ts';
import type { Observed, Outcome } from '../../runs/verify/observe.ts';
import { orderWith } from '../support/verifying.ts';

const told = { git_remote: 'https://git.example.com/x', commit: 'a'.repeat(40) };

function seen(
  tests: Readonly<Record<string, Outcome>>,
  faults: readonly string[] = [],
  lost: string | null = null,
): Observed {
  return { tests: new Map(Object.entries(tests)), faults, lost, log: '', environment: '' };
}

const tree = new Map([['src/add.py', Buffer.from('def add(a, b):\n    return a + b\n')]]);

function reasons(bindings: readonly string[], commit: Observed, base: Observed | null = null): string[] {
  return judge({ order: orderWith({ ...told, base: 'parent' }, bindings), tree, commit, base });
}

const file = 'tests/test_add.py';
const both = { [`${file}::Add::test_a`]: 'passed', [`${file}::Add::test_b[1]`]: 'passed' } as const;

test('a binding names a file, a class, a test in it, or each case of one', (t) => {
  for (const name of ['', '::Add', '::Add::test_a', '::test_a', '::test_b', '::test_b[1]', '::Add::test_b']) {
    t.same(reasons([`test:${file}${name}`], seen(both)), [], name);
  }
  for (const name of ['::Ad', '::Sub', '::Add::test_c', '::test_', '::test_b[2]', '::Sub::test_a', '::']) {
    t.match(reasons([`test:${file}${name}`], seen(both)), [/was not seen/, /No test/], name);
  }
  t.match(reasons(['test:tests/test_ad.py'], seen(both)), [/was not seen/, /No test/]);
  t.same(bindingOf('test:a b.py::x::y'), { kind: 'test', path: 'a b.py', name: 'x::y' });
  t.same(bindingOf('code:a.py#b#c'), { kind: 'code', path: 'a.py', name: 'b#c' });
  for (const binding of [null, 'manual:x', 'route:/x', 'migration:1', 'nonsense', 'tests:x']) {
    t.equal(bindingOf(binding), null, `${binding}`);
  }
  t.end();
});

test('every bound test is seen to pass, or it speaks against the commit', (t) => {
  for (const outcome of ['failed', 'skipped'] as const) {
    const commit = seen({ ...both, [`${file}::Add::test_c`]: outcome });
    t.match(reasons([`test:${file}`], commit), [/test_c/], outcome);
    t.same(reasons([`test:${file}::test_a`], commit), [], 'what nobody bound is nobody’s concern');
  }
  t.same(reasons([`test:${file}`], seen(both, ['It ended early.'])), ['It ended early.']);
  t.match(reasons([], seen({})), [/No test/], 'nothing bound is nothing verified');
  t.match(reasons(['code:src/add.py'], seen({})), [/No test/]);
  t.match(reasons([`test:${file}`, 'manual:look'], seen(both)), [/Criterion 2 needs the word/]);
  t.end();
});

test('code that is bound is there, with its text', (t) => {
  t.same(reasons([`test:${file}`, 'code:src/add.py#def add('], seen(both)), []);
  t.match(reasons([`test:${file}`, 'code:src/add.py#def sub('], seen(both)), [/does not hold the text/]);
  t.match(reasons([`test:${file}`, 'code:src/sub.py'], seen(both)), [/is not there/]);
  t.end();
});

test('work shows in a test that fails without it', (t) => {
  t.match(reasons([`test:${file}`], seen(both), seen(both)), [/without the work as well/]);
  t.same(reasons([`test:${file}`], seen(both), seen({ ...both, [`${file}::Add::test_a`]: 'failed' })), []);
  t.same(reasons([`test:${file}`], seen(both), seen({}, ['It ended early.'])), [], 'what was not seen did not pass');
  t.match(reasons([`test:${file}`], seen(both), seen({}, ['oom'], 'oom')), [/could not be seen \(parent\): oom/]);
  t.end();
});

test('only files in the folder of the trusted tests are run', (t) => {
  const order = orderWith(told, [
    'test:tests/b.py::x',
    'test:tests/a.py',
    'test:tests/b.py::y',
    'test:other/c.py',
    'test:tests/../evil.py',
    'test:/tests/d.py',
    'code:tests/e.py',
  ]);
  t.same(boundFiles(order), ['tests/a.py', 'tests/b.py']);
  t.end();
});
