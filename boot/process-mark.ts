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
    return process.kill(pid, 0);
  } catch (error) {
    // A process of another user is alive as well.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function readBirth(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is a name in brackets that may itself hold blanks and brackets.
    const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${boot} ${startTicks}`;
  } catch {
    return '';
  }
}
