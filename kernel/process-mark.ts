// Which process a file speaks of. A pid alone is not enough: after a crash or a reboot another process may have it.
import { readFileSync } from 'node:fs';

export interface ProcessMark {
  readonly pid: number;
  /** Boot and start time of the process; empty where the system does not tell. */
  readonly birth: string;
}

export function markOf(pid: number): ProcessMark {
  return { pid, birth: readBirth(pid) };
}

export function isRunning(mark: ProcessMark): boolean {
  return isAlive(mark.pid) && readBirth(mark.pid) === mark.birth;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // A process of another user is alive as well.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  // One that was killed keeps its pid until its parent asks how it ended, which some parents never do.
  return readStat(pid)?.[0] !== 'Z';
}

function readBirth(pid: number): string {
  const startTicks = readStat(pid)?.[19];
  return startTicks === undefined
    ? ''
    : `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${startTicks}`;
}

/** The fields of /proc/<pid>/stat from the state on; null where there is no such thing. */
function readStat(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is a name in brackets that may itself hold blanks and brackets.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}
