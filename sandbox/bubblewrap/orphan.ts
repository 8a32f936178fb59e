// What bubblewrap forks dies with it only once it has begun. When both it and its worker are killed before that, the fork
// waits for ever for a word of its parent; where there are no control groups, it is found among all processes.
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import { launcherText } from '../launcher.ts';

/** The sandboxes that this process has in hand. */
const own = new Set<number>();

/** Remembers a sandbox of this process until it has ended. */
export async function ownUntil(pid: number | undefined, ended: Promise<unknown>): Promise<void> {
  if (pid !== undefined) own.add(pid);
  await ended;
  if (pid !== undefined) own.delete(pid);
}

/** Kills those whose parent is neither a bubblewrap nor a worker, and says how many there were. */
export function killOrphans(): number {
  const orphans = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isSandbox(pid) && isForsaken(pid));
  for (const pid of orphans) kill(pid);
  return orphans.length;
}

function isSandbox(pid: number): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words[0] === 'bwrap' && words.includes(launcherText);
  } catch {
    return false;
  }
}

function isForsaken(pid: number): boolean {
  const parent = parentOf(pid);
  if (parent === null || own.has(pid) || isSandbox(parent)) return false;
  // The first process of a container is given what others leave behind.
  if (parent === process.pid) return parent === 1;
  return !isWorker(parent);
}

function parentOf(pid: number): number | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^PPid:\t(\d+)$/m.exec(status)?.[1] ?? Number.NaN) || null;
  } catch {
    return null;
  }
}

/** Any process of the same runtime, and what cannot be looked into but is no first process. */
function isWorker(pid: number): boolean {
  try {
    return path.basename(readlinkSync(`/proc/${pid}/exe`)) === path.basename(process.execPath);
  } catch {
    return pid !== 1 && statSync(`/proc/${pid}`, { throwIfNoEntry: false }) !== undefined;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended, or is somebody else's.
  }
}
