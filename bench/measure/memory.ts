// What a process holds of the machine's memory, read from /proc.
import { readFileSync } from 'node:fs';

/** Resident mebibytes; null where there is no /proc. */
export function residentMiB(pid: number): number | null {
  try {
    const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return found === null ? null : Number(found[1]) / 1024;
  } catch {
    return null;
  }
}
