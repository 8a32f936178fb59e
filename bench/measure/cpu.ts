// Processor time that processes have used, from /proc; null where the system has none.
import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second on every platform that Node runs on. */
const ticksPerSecond = 100;

interface Usage {
  readonly parent: number;
  readonly own: number;
  /** Of children that have ended. */
  readonly ended: number;
}

function readUsage(pid: number): Usage | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const at = (index: number): number => Number(fields[index]);
    return { parent: at(1), own: at(11) + at(12), ended: at(13) + at(14) };
  } catch {
    return null;
  }
}

export function processSeconds(pid: number): number | null {
  const usage = readUsage(pid);
  return usage === null ? null : usage.own / ticksPerSecond;
}

/** A process with its children, also those that have ended: a PostgreSQL server. */
export function familySeconds(pid: number): number | null {
  const head = readUsage(pid);
  if (head === null) return null;
  let ticks = head.own + head.ended;
  for (const name of readdirSync('/proc')) {
    const usage = /^\d+$/.test(name) ? readUsage(Number(name)) : null;
    if (usage?.parent === pid) ticks += usage.own;
  }
  return ticks / ticksPerSecond;
}
