// The server as its own process, as npm start runs it: for tests that look at starts, signals and deaths.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Teardown } from './database.ts';
import { patienceMs } from './pace.ts';

const root = path.resolve(import.meta.dirname, '../..');

export interface ServerProcess {
  readonly child: ChildProcess;
  /** All that it has written so far. */
  output(): string;
  isOver(): boolean;
  /** Resolves with the exit code, or with the name of the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** Nothing of ours that a program could depend on; what was compiled before is only found again. */
export function bareEnvironment(): Record<string, string> {
  const { PATH = '', HOME = '/', NODE_COMPILE_CACHE = '' } = process.env;
  return { PATH, HOME, ...(NODE_COMPILE_CACHE === '' ? {} : { NODE_COMPILE_CACHE }) };
}

export function spawnServer(
  t: Teardown,
  env: Readonly<Record<string, string>>,
  words: readonly string[] = [],
): ServerProcess {
  const child = spawn(process.execPath, ['boot/main.ts', ...words], {
    cwd: root,
    env: { ...bareEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  let over = false;
  child.once('close', () => (over = true));
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, output: () => text, isOver: () => over, ended };
}

/** Until the banner, which comes when everything else is done; a server that ended will never print it. */
export async function untilAnnounced(server: ServerProcess): Promise<number> {
  return waitFor('the banner', () => {
    if (server.isOver()) throw new Error(`the server ended: ${server.output()}`);
    return server.output().includes('is ready');
  });
}

export async function waitFor(
  what: string,
  isTrue: () => Promise<boolean> | boolean,
  ms = 2 * patienceMs,
): Promise<number> {
  const startedMs = performance.now();
  while (!(await isTrue())) {
    if (performance.now() - startedMs > ms) throw new Error(`${what} did not come true within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - startedMs;
}

export async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/readyz`).catch(() => null);
  await response?.body?.cancel();
  return response?.status === 200;
}
