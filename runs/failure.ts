// What kind of failure it was, and a name for it that is the same whenever it fails that way.
import type { RunErrorClass } from '../events/run.ts';
import { digestOf } from '../kernel/digest.ts';
import type { SandboxResult, Verdict } from '../sandbox/port.ts';
import type { Failure, Report } from './harness/report.ts';

export interface Judged {
  readonly report: Report | null;
  readonly verdict: Verdict;
  readonly exitCode: SandboxResult['exitCode'];
  readonly stderr: string;
}

const byVerdict: Readonly<Partial<Record<Verdict, RunErrorClass>>> = {
  timeout_wall: 'timeout',
  timeout_cpu: 'timeout',
  oom: 'memory',
  output_limit: 'runtime',
  pids: 'runtime',
};

const byType: Readonly<Record<string, RunErrorClass>> = {
  AssertionError: 'logic',
  ImportError: 'import',
  ModuleNotFoundError: 'import',
  MemoryError: 'memory',
};

export function errorClassOf({ report, verdict }: Judged): RunErrorClass {
  const limited = byVerdict[verdict];
  if (limited !== undefined) return limited;
  if (report === null) return 'runtime';
  if (report.stage === 'syntax') return 'syntax';
  const [first] = report.failures;
  if (first === undefined) return report.errors > 0 ? 'runtime' : 'logic';
  if (/cannot find (?:module|package)|there is no file/i.test(first.message)) return 'import';
  return byType[first.type] ?? 'runtime';
}

/** Addresses, lines of the program and times differ between runs of the same failure; lines of the tests do not. */
export function failureDigestOf(judged: Judged): string {
  const { report, verdict, exitCode, stderr } = judged;
  const described =
    report === null
      ? { verdict, exitCode, last: normalize(stderr.trim().split('\n').at(-1) ?? '') }
      : { stage: report.stage, failures: report.failures.map(wordsOf) };
  return digestOf(JSON.stringify({ class: errorClassOf(judged), ...described }));
}

function wordsOf({ name, type, message, line }: Failure): readonly (string | number | null)[] {
  return [name, type, normalize(message), line];
}

function normalize(text: string): string {
  return text
    .replaceAll(/0x[0-9a-f]+/gi, '0x')
    .replaceAll(/\bline \d+/gi, 'line')
    .replaceAll(/(\.(?:py|mjs)):\d+(?::\d+)?/g, '$1')
    .replaceAll(/\b\d+(?:\.\d+)?\s?(?:ms|s|seconds)\b/g, 'time')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
