// A PostgreSQL of the benchmark's own, with the settings of `npm start`, on a real disk, thrown away afterwards.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { findPlace } from '../../boot/embedded-place.ts';
import { embeddedSettings } from '../../boot/embedded-postgres.ts';
import { stopOrphan } from '../../boot/orphan.ts';
import { initialiseCluster, type PostgresServer, startCluster } from '../../boot/postgres-server.ts';
import { isAlive } from '../../kernel/process-mark.ts';
import { migrate } from '../../sql/migrate.ts';
import { appRole, workerRole } from '../../sql/migration-role.ts';

export interface Cluster {
  readonly folder: string;
  readonly adminUrl: string;
  readonly appUrl: string;
  readonly workerUrl: string;
  /** Of every server that runs on it. */
  readonly masterKey: Buffer;
  /** Of the server process, whose children serve the connections. */
  readonly pid: number;
  readonly version: string;
  admin(sql: string, values?: readonly unknown[]): Promise<pg.QueryResult<Record<string, unknown>>>;
  /** Another database, for contenders that bring tables of their own. Returns the superuser's URL. */
  addDatabase(name: string): Promise<string>;
  discard(): Promise<void>;
}

const prefix = 'loopledger-bench-';
/** All contenders are connected at the same time. Nothing else differs from what `npm start` gives PostgreSQL. */
const settings = { ...embeddedSettings, max_connections: '400' };

export async function startBenchCluster(tell: (line: string) => void): Promise<Cluster> {
  await sweep();
  const folder = path.join(os.tmpdir(), `${prefix}${process.pid}-${randomBytes(4).toString('hex')}`);
  mkdirSync(folder, { mode: 0o711 });
  const place = await findPlace(folder, tell);
  const passwords = { superuser: makeSecret(), app: makeSecret(), worker: makeSecret() };
  await initialiseCluster(place, passwords.superuser);
  const server = await startCluster(place, { password: passwords.superuser, settings });
  const abandon = (): void => {
    process.kill(server.pid, 'SIGQUIT');
    remove(folder);
  };
  process.once('exit', abandon);
  const adminUrl = server.urlOf('loopledger');
  await createDatabase(server, 'loopledger');
  await migrate({ adminUrl, appPassword: passwords.app, workerPassword: passwords.worker });
  const client = await connect(adminUrl);
  const { rows } = await client.query<{ version: string }>(`select current_setting('server_version') as version`);
  const urlAs = (role: string, password: string): string =>
    Object.assign(new URL(adminUrl), { username: role, password }).href;
  return {
    folder,
    adminUrl,
    appUrl: urlAs(appRole, passwords.app),
    workerUrl: urlAs(workerRole, passwords.worker),
    masterKey: randomBytes(32),
    pid: server.pid,
    version: rows[0]?.version ?? '',
    admin: (sql, values = []) => client.query(sql, [...values]),
    addDatabase: async (name) => {
      await createDatabase(server, name);
      return server.urlOf(name);
    },
    discard: async () => {
      await client.end();
      process.off('exit', abandon);
      await server.stop();
      remove(folder);
    },
  };
}

async function createDatabase(server: PostgresServer, name: string): Promise<void> {
  const client = await connect(server.urlOf('postgres'));
  await client.query(`create database ${name}`);
  await client.end();
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function makeSecret(): string {
  return randomBytes(24).toString('base64url');
}

/** What an earlier run left behind when it was killed. */
async function sweep(): Promise<void> {
  for (const name of readdirSync(os.tmpdir())) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length).split('-')[0]) : 0;
    if (pid === 0 || isAlive(pid)) continue;
    const folder = path.join(os.tmpdir(), name);
    await stopOrphan(path.join(folder, 'postgres', 'data'), () => undefined);
    remove(folder);
  }
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}
