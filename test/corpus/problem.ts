// Problems whose right solution is known, and the same solutions made wrong in ways that must not pass.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

export const corpora = ['humaneval', 'mbpp'] as const;
export type Corpus = (typeof corpora)[number];

export const mutations = ['none', 'wrong', 'exception', 'loop'] as const;
export type Mutation = (typeof mutations)[number];

export interface Problem {
  readonly id: string;
  /** What is to be written, without anything of the tests. */
  readonly prompt: string;
  /** The function that the tests call. */
  readonly entry: string;
  readonly solution: string;
  readonly tests: string;
}

interface HumanEvalLine {
  readonly task_id: string;
  readonly prompt: string;
  readonly entry_point: string;
  readonly canonical_solution: string;
  readonly test: string;
}

interface MbppTask {
  readonly task_id: number;
  readonly prompt: string;
  readonly code: string;
  readonly test_imports: readonly string[];
  readonly test_list: readonly string[];
}

export function readCorpus(corpus: Corpus, folder: string = import.meta.dirname): Problem[] {
  return corpus === 'humaneval' ? readHumanEval(folder) : readMbpp(folder);
}

/** The whole program: it ends well when all tests hold. */
export function programOf(problem: Problem, mutation: Mutation): string {
  return `${codeOf(problem, mutation)}\n${problem.tests}\n`;
}

/** Without the tests. */
export function codeOf({ entry, solution }: Problem, mutation: Mutation): string {
  const change = mutation === 'none' ? '' : `${mutants[mutation]}\n${entry} = mutate(${entry})\n`;
  return `${solution}\n\n${change}`;
}

/** A result is turned into another one of its kind, so that a test has to look at it to notice. */
const mutants: Record<Exclude<Mutation, 'none'>, string> = {
  wrong: `
def other_than(value):
    if isinstance(value, bool): return not value
    if isinstance(value, (int, float, complex)): return value * 2 + 1
    if isinstance(value, str): return value + 'x'
    if isinstance(value, list): return value + [None]
    if isinstance(value, tuple): return value + (None,)
    if isinstance(value, set): return value | {'x'}
    if isinstance(value, dict): return {**value, 'x': 'x'}
    return 1 if value is None else None
def mutate(original):
    return lambda *words, **more: other_than(original(*words, **more))`,
  exception: `
def mutate(original):
    def broken(*words, **more): raise RuntimeError('broken')
    return broken`,
  loop: `
def mutate(original):
    def endless(*words, **more):
        while True: pass
    return endless`,
};

function readHumanEval(folder: string): Problem[] {
  const lines = gunzipSync(readFileSync(path.join(folder, 'humaneval.jsonl.gz')))
    .toString()
    .trim()
    .split('\n');
  return lines.map((line) => {
    const { task_id, prompt, entry_point, canonical_solution, test } = JSON.parse(line) as HumanEvalLine;
    const tests = `${test}\ncheck(${entry_point})`;
    return { id: task_id, prompt, entry: entry_point, solution: prompt + canonical_solution, tests };
  });
}

function readMbpp(folder: string): Problem[] {
  const text = gunzipSync(readFileSync(path.join(folder, 'mbpp-sanitized.json.gz'))).toString();
  return (JSON.parse(text) as MbppTask[]).map(({ task_id, prompt, code, test_imports, test_list }) => {
    const entry = entryOf(code, test_list.join('\n'));
    const signature = new RegExp(`^def\\s+(${entry}\\s*\\([^)]*\\))`, 'm').exec(code)?.[1] ?? entry;
    return {
      id: `MBPP/${task_id}`,
      prompt: `${prompt}\n\nThe function is \`${signature}\`.`,
      entry,
      solution: code,
      tests: [...test_imports, ...test_list].join('\n'),
    };
  });
}

/** MBPP does not say it: the defined function that its tests call. */
function entryOf(code: string, tests: string): string {
  const defined = [...code.matchAll(/^def\s+(\w+)/gm)].map((match) => match[1] as string);
  const called = defined.filter((name) => new RegExp(`\\b${name}\\s*\\(`).test(tests));
  const entry = called.at(-1);
  if (entry === undefined) throw new Error('no test calls what the solution defines');
  return entry;
}
