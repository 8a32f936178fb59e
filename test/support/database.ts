// A database for one test file: a clone of the migrated template, dropped when the tests are over.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { codeOf } from '../../sql/database.ts';
import { appRole, restrictConnections, workerRole } from '../../sql/migration-role.ts';
import { clusterVariable, startTestCluster, templateName, type TestCluster } from './postgres.ts';

export interface TestDatabase {
  readonly name: string;
  /** The superuser, for looking behind the curtain and for planting faults. */
  readonly adminUrl: string;
  readonly appUrl: string;
  readonly workerUrl: string;
}

/** The part of a tap test that is needed here; also what a benchmark can offer. */
export interface Teardown {
  teardown(clean: () => unknown): unknown;
}

/** For what all tests of a file share: it ends with the last of them. */
export function wholeFile(t: Teardown): Teardown {
  const { parent = t } = t as { readonly parent?: Teardown };
  return parent;
}

let cluster: Promise<TestCluster> | undefined;

/** The cluster of the whole run, or one of our own when a test file is run by itself. */
export function findCluster(): Promise<TestCluster> {
  cluster ??= process.env[clusterVariable] === undefined ? startOwnCluster() : Promise.resolve(givenCluster());
  return cluster;
}

function givenCluster(): TestCluster {
  return JSON.parse(process.env[clusterVariable] as string) as TestCluster;
}

async function startOwnCluster(): Promise<TestCluster> {
  const running = await startTestCluster();
  running.server.unref();
  process.once('exit', running.discard);
  return running.cluster;
}

export async function createTestDatabase(t: Teardown): Promise<TestDatabase> {
  return createDatabase(t, templateName);
}

/** For tests of the migrations themselves. */
export async function createEmptyDatabase(t: Teardown): Promise<TestDatabase> {
  return createDatabase(t, 'template0');
}

async function createDatabase(t: Teardown, template: string): Promise<TestDatabase> {
  const found = await findCluster();
  const name = `test_${randomBytes(8).toString('hex')}`;
  const admin = new pg.Client({ connectionString: found.adminUrl });
  let isWell = true;
  // A cluster that is killed takes the connection with it: the next one is made when it is wanted.
  admin.on('error', () => (isWell = false)).on('end', () => (isWell = false));
  await admin.connect();
  await cloneWhenFree(admin, `create database ${name} template ${template} strategy ${found.cloning}`);
  // The clone has all of its template but the rights on the database itself.
  if (template === templateName) await restrictConnections(admin, name);
  t.teardown(async () => {
    const drop = `drop database if exists ${name} with (force)`;
    if (isWell) await admin.query(drop);
    else await administer(found.adminUrl, (client) => client.query(drop));
    await admin.end();
  });
  return {
    name,
    adminUrl: urlOf(found.adminUrl, name),
    appUrl: urlOf(found.adminUrl, name, appRole, found.appPassword),
    workerUrl: urlOf(found.adminUrl, name, workerRole, found.workerPassword),
  };
}

/** Two files that clone the same template at one moment can meet; the later one waits a little. */
async function cloneWhenFree(client: pg.Client, clone: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query(clone);
      return;
    } catch (error) {
      if (codeOf(error) !== '55006' || attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20 * attempt));
    }
  }
}

export async function administer(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  // A database that is dropped under an open connection is not a failure of the test.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(base: string, database: string, user?: string, password?: string): string {
  const url = new URL(base);
  url.pathname = `/${database}`;
  if (user !== undefined) url.username = user;
  if (password !== undefined) url.password = password;
  return url.href;
}
