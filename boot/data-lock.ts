// One server per data folder. The lock names its holder; one that a killed process left behind is taken over.
import { readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from '../sql/database.ts';
import { createFile } from './private-file.ts';
import { isRunning, markOf, type ProcessMark } from '../kernel/process-mark.ts';
import { refuseBoot } from './refusal.ts';

export interface DataLock {
  release(): Promise<void>;
}

interface Holder extends ProcessMark {
  readonly url: string;
}

/** `url` is where this server is about to answer; a second start tells it to whoever tried. */
export async function lockData(dataFolder: string, url: string): Promise<DataLock> {
  const file = path.join(dataFolder, 'server.lock');
  const text = JSON.stringify({ ...markOf(process.pid), url });
  while (!(await createFile(file, text))) {
    const found = await readLock(file);
    const holder = parseHolder(found);
    if (holder !== null && holder.pid !== process.pid && isRunning(holder)) {
      const sentence = `A server with pid ${holder.pid} already runs on ${dataFolder}; it answers at ${holder.url}.`;
      throw refuseBoot('data_in_use', sentence);
    }
    await takeAway(file, found);
  }
  return { release: () => rm(file, { force: true }) };
}

/** Two starts may find the same stale lock: the later one must not take away what the earlier one has just made. */
async function takeAway(file: string, stale: string): Promise<void> {
  const aside = `${file}.stale-${process.pid}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const taken = await readLock(aside);
  if (taken !== stale) await createFile(file, taken);
  await rm(aside, { force: true });
}

async function readLock(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}

function parseHolder(text: string): Holder | null {
  try {
    const holder = JSON.parse(text) as Partial<Holder>;
    const { pid, birth, url } = holder;
    return typeof pid === 'number' && typeof birth === 'string' && typeof url === 'string' ? { pid, birth, url } : null;
  } catch {
    return null;
  }
}
