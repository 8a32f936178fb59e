// The PostgreSQL of the tests: a cluster that is made and migrated once, kept as an image, and copied for each run.
import { createHash, randomBytes } from 'node:crypto';
import {
  chownSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { chmod, rename } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import {
  type Binaries,
  canEnter,
  findEmbeddedBinaries,
  findIdentity,
  type Identity,
  reachBinaries,
} from '../../boot/postgres-binaries.ts';
import { type ClusterPlace, initialiseCluster, type PostgresServer, startCluster } from '../../boot/postgres-server.ts';
import { readSqlFiles } from '../../sql/migration-file.ts';
import { migrate } from '../../sql/migrate.ts';

/** What a test process needs to know of the cluster; handed on in the environment. */
export interface TestCluster {
  readonly adminUrl: string;
  readonly appPassword: string;
  readonly workerPassword: string;
  /** Files are copied where that costs no flush; elsewhere the pages go through the log. */
  readonly cloning: 'file_copy' | 'wal_log';
}

export interface RunningCluster {
  readonly cluster: TestCluster;
  /** Another one after a restart. */
  server: PostgresServer;
  /** Starts the server anew on the same data and port, after it was stopped or killed. */
  restart(): Promise<void>;
  /** Ends the server and removes its files; for a process that is about to end. */
  discard(): void;
}

export const clusterVariable = 'LOOPLEDGER_TEST_PG';
export const templateName = 'loopledger_template';

/** Durability stays on, because the server refuses to start without it; memory makes it cheap. */
const settings = {
  max_connections: '200',
  shared_buffers: '128MB',
  max_wal_size: '512MB',
  autovacuum_naptime: '10s',
  jit: 'off',
};

interface Passwords {
  readonly superuser: string;
  readonly app: string;
  readonly worker: string;
}

export async function startTestCluster(): Promise<RunningCluster> {
  const place = await findPlace();
  sweep(place.folder);
  const image = path.join(place.folder, `image-${await imageKey(place.binaries)}`);
  if (!exists(path.join(image, 'passwords.json'))) await makeImage(place, image);
  utimesSync(image, new Date(), new Date());
  const folder = path.join(place.folder, `run-${process.pid}-${randomBytes(4).toString('hex')}`);
  mkdirSync(folder, { mode: 0o711 });
  cpSync(path.join(image, 'data'), path.join(folder, 'data'), { recursive: true });
  own(path.join(folder, 'data'), place.identity);
  const passwords = JSON.parse(readFileSync(path.join(image, 'passwords.json'), 'utf8')) as Passwords;
  const start = (port?: number): Promise<PostgresServer> =>
    startCluster(clusterIn(place, folder), {
      password: passwords.superuser,
      settings,
      ...(port === undefined ? {} : { port }),
    });
  const server = await start();
  const running: RunningCluster = {
    server,
    restart: async () => void (running.server = await start(server.port)),
    cluster: {
      adminUrl: server.urlOf('postgres'),
      appPassword: passwords.app,
      workerPassword: passwords.worker,
      cloning: place.folder.startsWith(memory) ? 'file_copy' : 'wal_log',
    },
    discard: () => {
      try {
        process.kill(running.server.pid, 'SIGQUIT');
      } catch {
        // It has ended by itself.
      }
      remove(folder);
    },
  };
  return running;
}

interface Place {
  readonly folder: string;
  readonly binaries: Binaries;
  readonly identity: Identity;
}

async function findPlace(): Promise<Place> {
  const identity = findIdentity();
  const folder = path.join(roomyFolder(), `loopledger-test-${process.getuid?.() ?? 0}`);
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  if (statSync(folder).uid !== (process.getuid?.() ?? 0)) throw new Error(`${folder} belongs to another user`);
  const given = process.env['LOOPLEDGER_TEST_PG_BIN'] ?? '';
  const found = given === '' ? findEmbeddedBinaries() : { folder: given, version: '' };
  return { folder, identity, binaries: await reachBinaries(found, identity, folder) };
}

const memory = '/dev/shm';

/** Memory where there is enough of it: the settings stay durable, the flushes cost nothing. */
function roomyFolder(): string {
  if (!exists(memory) || !canEnter(memory, null)) return os.tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > 4 * 2 ** 30 ? memory : os.tmpdir();
}

async function imageKey(binaries: Binaries): Promise<string> {
  const hash = createHash('sha256').update(`${binaries.folder} ${JSON.stringify(settings)}`);
  const files = await readSqlFiles();
  for (const file of [...files.migrations, ...files.recreatable]) hash.update(file.name).update(file.sha256);
  for (const file of ['migrate.ts', 'migration-role.ts']) {
    hash.update(readFileSync(path.resolve(import.meta.dirname, '../../sql', file)));
  }
  return hash.digest('hex').slice(0, 16);
}

async function makeImage(place: Place, image: string): Promise<void> {
  const folder = `${image}.${process.pid}`;
  mkdirSync(folder, { mode: 0o711 });
  const passwords: Passwords = { superuser: secret(), app: secret(), worker: secret() };
  const data = path.join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  own(data, place.identity);
  const cluster = clusterIn(place, folder);
  // initdb writes its password file beside the data.
  await chmod(folder, 0o711);
  await initialiseCluster(cluster, passwords.superuser);
  const server = await startCluster(cluster, { password: passwords.superuser, settings });
  try {
    await makeTemplate(server, passwords);
  } finally {
    await server.stop();
  }
  writeFileSync(path.join(folder, 'passwords.json'), JSON.stringify(passwords), { mode: 0o600 });
  // Another process may have made the same image meanwhile; either is good.
  await rename(folder, image).catch(() => remove(folder));
}

async function makeTemplate(server: PostgresServer, passwords: Passwords): Promise<void> {
  const client = new pg.Client({ connectionString: server.urlOf('postgres') });
  await client.connect();
  try {
    await client.query(`create database ${templateName}`);
    const adminUrl = server.urlOf(templateName);
    await migrate({ adminUrl, appPassword: passwords.app, workerPassword: passwords.worker });
    // Nobody may be connected to a database that is being cloned.
    await client.query(`alter database ${templateName} allow_connections false`);
    await client.query('checkpoint');
  } finally {
    await client.end();
  }
}

function clusterIn(place: Place, folder: string): ClusterPlace {
  return {
    binaries: place.binaries,
    identity: place.identity,
    dataFolder: path.join(folder, 'data'),
    logFile: path.join(folder, 'postgres.log'),
  };
}

function secret(): string {
  return randomBytes(24).toString('base64url');
}

function own(folder: string, identity: Identity): void {
  if (identity === null) return;
  chownSync(folder, identity.uid, identity.gid);
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    chownSync(path.join(folder, entry), identity.uid, identity.gid);
  }
}

/** Images take memory: one that no run has wanted for an hour belongs to migrations of the past. */
const unusedMs = 3_600_000;

/** Clusters and half-made images whose process was killed before it could clean up, and images of earlier migrations. */
function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = /^(?:run-|image-\w+\.)(\d+)/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) discardOrphan(path.join(folder, name));
    else if (name.startsWith('image-') && Date.now() - statSync(path.join(folder, name)).mtimeMs > unusedMs) {
      remove(path.join(folder, name));
    }
  }
}

function discardOrphan(folder: string): void {
  const pidFile = path.join(folder, 'data', 'postmaster.pid');
  if (exists(pidFile)) {
    const [pid, data] = readFileSync(pidFile, 'utf8').split('\n');
    if (data === path.join(folder, 'data') && isAlive(Number(pid))) process.kill(Number(pid), 'SIGQUIT');
  }
  remove(folder);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}
