// A PostgreSQL server as our child process: made by initdb, started on a free port of this machine only, stopped by signal.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, openSync, closeSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import pg from 'pg';
import type { Binaries, Identity } from './postgres-binaries.ts';
import { refuseBoot } from './refusal.ts';

export interface ClusterPlace {
  readonly binaries: Binaries;
  readonly identity: Identity;
  readonly dataFolder: string;
  readonly logFile: string;
}

export interface PostgresServer {
  readonly pid: number;
  readonly port: number;
  /** The superuser's URL of a database. */
  urlOf(database: string): string;
  /** The server no longer keeps this process alive; it is then ended by whoever knows its pid. */
  unref(): void;
  /** Resolves when the process has ended, wanted or not. */
  readonly ended: Promise<void>;
  /** Asks it to end, and does not wait: for a process that is itself about to end. */
  kill(): void;
  /** Cuts the sessions and writes everything out. */
  stop(): Promise<void>;
}

export const superuser = 'postgres';
const stopPatienceMs = 15_000;

/** Dictionary order by code point on every platform and version, with letters that are not only ASCII. */
function localeFlags(binaries: Binaries): string[] {
  if (binaries.version === '') return ['--locale=C.UTF-8'];
  return ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
}

export async function initialiseCluster(place: ClusterPlace, password: string): Promise<void> {
  const passwordFile = `${place.dataFolder}.password`;
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (place.identity !== null) chownSync(passwordFile, place.identity.uid, place.identity.gid);
  try {
    const child = run(place, 'initdb', [
      `--pgdata=${place.dataFolder}`,
      `--username=${superuser}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      ...localeFlags(place.binaries),
    ]);
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw startFailure(place, 'initdb failed');
  } finally {
    await rm(passwordFile, { force: true });
  }
}

export interface StartOptions {
  readonly password: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** A free one is found when it is missing. */
  readonly port?: number;
}

export async function startCluster(place: ClusterPlace, options: StartOptions): Promise<PostgresServer> {
  const { password } = options;
  const port = options.port ?? (await findFreePort());
  const flags = Object.entries({ listen_addresses: '127.0.0.1', unix_socket_directories: '', ...options.settings });
  const child = run(place, 'postgres', [
    '-D',
    place.dataFolder,
    '-p',
    String(port),
    ...flags.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const urlOf = (database: string): string =>
    `postgres://${superuser}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
  await waitReady(place, child, urlOf('postgres'));
  return {
    pid: child.pid as number,
    port,
    urlOf,
    unref: () => child.unref(),
    ended,
    kill: () => void child.kill('SIGINT'),
    stop: () => stop(child, ended),
  };
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGINT');
  // What does not end in time is cut off; the next start replays its log.
  const cut = setTimeout(() => child.kill('SIGQUIT'), stopPatienceMs);
  await ended;
  clearTimeout(cut);
}

/** Detached: a Ctrl-C in the terminal is for us alone, so that requests in flight end before their database does. */
function run(place: ClusterPlace, program: string, args: readonly string[]): ChildProcess {
  const log = openSync(place.logFile, 'a', 0o600);
  try {
    const child = spawn(path.join(place.binaries.folder, program), args, {
      ...(place.identity === null ? {} : { uid: place.identity.uid, gid: place.identity.gid }),
      cwd: path.dirname(place.dataFolder),
      detached: true,
      env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', log, log],
    });
    // Without a listener a program that cannot be run would end this process; `exit` never comes then.
    child.once('error', () => child.emit('exit', 1, null));
    return child;
  } finally {
    closeSync(log);
  }
}

async function waitReady(place: ClusterPlace, child: ChildProcess, url: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  let ended = false;
  child.once('exit', () => (ended = true));
  while (Date.now() < deadline) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      if (ended) throw startFailure(place, 'PostgreSQL ended while it started');
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }
  child.kill('SIGQUIT');
  throw startFailure(place, 'PostgreSQL did not answer within 60 s');
}

function startFailure(place: ClusterPlace, what: string): Error {
  const lines = readFileSync(place.logFile, 'utf8').trim().split('\n').slice(-5).join(' | ');
  return refuseBoot('embedded_failed', `${what}; the end of ${place.logFile} says: ${lines}`);
}

/** Those that the system gives to whoever asks for any begin above, and nobody gets one of ours by chance. */
const ports = [12_000, 32_000] as const;

/** Free at this moment; a program that takes it in between makes the start fail, and the start is tried again. */
export async function findFreePort(): Promise<number> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const port = randomInt(...ports);
    if (await isFree(port)) return port;
  }
  throw new Error('no port is free');
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    return false;
  }
}
