// Programs of the benchmark that run as processes of their own and talk by messages.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const bench = path.resolve(import.meta.dirname, '..');
const children = new Set<ChildProcess>();

/** Whatever ends this process, by the end of its work or by a failure, takes its children with it. */
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

function keep(child: ChildProcess): void {
  children.add(child);
  child.once('exit', () => children.delete(child));
}

export interface Program {
  readonly pid: number;
  /** What it said when it was ready. */
  readonly ready: Record<string, unknown>;
  ask<Answer>(message: object): Promise<Answer>;
  stop(): Promise<void>;
}

export async function startProgram(name: string, env: Record<string, string> = {}): Promise<Program> {
  const child = fork(path.join(bench, `${name}.ts`), [], { env: { ...process.env, ...env }, execArgv: nodeFlags(env) });
  keep(child);
  const ready = await nextMessage<Record<string, unknown>>(child, name);
  return {
    pid: child.pid as number,
    ready,
    ask: (message) => {
      child.send(message);
      return nextMessage(child, name);
    },
    stop: () => stop(child),
  };
}

/** Those of `npm start`, for every contender alike. */
const startFlags = readStartFlags();

function readStartFlags(): readonly string[] {
  const text = readFileSync(path.resolve(bench, '../package.json'), 'utf8');
  const { start } = (JSON.parse(text) as { readonly scripts: { readonly start: string } }).scripts;
  const found = /\bnode ((?:--\S+ )*)boot\/main\.ts$/.exec(start);
  if (found === null) throw new Error(`npm start is not understood: ${start}`);
  return (found[1] ?? '').split(' ').filter((flag) => flag !== '');
}

/** For looking inside: LOOPLEDGER_TEST_BENCH_PROFILE=<folder> lets every server write a processor profile. */
function nodeFlags(env: Record<string, string>): string[] {
  const folder = process.env['LOOPLEDGER_TEST_BENCH_PROFILE'];
  const profile =
    folder === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', path.join(folder, env['PROFILE'] ?? 'other')];
  return [...startFlags, ...profile];
}

async function nextMessage<Answer>(child: ChildProcess, name: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`${name} ended with ${code ?? 'a signal'}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(message as Answer);
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await ended;
  clearTimeout(force);
}

export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** The real server, started as `npm start` does, its log in a file as in production. */
export async function startServer(env: Record<string, string>, port: number, logFile: string): Promise<ServerProcess> {
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [...nodeFlags(env), path.resolve(bench, '../boot/main.ts')], {
    env: { ...process.env, ...env, HOST: '127.0.0.1', PORT: String(port) },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  keep(child);
  await waitReady(child, port, logFile);
  return { pid: child.pid as number, port, stop: () => stop(child) };
}

async function waitReady(child: ChildProcess, port: number, logFile: string): Promise<void> {
  const deadline = Date.now() + 90_000;
  while (child.exitCode === null && Date.now() < deadline) {
    const reply = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
    if (reply?.ok === true) return;
    await sleep(50);
  }
  throw new Error(`the server did not get ready; its log is ${logFile}`);
}
