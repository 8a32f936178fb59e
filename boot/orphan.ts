// A PostgreSQL that outlived the process it belonged to. It is stopped by the pid that it left in its own data folder,
// and only after that process has shown that it serves this very folder.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isAlive } from '../kernel/process-mark.ts';

const patienceMs = 10_000;

export async function stopOrphan(dataFolder: string, log: (line: string) => void): Promise<void> {
  const pid = await findOrphan(dataFolder);
  if (pid === null) return;
  log(`A PostgreSQL of an earlier start (pid ${pid}) still runs on this data; it is stopped first.`);
  // Fast writes everything out; immediate does not wait for anyone, and the next start replays its log.
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (await ends(pid, signal, dataFolder)) return;
  }
}

export async function findOrphan(dataFolder: string): Promise<number | null> {
  const text = await readFile(path.join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return Number.isInteger(pid) && pid > 1 && serves(pid, dataFolder) ? pid : null;
}

/** A process that ended, but that nobody has reaped yet, has no arguments any more. */
function serves(pid: number, dataFolder: string): boolean {
  return isAlive(pid) && readCommand(pid).includes(dataFolder);
}

/** The arguments that it was started with; a stranger that has got the pid since then has others. */
function readCommand(pid: number): readonly string[] {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(' ');
  } catch {
    return [];
  }
}

async function ends(pid: number, signal: NodeJS.Signals, dataFolder: string): Promise<boolean> {
  process.kill(pid, signal);
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    if (!serves(pid, dataFolder)) return true;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return false;
}
