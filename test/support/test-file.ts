// Runs test files, each in a process of its own, a few at a time.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestReport } from './report.ts';

export interface FileRun {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  /** For Node, before the file. */
  readonly flags: readonly string[];
  readonly jobs: number;
  /** A file that takes longer ends itself, and says what it was at. */
  readonly patienceS: number;
  /** What a file said, when it has ended. */
  readonly keep: (name: string, tap: string) => void;
}

/** For one that is too busy to look at its clock. */
const graceMs = 15_000;
const killMs = 2_000;

/** Takes the files in their order; a stop leaves the others out, and the report says so. */
export async function runFiles(
  run: FileRun,
  files: readonly string[],
  report: TestReport,
  stop: AbortSignal,
): Promise<void> {
  const left = files.values();
  const work = async (): Promise<void> => {
    for (const file of left) {
      if (stop.aborted) return;
      await runFile(run, file, report, stop);
    }
  };
  await Promise.all(Array.from({ length: run.jobs }, work));
}

async function runFile(run: FileRun, name: string, report: TestReport, stop: AbortSignal): Promise<void> {
  const started = performance.now();
  const parser = report.openFile(name);
  const child = spawn(process.execPath, [...run.flags, name], {
    cwd: run.root,
    env: { ...process.env, ...run.env, TAP_TIMEOUT: String(run.patienceS) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let tap = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (tap += text));
  child.stdout.pipe(parser);
  const end = (): void => void child.kill('SIGTERM');
  stop.addEventListener('abort', end);
  const lateMs = run.patienceS * 1000 + graceMs;
  // Asked first, so that it can tell which of its tests hangs.
  const alarm = setTimeout(() => child.kill('SIGALRM'), lateMs);
  const kill = setTimeout(() => child.kill('SIGKILL'), lateMs + killMs);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(alarm);
  clearTimeout(kill);
  stop.removeEventListener('abort', end);
  run.keep(name, tap);
  report.closeFile(parser, { code, signal, seconds: (performance.now() - started) / 1000 });
}
