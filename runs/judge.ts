// Hands a program to a sandbox with the harness that judges it, under the limits of its run.
import type { SandboxResult } from '../sandbox/port.ts';
import { type Program, judging } from './harness/program.ts';
import { ownOutput, readReport, type Report } from './harness/report.ts';
import { LiveOutput } from './live-output.ts';
import type { StepWorld } from './step.ts';

export interface Judgement {
  readonly result: SandboxResult;
  readonly report: Report | null;
  readonly stdout: string;
  readonly stderr: string;
}

const leastCpuMs = 1_000;

export async function judge(world: StepWorld, program: Program, mode: 'run' | 'compile'): Promise<Judgement> {
  const { word, request } = judging(program, mode);
  const { wall_ms, memory_bytes } = world.run.limits;
  const live = new LiveOutput(world.tell, word, program.tests);
  const result = await world
    .execute({
      ...request,
      limits: { wallMs: wall_ms, cpuMs: Math.max(leastCpuMs, wall_ms), memoryBytes: memory_bytes },
      signal: world.signal,
      ...(mode === 'run' ? { onOutput: (stream, chunk) => live.add(stream, chunk) } : {}),
    })
    .finally(() => live.end());
  return {
    result,
    report: readReport(word, result),
    stdout: ownOutput(word, result.stdout),
    stderr: ownOutput(word, result.stderr),
  };
}

/** Only what was seen counts: the tests ran to their end, there were some, and none failed. */
export function isSolved({ result, report }: Judgement, hasTests: boolean): boolean {
  if (result.verdict !== 'ok' || report?.stage !== 'end') return false;
  const { passed, failed, errors } = report;
  return failed === 0 && errors === 0 && (!hasTests || passed > 0);
}
