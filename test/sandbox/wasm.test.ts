import { test } from 'tap';
import type { SandboxRequest, SandboxResult } from '../../sandbox/port.ts';
import { openTier, program, skipReason } from '../support/sandbox.ts';

const skip = await skipReason('wasm', 'python');

/** To be ready takes seconds of a processor, of which others take their part. */
const patient = { wallMs: 60_000, cpuMs: 60_000 };

async function run(
  language: 'python' | 'javascript',
  code: string,
  more: Partial<SandboxRequest> = {},
): Promise<SandboxResult> {
  const port = openTier('wasm');
  const { files, entry } = program(language, code);
  const result = await port.run({
    language,
    entry,
    limits: patient,
    ...more,
    files: [...files, ...(more.files ?? [])],
  });
  await port.close();
  return result;
}

test('Python has its files, arguments and input, and gives back what it left', { skip }, async (t) => {
  const code = `
import os, sys
from lib.other import x
os.mkdir('out'); open('out/a.txt', 'w').write('left')
print(x, sys.argv, sys.stdin.read(), sorted(os.environ)); print('err', file=sys.stderr)`;
  const files = [{ path: 'lib/other.py', content: 'x = 5' }];
  const result = await run('python', code, { files, argv: ['a'], stdin: 'input' });
  t.match(result, {
    tier: 'wasm',
    verdict: 'ok',
    exitCode: 0,
    stdout: { head: "5 ['main.py', 'a'] input ['HOME', 'LANG', 'PATH']\n" },
    stderr: { head: 'err\n' },
    artifactsOmitted: false,
  });
  t.same(
    result.artifacts.map(({ name, content }) => [name, content.toString()]),
    [['a.txt', 'left']],
  );
});

test('Python ends as it says', { skip }, async (t) => {
  t.match(await run('python', 'import sys; sys.exit(7)'), { verdict: 'nonzero', exitCode: 7 });
  t.match(await run('python', 'import os; os._exit(9)'), { verdict: 'nonzero', exitCode: 9 });
  t.match(await run('python', 'import sys; sys.exit("no")'), {
    verdict: 'nonzero',
    exitCode: 1,
    stderr: { head: 'no\n' },
  });
  t.match(await run('python', 'raise ValueError(3)'), {
    verdict: 'nonzero',
    exitCode: 1,
    stderr: { head: /ValueError: 3/ },
  });
});

test('JavaScript has its files, arguments and input, and ends as it says', async (t) => {
  const files = [{ path: 'other.mjs', content: 'export const y = 6;' }];
  const code =
    'import { y } from "./other.mjs"; console.log(y, scriptArgs, stdin); await null; console.error({ a: 1 });';
  const result = await run('javascript', code, { files, argv: ['a'], stdin: 'input' });
  t.match(result, { verdict: 'ok', stdout: { head: '6 ["a"] input\n' }, stderr: { head: '{"a":1}\n' } });
  t.match(await run('javascript', 'throw new Error("no")'), { verdict: 'nonzero', stderr: { head: /^Error: no/ } });
  t.match(await run('javascript', 'let ='), { verdict: 'nonzero', stderr: { head: /SyntaxError/ } });
  t.match(await run('javascript', 'await new Promise(() => {})'), { verdict: 'nonzero', exitCode: 1 });
});
