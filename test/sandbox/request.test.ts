import { test } from 'tap';
import type { SandboxRequest } from '../../sandbox/port.ts';
import { checkRequest, defaultLimits } from '../../sandbox/request.ts';

const good: SandboxRequest = { language: 'python', files: [{ path: 'main.py', content: '' }], entry: 'main.py' };

test('a request gets all limits', (t) => {
  t.same(checkRequest(good).limits, defaultLimits);
  t.same(checkRequest({ ...good, limits: { pids: 10 } }).limits, { ...defaultLimits, pids: 10 });
  t.end();
});

const bad: readonly [title: string, change: Partial<SandboxRequest>][] = [
  ...['', '.', '..', '../x', 'a/../b', '/etc/passwd', 'a//b', 'a/', '-x', 'a\nb', 'a\0b', 'ä', 'x'.repeat(101)].map(
    (path): [string, Partial<SandboxRequest>] => [
      `the path ${JSON.stringify(path)}`,
      { files: [...good.files, { path, content: '' }] },
    ],
  ),
  ['two files with one path', { files: [...good.files, ...good.files] }],
  ['an entry that is no file', { entry: 'other.py' }],
  ['no file at all', { files: [] }],
  ['an argument with a zero byte', { argv: ['a\0b'] }],
  ['too many arguments', { argv: Array.from({ length: 101 }, () => 'x') }],
  ['too much input', { stdin: 'x'.repeat(40_000_000) }],
  ['a limit that is none', { limits: { wallMs: Number.NaN } }],
  ['a limit without end', { limits: { memoryBytes: Infinity } }],
  ['a limit of nothing', { limits: { pids: 0 } }],
  ['half a process', { limits: { pids: 10.5 } }],
  ['a limit that nobody knows', { limits: { wall: 1 } as never }],
];

for (const [title, change] of bad) {
  test(`${title} is refused`, (t) => {
    t.throws(() => checkRequest({ ...good, ...change }), { name: 'BadSandboxRequest' });
    t.end();
  });
}
