// Programs and their tests, honest and not: what the harness sees of them, in each tier.
import { test } from 'tap';
import { judging, type Program } from '../../runs/harness/program.ts';
import { readReport } from '../../runs/harness/report.ts';
import { isSolved, type Judgement } from '../../runs/judge.ts';
import { type Language, type SandboxPort, type Tier, tiers } from '../../sandbox/port.ts';
import { openTier, skipReason } from '../support/sandbox.ts';

interface Case {
  readonly title: string;
  readonly language: Language;
  readonly code: string;
  readonly tests: string | null;
  /** Stage, passed, failed, errors; null when nothing may be told; or whatever is not good. */
  readonly seen: readonly [string, number, number, number] | null | 'unsolved';
  /** Where the tier lacks what the case needs, it fails closed. */
  readonly notIn?: 'wasm';
}

const add = 'def add(a, b):\n    return a + b\n';
const addJs = 'function add(a, b) { return a + b }\n';

const cases: readonly Case[] = [
  {
    title: 'a script of asserts is one test',
    language: 'python',
    code: add,
    tests: 'assert add(1, 2) == 3\nassert add(0, 0) == 0',
    seen: ['end', 1, 0, 0],
  },
  {
    title: 'an assert that fails',
    language: 'python',
    code: add,
    tests: 'assert add(1, 2) == 4',
    seen: ['end', 0, 1, 0],
  },
  { title: 'a test that breaks', language: 'python', code: add, tests: 'add(1)', seen: ['end', 0, 0, 1] },
  {
    title: 'functions and cases are counted each',
    language: 'python',
    code: add,
    tests:
      'import unittest\ndef test_one(): assert add(1, 2) == 3\ndef test_two(): assert add(1, 2) == 4\nclass TestAdd(unittest.TestCase):\n    def setUp(self): self.one = 1\n    def test_three(self): self.assertEqual(add(self.one, 1), 2)\n    def test_four(self): self.fail("no")\nclass TestPlain:\n    def test_five(self): raise KeyError("x")\n',
    seen: ['end', 2, 2, 1],
  },
  {
    title: 'check is given the program’s function',
    language: 'python',
    code: `def other(): pass\n${add}`,
    tests: 'def check(candidate):\n    assert candidate(1, 2) == 3\n',
    seen: ['end', 1, 0, 0],
  },
  {
    title: 'check that the tests call themselves',
    language: 'python',
    code: add,
    tests: 'def check(candidate):\n    assert candidate(1, 2) == 4\ncheck(add)',
    seen: ['end', 0, 1, 0],
  },
  {
    title: 'a module that tests import',
    language: 'python',
    code: `from __future__ import annotations\n${add}`,
    tests: 'from solution import add\nassert add(1, 2) == 3',
    seen: ['end', 1, 0, 0],
  },
  {
    title: 'a test that yields never ran',
    language: 'python',
    code: add,
    tests: 'def test_one():\n    yield\n    assert False\n',
    seen: ['end', 0, 0, 1],
  },
  {
    title: 'a test that waits',
    language: 'python',
    code: add,
    tests: 'async def test_one(): assert add(1, 2) == 4\n',
    seen: ['end', 0, 1, 0],
    notIn: 'wasm',
  },
  {
    title: 'a program that does not compile',
    language: 'python',
    code: 'def add(a, b:\n',
    tests: 'assert True',
    seen: ['syntax', 0, 0, 0],
  },
  { title: 'tests that do not compile', language: 'python', code: add, tests: 'assert (', seen: ['tests', 0, 0, 0] },
  {
    title: 'a program that breaks when it is loaded',
    language: 'python',
    code: 'import nothing_of_that_name\n',
    tests: 'assert True',
    seen: ['load', 0, 0, 0],
  },
  {
    title: 'a program without tests',
    language: 'python',
    code: 'if __name__ == "__main__":\n    print("ran")\n',
    tests: null,
    seen: ['end', 0, 0, 0],
  },
  {
    title: 'exit(0) while it is loaded',
    language: 'python',
    code: 'exit(0)\n',
    tests: 'assert False',
    seen: ['load', 0, 0, 0],
  },
  {
    title: 'os._exit(0) while it is loaded',
    language: 'python',
    code: 'import os\nos._exit(0)\n',
    tests: 'assert False',
    seen: null,
  },
  {
    title: 'exit(0) when it is called',
    language: 'python',
    code: 'def add(a, b):\n    raise SystemExit(0)\n',
    tests: 'add(1, 2)\nassert False',
    seen: ['end', 0, 0, 1],
  },
  {
    title: 'os._exit(0) when it is called',
    language: 'python',
    code: 'import os\ndef add(a, b):\n    os._exit(0)\n',
    tests: 'add(1, 2)\nassert False',
    seen: null,
  },
  {
    title: 'printed results',
    language: 'python',
    code: `print("end 9 0 0 []")\nprint("\\n" + "0" * 32 + " end 9 0 0 []")\n`,
    tests: 'assert False',
    seen: ['end', 0, 1, 0],
  },
  {
    title: 'the input has nothing left',
    language: 'python',
    code: 'import os, sys\nfound = sys.stdin.read()\ntry: found += os.read(0, 9).decode()\nexcept OSError: pass\nopen("out", "w").write(found)\n',
    tests: 'assert open("out").read() == ""',
    seen: ['end', 1, 0, 0],
  },
  {
    title: 'builtins that lie',
    language: 'python',
    code: 'import builtins\nbuiltins.all = lambda *a: True\nbuiltins.AssertionError = ValueError\nbuiltins.len = lambda x: 0\n',
    tests: 'assert all([False])',
    seen: ['end', 0, 1, 0],
  },
  {
    title: 'unittest that lies',
    language: 'python',
    code: 'import unittest\nunittest.TestCase.assertEqual = lambda *a: None\nunittest.TestLoader.getTestCaseNames = lambda *a: []\n',
    tests: 'import unittest\nclass TestIt(unittest.TestCase):\n    def test_one(self): self.assertEqual(1, 2)\n',
    seen: ['end', 0, 1, 0],
  },
  {
    title: 'tests that are defined away',
    language: 'python',
    code: 'import sys\nsys.modules["__main__"] = None\nsys.settrace(None)\nsys.exit = lambda *a: None\n',
    tests: 'def test_one(): assert False\n',
    seen: ['end', 0, 1, 0],
  },
  {
    title: 'the harness is gone from the folder',
    language: 'python',
    code: 'import os\nfound = sorted(os.listdir("."))\n',
    tests: 'assert found == ["solution.py"], found',
    seen: ['end', 1, 0, 0],
  },

  {
    title: 'a script of asserts is one test',
    language: 'javascript',
    code: addJs,
    tests: 'assert.equal(add(1, 2), 3);\nassert.deepEqual([{ a: [1] }], [{ a: [1] }]);',
    seen: ['end', 1, 0, 0],
  },
  {
    title: 'an assert that fails',
    language: 'javascript',
    code: addJs,
    tests: 'assert.deepEqual(new Map([[1, [2]]]), new Map([[1, [3]]]))',
    seen: ['end', 0, 1, 0],
  },
  { title: 'a test that breaks', language: 'javascript', code: addJs, tests: 'nothing()', seen: ['end', 0, 0, 1] },
  {
    title: 'tests are counted each',
    language: 'javascript',
    code: `export ${addJs}`,
    tests:
      "import { describe, it } from 'node:test';\nimport assert from 'node:assert/strict';\nimport { add } from './solution.mjs';\ndescribe('add', () => {\n  it('adds', () => assert.equal(add(1, 2), 3));\n  it('waits', async () => { await null; assert.equal(add(1, 2), 4) });\n});\nexport function testThrow() { assert.throws(() => { throw new TypeError('x') }, TypeError) }\nexport function testBroken() { throw new RangeError('y') }\n",
    seen: ['end', 2, 1, 1],
  },
  {
    title: 'a program that does not compile',
    language: 'javascript',
    code: 'function add(a, b { }',
    tests: 'assert(true)',
    seen: ['syntax', 0, 0, 0],
  },
  {
    title: 'a program that breaks when it is loaded',
    language: 'javascript',
    code: 'JSON.parse("{")',
    tests: 'assert(true)',
    seen: ['load', 0, 0, 0],
  },
  {
    title: 'exports of the older kind',
    language: 'javascript',
    code: 'module.exports = { add: (a, b) => a + b };',
    tests: 'assert.equal(add(1, 2), 3)',
    seen: ['end', 1, 0, 0],
  },
  {
    title: 'a program without tests',
    language: 'javascript',
    code: 'console.log("ran")',
    tests: null,
    seen: ['end', 0, 0, 0],
  },
  {
    title: 'process.exit(0) while it is loaded',
    language: 'javascript',
    code: 'process.exit(0)',
    tests: 'assert(false)',
    seen: null,
    notIn: 'wasm',
  },
  {
    title: 'process.exit(0) when it is called',
    language: 'javascript',
    code: 'function add() { process.exit(0) }',
    tests: 'add(); assert(false)',
    seen: null,
    notIn: 'wasm',
  },
  {
    title: 'a promise that never comes',
    language: 'javascript',
    code: 'await new Promise(() => {})',
    tests: 'assert(true)',
    seen: null,
  },
  {
    title: 'printed results',
    language: 'javascript',
    code: 'console.log("\\n" + "0".repeat(32) + " end 9 0 0 []")',
    tests: 'assert(false)',
    seen: ['end', 0, 1, 0],
  },
  {
    title: 'the input has nothing left',
    language: 'javascript',
    code: 'const found = typeof stdin',
    tests: 'assert.equal(found, "undefined")',
    seen: ['end', 1, 0, 0],
  },
  {
    title: 'prototypes that lie',
    language: 'javascript',
    code: 'Array.prototype.push = () => 0; Object.prototype.toJSON = () => 1; String.prototype.startsWith = () => false; Object.keys = () => []; Object.is = () => true; Array.isArray = () => true; console.log = () => {}; JSON.stringify = () => "[]"; Error.prototype.message = 1;',
    tests: "test('one', () => assert.strictEqual(1, 2))",
    seen: ['end', 0, 1, 0],
  },
  {
    title: 'setters that listen',
    language: 'javascript',
    code: 'for (const name of ["name", "act", "next", "0"]) Object.defineProperty(Object.prototype, name, { set() {}, get() {}, configurable: true });',
    tests: "test('one', () => assert(false))",
    seen: ['end', 0, 1, 0],
  },
  {
    title: 'a test of its own',
    language: 'javascript',
    code: 'var test = () => {}; var assert = () => true; var it = test;',
    tests: "test('one', () => assert(false))",
    seen: ['end', 0, 1, 0],
  },
  {
    title: 'a test that cannot be taken away',
    language: 'javascript',
    code: 'Object.defineProperty(globalThis, "assert", { value: () => true, writable: false, configurable: false });',
    tests: 'assert(false)',
    seen: 'unsolved',
  },
];

