// What a harness said of a program, read from its output; and nothing is taken for said that was not seen.
import type { KeptStream, SandboxResult } from '../../sandbox/port.ts';

const stages = ['end', 'load', 'syntax', 'tests', 'compiled'] as const;

/** Of a test, or of the program itself while it was loaded. No source of the tests is in it. */
export interface Failure {
  readonly name: string;
  readonly type: string;
  readonly message: string;
  /** Where in the tests. */
  readonly line: number | null;
  /** Where in the program, the innermost last. */
  readonly frames: readonly { readonly line: number | null; readonly in: string }[];
}

export interface Report {
  readonly stage: (typeof stages)[number];
  readonly passed: number;
  readonly failed: number;
  readonly errors: number;
  readonly failures: readonly Failure[];
}

/** Null when the program ended before the harness could tell, or somebody else knew its word. */
export function readReport(word: string, result: SandboxResult): Report | null {
  const said = wholeOf(result.stdout)
    .split('\n')
    .filter((line) => line.startsWith(`${word} `));
  const [only] = said;
  if (said.length !== 1 || only === undefined) return null;
  const parts = /^\S+ (\w+) (\d{1,6}) (\d{1,6}) (\d{1,6}) (.*)$/.exec(only);
  const stage = stages.find((one) => one === parts?.[1]);
  if (parts === null || stage === undefined) return null;
  const [passed = 0, failed = 0, errors = 0] = parts.slice(2, 5).map(Number);
  return { stage, passed, failed, errors, failures: readFailures(parts[5] ?? '') };
}

/** What the program itself wrote. */
export function ownOutput(word: string, stream: KeptStream): string {
  const text = wholeOf(stream);
  const at = text.indexOf(`\n${word} `);
  return at === -1 ? text : text.slice(0, at);
}

function wholeOf({ head, tail, omittedBytes }: KeptStream): string {
  return tail === '' ? head : `${head}\n[${omittedBytes} bytes left out]\n${tail}`;
}

/** The program may have had its hands in what describes a failure, so each part is taken for what it is. */
function readFailures(text: string): Failure[] {
  try {
    const said: unknown = JSON.parse(text);
    return Array.isArray(said) ? said.slice(0, 20).map(readFailure) : [];
  } catch {
    return [];
  }
}

function readFailure(said: unknown): Failure {
  const { name, type, message, line, frames } = (said ?? {}) as Readonly<Record<string, unknown>>;
  const places = Array.isArray(frames) ? (frames as unknown[]) : [];
  return {
    name: textOf(name, 200),
    type: textOf(type, 100),
    message: textOf(message, 1_000),
    line: lineOf(line),
    frames: places.slice(0, 4).map((place) => {
      const { line: at, in: inside } = (place ?? {}) as Readonly<Record<string, unknown>>;
      return { line: lineOf(at), in: textOf(inside, 100) };
    }),
  };
}

function textOf(value: unknown, most: number): string {
  return typeof value === 'string' ? value.slice(0, most) : '';
}

function lineOf(value: unknown): number | null {
  return Number.isInteger(value) ? (value as number) : null;
}
