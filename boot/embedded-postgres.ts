// The embedded PostgreSQL of one server: made at the first start, started anew whenever it ends unasked,
// recovered when the process that it belonged to was killed.
import { randomBytes } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import pg from 'pg';
import { appRole, workerRole } from '../sql/migration-role.ts';
import { findPlace } from './embedded-place.ts';
import { stopOrphan } from './orphan.ts';
import { type ClusterPlace, initialiseCluster, type PostgresServer, startCluster } from './postgres-server.ts';
import { createFile, readJson } from './private-file.ts';
import { refuseBoot } from './refusal.ts';

export interface EmbeddedPostgres {
  readonly adminUrl: string;
  readonly appUrl: string;
  readonly workerUrl: string;
  readonly appPassword: string;
  readonly workerPassword: string;
  stop(): Promise<void>;
}

export const databaseName = 'loopledger';

export const embeddedSettings = {
  max_connections: '100',
  shared_buffers: '256MB',
  wal_buffers: '16MB',
  max_wal_size: '2GB',
  // On the command line, where no file of the cluster can turn them off.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

const Passwords = Type.Object({ superuser: Type.String(), app: Type.String(), worker: Type.String() });

export async function startEmbedded(dataFolder: string, log: (line: string) => void): Promise<EmbeddedPostgres> {
  const place = await findPlace(dataFolder, log);
  await turnLog(place.logFile);
  const passwords = await loadPasswords(dataFolder);
  await stopOrphan(place.dataFolder, log);
  if ((await stat(place.dataFolder).catch(() => null)) === null) {
    log('Making a new database cluster.');
    await makeCluster(place, passwords.superuser);
  }
  const first = await startPatiently(place, passwords.superuser);
  const keeper = keepRunning(place, passwords.superuser, first, log);
  await ensureDatabase(first.urlOf('postgres'));
  const roleUrl = (role: string, password: string): string =>
    `postgres://${role}:${password}@127.0.0.1:${first.port}/${databaseName}`;
  return {
    adminUrl: first.urlOf(databaseName),
    appUrl: roleUrl(appRole, passwords.app),
    workerUrl: roleUrl(workerRole, passwords.worker),
    appPassword: passwords.app,
    workerPassword: passwords.worker,
    stop: keeper.stop,
  };
}

async function loadPasswords(dataFolder: string): Promise<{ superuser: string; app: string; worker: string }> {
  const file = path.join(dataFolder, 'passwords.json');
  const secret = (): string => randomBytes(24).toString('base64url');
  await createFile(file, JSON.stringify({ superuser: secret(), app: secret(), worker: secret() }));
  const passwords = await readJson(file);
  if (!Value.Check(Passwords, passwords)) {
    throw refuseBoot('embedded_failed', `The file ${file} is damaged; without its passwords the database stays shut.`);
  }
  return passwords;
}

/** Under another name until it is whole: a start that is killed in the middle leaves nothing half-made behind. */
async function makeCluster(place: ClusterPlace, password: string): Promise<void> {
  const unfinished = `${place.dataFolder}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await initialiseCluster({ ...place, dataFolder: unfinished }, password);
  await rename(unfinished, place.dataFolder);
}

/** What passes by itself: children of a killed server hold its memory for a moment, a port was taken in the last instant. */
const passing = /pre-existing shared memory|Address already in use|could not (?:bind|create any)|lock file/i;

async function startPatiently(place: ClusterPlace, password: string): Promise<PostgresServer> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      return await startCluster(place, { password, settings: embeddedSettings });
    } catch (error) {
      if (Date.now() > deadline || !passing.test(String(error))) throw error;
      await sleep(150);
    }
  }
}

/** Starts it again on the same port, for as long as it takes: a full disk, too, is freed some day. */
function keepRunning(
  place: ClusterPlace,
  password: string,
  first: PostgresServer,
  log: (line: string) => void,
): { stop: () => Promise<void> } {
  let server = first;
  const stopping = new AbortController();
  const endAtExit = (): void => server.kill();
  process.once('exit', endAtExit);

  async function restart(): Promise<void> {
    log('PostgreSQL ended unasked; it is started again.');
    for (let pauseMs = 100; !stopping.signal.aborted; pauseMs = Math.min(pauseMs * 2, 2_000)) {
      try {
        server = await startCluster(place, { password, settings: embeddedSettings, port: first.port });
        if (stopping.signal.aborted) await server.stop();
        return;
      } catch (error) {
        if (pauseMs === 2_000) log(String(error));
        await sleep(pauseMs);
      }
    }
  }

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      await server.ended;
      if (!stopping.signal.aborted) await restart();
    }
  }

  const watching = watch();
  return {
    stop: async () => {
      stopping.abort();
      await server.stop();
      await watching;
      process.off('exit', endAtExit);
    },
  };
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_catalog.pg_database where datname = $1', [databaseName]);
    if (rowCount === 0) await client.query(`create database ${databaseName}`);
  } finally {
    await client.end();
  }
}

async function turnLog(file: string): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found !== null && found.size > 10 * 2 ** 20) await rename(file, `${file}.1`);
}
