// Migrations: makes a database ours and brings it up to date. Any number of processes may do it at once:
// every step is one transaction that takes the same lock and looks again at what is there.
import pg from 'pg';
import { defineRefusals } from '../kernel/refusal.ts';
import { codeOf } from './database.ts';
import { readSqlFiles, type SqlFile, type SqlFiles } from './migration-file.ts';
import { appRole, ensureRoles, ownerRole, restrictDatabase, setPassword, workerRole } from './migration-role.ts';

export interface MigrateOptions {
  /** A superuser, or the owner of the database with CREATEROLE. */
  readonly adminUrl: string;
  readonly appPassword?: string;
  readonly workerPassword?: string;
  readonly log?: (line: string) => void;
  /** For tests: other files than those of this project. */
  readonly files?: SqlFiles;
}

const { refuse: refuseMigration } = defineRefusals({
  migration_edited: {
    kind: 'rejected',
    title: 'A migration was edited after it landed',
    remedy: 'Restore the file and write a new migration for the change.',
  },
  migration_unknown: {
    kind: 'rejected',
    title: 'The database is newer than the software',
    remedy: 'Run the version of the software that made the database, or a later one.',
  },
  migration_skipped: {
    kind: 'rejected',
    title: 'A migration comes before one that landed already',
    remedy: 'Give it the next free number.',
  },
});

const lockKey = 4_972_064_117;
/** Locks, deadlocks and rows that another migrating process changed first: the next try finds its work done. */
const passingCodes = new Set(['40P01', '55P03', '40001', '23505', '42710', '42P06', '42P07', 'XX000']);
const tries = 8;

export async function migrate(options: MigrateOptions): Promise<string[]> {
  const files = options.files ?? (await readSqlFiles());
  const log = options.log ?? ((): void => undefined);
  const client = new pg.Client({ connectionString: options.adminUrl, application_name: 'loopledger-migrate' });
  await client.connect();
  try {
    await step(client, () => prepare(client, options));
    const applied: string[] = [];
    for (const file of files.migrations) {
      if (await step(client, () => applyMigration(client, file, files))) {
        applied.push(file.name);
        log(`applied ${file.name}`);
      }
    }
    const recreated = await step(client, () => applyRecreatable(client, files.recreatable, applied.length > 0));
    for (const name of recreated) log(`applied ${name}`);
    return [...applied, ...recreated];
  } finally {
    await client.end();
  }
}

async function step<Result>(client: pg.Client, work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query('begin');
      await client.query('select pg_catalog.pg_advisory_xact_lock($1)', [lockKey]);
      // Live traffic must not queue for long behind a statement that waits for a table.
      await client.query("set local lock_timeout = '5s'");
      const result = await work();
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback');
      if (attempt === tries || !passingCodes.has(codeOf(error))) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50 * attempt));
    }
  }
}

async function prepare(client: pg.Client, options: MigrateOptions): Promise<void> {
  await ensureRoles(client);
  if (options.appPassword !== undefined) await setPassword(client, appRole, options.appPassword);
  if (options.workerPassword !== undefined) await setPassword(client, workerRole, options.workerPassword);
  await restrictDatabase(client);
  await client.query(`set local role ${ownerRole}`);
  await client.query(`
    create schema if not exists ledger;
    create schema if not exists view;
    create schema if not exists platform;
    grant usage on schema ledger, view, platform to ${appRole}, ${workerRole};
    alter default privileges revoke execute on functions from public;
    create table if not exists platform.migrations (
      name text primary key,
      sha256 bytea not null check (octet_length(sha256) = 32),
      applied_at timestamptz not null default now()
    );
    grant select on platform.migrations to ${appRole}, ${workerRole};
  `);
}

async function applyMigration(client: pg.Client, file: SqlFile, files: SqlFiles): Promise<boolean> {
  await client.query(`set local role ${ownerRole}`);
  const landed = await readLanded(client);
  checkLanded(landed, files);
  if (landed.has(file.name)) return false;
  await run(client, file);
  return true;
}

/** All of them when one changed or a migration ran: a table that is new or was replaced needs its policies. */
async function applyRecreatable(client: pg.Client, files: readonly SqlFile[], migrated: boolean): Promise<string[]> {
  await client.query(`set local role ${ownerRole}`);
  const landed = await readLanded(client);
  const changed = files.filter((file) => !(landed.get(file.name)?.equals(file.sha256) ?? false));
  if (changed.length === 0 && !migrated) return [];
  for (const file of files) await run(client, file);
  return changed.map((file) => file.name);
}

async function run(client: pg.Client, file: SqlFile): Promise<void> {
  try {
    await client.query(file.text);
  } catch (error) {
    if (error instanceof Error) error.message = `${file.name}: ${error.message}`;
    throw error;
  }
  await client.query(
    `insert into platform.migrations (name, sha256) values ($1, $2)
       on conflict (name) do update set sha256 = excluded.sha256, applied_at = excluded.applied_at
       where platform.migrations.sha256 <> excluded.sha256`,
    [file.name, file.sha256],
  );
}

async function readLanded(client: pg.Client): Promise<Map<string, Buffer>> {
  const { rows } = await client.query<{ name: string; sha256: Buffer }>('select name, sha256 from platform.migrations');
  return new Map(rows.map((row) => [row.name, row.sha256]));
}

function checkLanded(landed: ReadonlyMap<string, Buffer>, files: SqlFiles): void {
  const known = new Map(files.migrations.map((file) => [file.name, file]));
  let newest = '';
  for (const [name, sha256] of landed) {
    if (!name.startsWith('migrations/')) continue;
    if (name > newest) newest = name;
    const file = known.get(name);
    if (file === undefined) {
      throw refuseMigration('migration_unknown', `The database has ${name}, which this version does not know.`);
    }
    if (!file.sha256.equals(sha256)) {
      throw refuseMigration('migration_edited', `The file ${name} was edited after it was applied to this database.`);
    }
  }
  for (const file of files.migrations) {
    if (file.name < newest && !landed.has(file.name)) {
      throw refuseMigration('migration_skipped', `The file ${file.name} is new, but ${newest} was applied already.`);
    }
  }
}

/** What a process finds missing when it starts: names of files that the database does not have in this version. */
export function findPending(files: SqlFiles, landed: ReadonlyMap<string, string>): string[] {
  return [...files.migrations, ...files.recreatable]
    .filter((file) => landed.get(file.name) !== file.sha256.toString('hex'))
    .map((file) => file.name);
}
