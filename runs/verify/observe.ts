// Tests of a tree in a sandbox: what goes in, and what is believed of what comes out.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { SandboxFile, SandboxRequest, SandboxResult } from '../../sandbox/port.ts';
import type { Tree } from './tree.ts';

export type Outcome = 'passed' | 'failed' | 'skipped';
export type TestRunner = 'unittest' | 'pytest' | 'node';

export interface Observed {
  /** `<file>::<name>`, with `::` between the names of what it is nested in. */
  readonly tests: ReadonlyMap<string, Outcome>;
  /** Why what was seen is not the whole truth; empty when it is. */
  readonly faults: readonly string[];
  /** Why the tests had no chance to tell anything, which is no word on the code; null when they had. */
  readonly lost: string | null;
  /** What the tests printed last. */
  readonly log: string;
  readonly environment: string;
}

interface Ask {
  readonly runner: TestRunner;
  readonly folder: string;
  /** The files that hold the bound tests. */
  readonly files: readonly string[];
  readonly tree: Tree;
}

export interface Prepared {
  readonly request: SandboxRequest;
  read(result: SandboxResult): Observed;
}

const seconds = 100;
const limits = { wallMs: 120_000, cpuMs: 120_000, memoryBytes: 512 << 20, pids: 128, fileBytes: 128 << 20 };

const textOf = (name: string): string => readFileSync(path.join(import.meta.dirname, name), 'utf8');
const programs = {
  python: { entry: 'observe.py', files: ['observe.py', 'tests.py'] },
  javascript: { entry: 'observe.mjs', files: ['observe.mjs', 'reporter.mjs'] },
} as const;

/** Names that nobody can guess, of one test that must pass and one that must fail: a runner that was bent tells them wrong. */
interface Canaries {
  readonly file: string;
  readonly pass: string;
  readonly fail: string;
}

export function prepare(ask: Ask): Prepared {
  const language = ask.runner === 'node' ? 'javascript' : 'python';
  const nonce = randomBytes(32);
  const [file, pass, fail] = [0, 1, 2].map(() => `test_${randomBytes(8).toString('hex')}`) as [string, string, string];
  const canaries: Canaries = { file: `${ask.folder}/${file}.py`, pass, fail };
  const isNode = language === 'javascript';
  const tree = isNode ? ask.tree : new Map([...ask.tree, [canaries.file, canaryFile(canaries)]]);
  const files = isNode ? ask.files : [...ask.files, canaries.file];
  const config = { runner: ask.runner, folder: ask.folder, files, canaries, seconds };
  const { entry, files: names } = programs[language];
  const own = names.map((name): SandboxFile => ({ path: name, content: textOf(name) }));
  const request: SandboxRequest = {
    language,
    entry,
    files: [...own, { path: 'tree.pack', content: pack(tree) }],
    stdin: `${nonce.toString('hex')}\n${JSON.stringify(config)}\n`,
    limits,
  };
  return { request, read: (result) => readResult(result, nonce, canaries) };
}

function canaryFile({ pass, fail }: Canaries): Buffer {
  return Buffer.from(`import unittest


class Canary(unittest.TestCase):
    def ${pass}(self):
        self.assertEqual(1, 1)

    def ${fail}(self):
        for claim in (
            lambda: self.assertEqual(1, 2),
            lambda: self.assertNotEqual(1, 1),
            lambda: self.assertTrue(False),
            lambda: self.assertFalse(True),
            lambda: self.assertIs(1, None),
            lambda: self.assertIsNone(1),
            lambda: self.assertIn(1, []),
            lambda: self.assertGreater(1, 2),
            lambda: self.assertAlmostEqual(1, 2),
            lambda: self.assertRaises(ValueError, int, 1),
            lambda: self.fail(),
        ):
            try:
                claim()
            except self.failureException:
                continue
            return
        assert False
`);
}

function pack(tree: Tree): Buffer {
  const index = [...tree].map(([name, content]) => [name, content.length]);
  return Buffer.concat([Buffer.from(`${JSON.stringify(index)}\n`), ...tree.values()]);
}

interface TestRecord {
  readonly test?: string;
  readonly outcome?: Outcome;
  readonly file?: string;
  readonly broken?: string;
  readonly missing?: string;
  readonly end?: boolean;
  readonly version?: string | null;
}

