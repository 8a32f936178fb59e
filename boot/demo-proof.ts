// How the demo ends: the log is exported, and the verifier checks it without the server.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { done, type Heard, type Say } from './demo-client.ts';

const run = promisify(execFile);
const verifier = path.resolve(import.meta.dirname, '../verifier/main.ts');

/** What an auditor writes down where the server cannot reach it. */
export interface Kept {
  readonly key: string;
  readonly checkpoint: string;
}

async function textOf(promise: Promise<Heard>): Promise<string> {
  const { status, text } = await promise;
  if (status !== 200) throw new Error(`A proof was not given: ${status} ${text}`);
  return text;
}

export async function keepCheckpoint(say: Say, key: string): Promise<Kept> {
  const checkpoint = await textOf(say('GET', '/api/v1/log/checkpoint', { key }));
  const { keys } = await done<{ keys: readonly { readonly key: string }[] }>(say('GET', '/api/v1/log/keys', { key }));
  return { key: keys[0]?.key ?? '', checkpoint };
}

/** The report of the verifier, a process of its own that is given three things: an export, a checkpoint, a key. */
export async function verifyLog(say: Say, key: string, kept: Kept): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'loopledger-demo-'));
  try {
    const [exported, checkpoint] = [path.join(folder, 'export.ndjson'), path.join(folder, 'kept.checkpoint')];
    await writeFile(exported, await textOf(say('GET', '/api/v1/log/export', { key })));
    await writeFile(checkpoint, kept.checkpoint);
    const { stdout } = await run(process.execPath, [verifier, exported, checkpoint, '--key', kept.key]);
    return stdout.trim();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
