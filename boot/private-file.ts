// Files that only we may read. Whoever opens one sees it whole or not at all.
import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { codeOf } from '../sql/database.ts';

function unfinishedName(file: string): string {
  return `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** False when the file is there already; it is then left as it is. */
export async function createFile(file: string, text: string): Promise<boolean> {
  const unfinished = unfinishedName(file);
  await writeFile(unfinished, text, { mode: 0o600, flag: 'wx', flush: true });
  try {
    await link(unfinished, file);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return false;
  } finally {
    await rm(unfinished);
  }
}

export async function replaceFile(file: string, text: string): Promise<void> {
  const unfinished = unfinishedName(file);
  await writeFile(unfinished, text, { mode: 0o600, flag: 'wx', flush: true });
  await rename(unfinished, file);
}

/** Null when there is no such file, or when it was cut short by a failing disk. */
export async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return null;
    throw error;
  }
}