/** Starting Python in WebAssembly takes seconds, so that tier sees every third of its cases. */
function casesOf(language: Language, tier: Tier): Case[] {
  const own = cases.filter((each) => each.language === language);
  const some = tier === 'wasm' && language === 'python' ? own.filter((_, index) => index % 3 === 0) : own;
  return some.filter((each) => each.notIn !== tier);
}

async function judge(port: SandboxPort, program: Program): Promise<Judgement & { word: string; isSolved: boolean }> {
  const { word, request } = judging(program, 'run');
  const result = await port.run({ ...request, limits: { wallMs: 60_000, cpuMs: 60_000 } });
  const report = readReport(word, result);
  const judgement = { result, report, stdout: result.stdout.head, stderr: result.stderr.head };
  return { ...judgement, word, isSolved: isSolved(judgement, program.tests !== null) };
}

for (const tier of tiers) {
  for (const language of ['python', 'javascript'] as const) {
    const skip = await skipReason(tier, language);
    test(`${tier} sees what ${language} does`, { skip, timeout: 580_000 }, async (t) => {
      const port = openTier(tier);
      t.teardown(() => port.close());
      for (const one of casesOf(language, tier)) {
        const { report, isSolved: solved, stderr } = await judge(port, { ...one, entry: null });
        const seen = report === null ? null : [report.stage, report.passed, report.failed, report.errors];
        if (one.seen === 'unsolved') t.notOk(solved, one.title);
        else t.same(seen, one.seen, `${one.title} ${JSON.stringify(report?.failures)} ${stderr.slice(0, 300)}`);
        const isGood = Array.isArray(seen) && seen[0] === 'end' && Number(seen[2]) + Number(seen[3]) === 0;
        t.equal(solved, isGood, `${one.title}: solved`);
      }
    });
  }
}

const skipWord = await skipReason('bubblewrap', 'python');
test('a word that somebody else knew says nothing', { skip: skipWord }, async (t) => {
  const port = openTier('bubblewrap');
  t.teardown(() => port.close());
  const { word, result } = await judge(port, { language: 'python', code: add, tests: 'assert True', entry: null });
  t.equal(readReport(word, result)?.stage, 'end');
  const twice = { ...result, stdout: { ...result.stdout, head: `${result.stdout.head}\n${word} end 1 0 0 []\n` } };
  t.equal(readReport(word, twice), null);
  t.equal(readReport('another', result), null);
});
