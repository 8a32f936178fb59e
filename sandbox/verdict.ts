// What an ended attempt is called.
import type { LauncherWord } from './launcher.ts';
import type { Limits, Verdict } from './port.ts';

/** Why we ended it; null when it ended by itself. */
export type Stop = 'wall' | 'output' | 'cpu' | 'start' | null;

export interface Ending {
  readonly exitCode: number | null;
  /** The memory or pids limit was met at some time. */
  readonly oom: boolean;
  readonly pids: boolean;
  /** The sandbox itself broke. */
  readonly trouble: string | null;
}

export interface Course {
  readonly hasBegun: boolean;
  readonly stop: Stop;
  readonly word: LauncherWord | null;
  readonly ending: Ending;
  readonly runMs: number;
}

/** As a shell tells a signal: SIGXCPU comes at the soft limit, SIGKILL at the hard one. */
const cpuCodes = new Set([152, 137]);

export function judge(course: Course, limits: Limits): Verdict {
  const { ending, stop } = course;
  if (ending.trouble !== null || !course.hasBegun || stop === 'start') return 'sandbox_error';
  if (stop === 'output') return 'output_limit';
  if (stop === 'cpu') return 'timeout_cpu';
  if (stop === 'wall') return hasMetPids(course) ? 'pids' : 'timeout_wall';
  return judgeOwnEnd(course, limits);
}

function judgeOwnEnd(course: Course, limits: Limits): Verdict {
  const { word, ending } = course;
  const exitCode = exitCodeOf(course);
  // Without the launcher's word the end was not the code's own to tell.
  if (exitCode === 0 && word !== null) return 'ok';
  if (ending.oom || (word?.oomHits ?? 0) > 0) return 'oom';
  if (exitCode !== null && cpuCodes.has(exitCode) && usedUp(course, limits)) return 'timeout_cpu';
  return hasMetPids(course) ? 'pids' : 'nonzero';
}

function hasMetPids({ word, ending }: Course): boolean {
  return ending.pids || (word?.pidsHits ?? 0) > 0;
}

export function exitCodeOf(course: Course): number | null {
  if (course.stop !== null) return null;
  return course.word?.exitCode ?? course.ending.exitCode;
}

/** An exit code can be chosen; time cannot. */
function usedUp(course: Course, limits: Limits): boolean {
  return course.runMs * Math.max(1, limits.cpus) >= limits.cpuMs * 0.9;
}
