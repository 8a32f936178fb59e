// A program and its tests as a sandbox is given them: with a harness that judges one by the other.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Language, SandboxFile, SandboxRequest } from '../../sandbox/port.ts';

export interface Program {
  readonly language: Language;
  readonly code: string;
  readonly tests: string | null;
  /** What `check(candidate)` is given, where the tests leave that open. */
  readonly entry: string | null;
}

export interface Judging {
  readonly request: Pick<SandboxRequest, 'language' | 'files' | 'entry' | 'stdin'>;
  /** What the harness says counts only under this. */
  readonly word: string;
}

const folder = import.meta.dirname;
const harness = {
  python: readFileSync(path.join(folder, 'python.py'), 'utf8'),
  javascript: readFileSync(path.join(folder, 'javascript.mjs'), 'utf8'),
};

/** `compile` says whether it is a program at all, and runs nothing of it. */
export function judging(program: Program, mode: 'run' | 'compile'): Judging {
  const word = randomBytes(16).toString('hex');
  const made = program.language === 'python' ? pythonFiles(program) : javascriptFiles(program);
  const stdin = JSON.stringify({ word, mode, ...made.order });
  return { request: { language: program.language, files: made.files, entry: made.entry, stdin }, word };
}

interface Made {
  readonly files: readonly SandboxFile[];
  readonly entry: string;
  readonly order: object;
}

function pythonFiles({ code, tests, entry }: Program): Made {
  const files = [
    { path: 'main.py', content: harness.python },
    { path: 'solution.py', content: code },
  ];
  return { files, entry: 'main.py', order: { tests, entry } };
}

function javascriptFiles({ code, tests }: Program): Made {
  const token = `t${randomBytes(8).toString('hex')}`;
  const kits = [
    { name: `assert-${token}.mjs`, text: assertKit },
    { name: `test-${token}.mjs`, text: testKit },
  ];
  const judge = tests === null ? null : { name: `tests-${token}.mjs`, text: withKits(tests, token) };
  const probe = `probe-${token}.mjs`;
  const files = [
    { path: 'main.mjs', content: harness.javascript },
    { path: 'solution.mjs', content: `${code}\n;${exposing(code, token)}\n` },
    // The parser reads all of it before anything runs, and the first thing that runs ends it.
    { path: probe, content: `throw '${token}';${code}\n` },
    ...[...kits, ...(judge === null ? [] : [judge])].map(({ name, text }) => ({ path: name, content: text })),
  ];
  return { files, entry: 'main.mjs', order: { tests: judge, probe, token, kits } };
}

const assertKit = `const { assert } = globalThis;
export default assert;
export const { ok, equal, notEqual, strictEqual, notStrictEqual, deepEqual, notDeepEqual, deepStrictEqual,
  notDeepStrictEqual, fail, match, doesNotMatch, throws, doesNotThrow, rejects, AssertionError, strict } = assert;
`;
const testKit = `const { test, it, describe } = globalThis;
export default test;
export { test, it, describe, describe as suite };
`;

/** What Node brings for tests is not there in every tier, so the harness brings its own. */
function withKits(tests: string, token: string): string {
  return tests
    .replaceAll(/(from\s*)(['"])(?:node:)?assert(?:\/strict)?\2/g, `$1'./assert-${token}.mjs'`)
    .replaceAll(/(from\s*)(['"])node:test\2/g, `$1'./test-${token}.mjs'`)
    .replaceAll(/(from\s*)(['"])\.\/(?:solution|main|index)(?:\.m?js)?\2/g, "$1'./solution.mjs'");
}

/** Tests may call what a program declares without having to export it. */
function exposing(code: string, token: string): string {
  const declared = code.matchAll(
    /^(?:export\s+(?:default\s+)?)?(?:(?:async\s+)?function\s*\*?|class|const|let|var)\s+([A-Za-z_$][\w$]*)/gm,
  );
  const names = [...new Set(Array.from(declared, ([, name]) => name))];
  const members = names.map((name) => `...(typeof ${name} === 'undefined' ? {} : { ${name} })`);
  return `globalThis.${token}?.({ ${members.join(', ')} });`;
}