interface TestProcess {
  readonly file?: string;
  readonly records: readonly TestRecord[];
  readonly strange: number;
  readonly code: number | null;
  readonly log: string;
}

interface Told {
  readonly processes: readonly TestProcess[];
  readonly interpreter: string;
}

function nothingSeen(fault: string, log = ''): Observed {
  const lost = fault.slice(0, 300);
  return { tests: new Map(), faults: [lost], lost, log, environment: '' };
}

function readResult(result: SandboxResult, nonce: Buffer, canaries: Canaries): Observed {
  const { artifacts, stderr, verdict, trouble } = result;
  if (verdict !== 'ok') {
    const fault = `The tests did not run to their end: ${verdict}${trouble === null ? '' : `, ${trouble}`}.`;
    return nothingSeen(fault, `${stderr.head}${stderr.tail}`.slice(-2_000));
  }
  const told = toldIn(artifacts.find(({ name }) => name === 'told')?.content.toString() ?? '', nonce);
  if (told === null) return nothingSeen('Nothing was told of the tests.');
  return weigh(told, canaries);
}

/** Null unless it is signed with the word that this very sandbox was given. */
function toldIn(text: string, nonce: Buffer): Told | null {
  const body = text.slice(65);
  const right = createHmac('sha256', nonce).update(body).digest();
  const given = Buffer.from(text.slice(0, 64), 'hex');
  return given.length === right.length && timingSafeEqual(given, right) ? (JSON.parse(body) as Told) : null;
}

function weigh({ processes, interpreter }: Told, canaries: Canaries): Observed {
  const tests = new Map<string, Outcome>();
  const faults: string[] = [];
  let lost: string | null = null;
  for (const one of processes) {
    const place = one.file === undefined ? '' : ` of ${one.file}`;
    const at = one.records.findIndex(({ end }) => end === true);
    if (at === -1) faults.push(`The process of the tests${place} ended before they did (exit code ${one.code}).`);
    else if (one.strange > 0 || at < one.records.length - 1) faults.push(`Somebody else spoke for the tests${place}.`);
    for (const { missing } of one.records) {
      if (missing === undefined) continue;
      lost = `There is no ${missing} here.`;
      faults.push(lost);
    }
    for (const [name, outcome] of outcomesOf(one)) tests.set(name, worse(tests.get(name), outcome));
  }
  for (const [name, outcome] of takeCanaries(tests, processes, canaries)) {
    if (outcome === undefined) faults.push(`A test that was put among them was not seen (${name}).`);
    else faults.push(`A test that was put among them ${outcome}, and must not have (${name}).`);
  }
  const version = processes.flatMap(({ records }) => records.flatMap(({ version: told }) => told ?? []))[0];
  const environment = version === undefined ? interpreter : `${interpreter}, ${version}`;
  const log = processes
    .map((one) => one.log)
    .join('\n')
    .slice(-2_000);
  return { tests, faults: [...new Set(faults)], lost, log, environment };
}

function* outcomesOf({ file, records }: TestProcess): Generator<[string, Outcome]> {
  for (const { test, outcome, file: broken } of records) {
    if (test !== undefined) yield [file === undefined ? test : `${file}::${test}`, outcome ?? 'failed'];
    else if (broken !== undefined) yield [broken, 'failed'];
  }
}

function worse(one: Outcome | undefined, other: Outcome): Outcome {
  if (one === undefined || one === other) return other;
  return one === 'failed' || other === 'failed' ? 'failed' : 'skipped';
}

/** Those that tell something else than they must. They are no tests of the story, so they are taken away. */
function takeCanaries(tests: Map<string, Outcome>, processes: readonly TestProcess[], canaries: Canaries) {
  const { file, pass, fail } = canaries;
  const places = processes.map((one) => (one.file === undefined ? `${file}::Canary` : one.file));
  const wrong: [string, Outcome | undefined][] = [];
  for (const place of places) {
    for (const [name, must] of [
      [pass, 'passed'],
      [fail, 'failed'],
    ] as const) {
      const seen = tests.get(`${place}::${name}`);
      tests.delete(`${place}::${name}`);
      if (seen !== must) wrong.push([must, seen]);
    }
  }
  return wrong;
}
