// What a database must be before this server works with it: row policies that bind us, durable commits, a version
// without known faults, today's schema, and secrets that our master key opens.
import { hkdfSync } from 'node:crypto';
import { defineRefusals } from '../kernel/refusal.ts';
import { codeOf, type Database } from './database.ts';
import { findPending } from './migrate.ts';
import type { SqlFiles } from './migration-file.ts';
import { ownerRole } from './migration-role.ts';
import { statement } from './statement.ts';

const { refuse: refuseServer } = defineRefusals({
  role_bypasses_rows: {
    kind: 'rejected',
    title: 'The role of the server could pass by the row policies',
    remedy: 'Connect as loopledger_app or loopledger_worker, as npm run migrate made them.',
  },
  commits_not_durable: {
    kind: 'rejected',
    title: 'The database confirms what it may still lose',
    remedy: 'Turn the setting on and restart PostgreSQL.',
  },
  database_too_old: {
    kind: 'rejected',
    title: 'The database is older than the oldest version that is safe',
    remedy: 'Upgrade PostgreSQL to 15.18, 16.14, 17.10, 18.4 or later.',
  },
  migrations_pending: {
    kind: 'unavailable',
    title: 'The database is not up to date',
    remedy: 'Run npm run migrate with DATABASE_MIGRATE_URL.',
  },
  master_key_differs: {
    kind: 'rejected',
    title: 'The secrets in the database are sealed with another master key',
    remedy: 'Set LOOPLEDGER_MASTER_KEY to the one that the first server on this database had.',
  },
});

interface ServerRow extends Record<string, unknown> {
  readonly role: string;
  readonly version: number;
  readonly rolsuper: boolean;
  readonly rolbypassrls: boolean;
  readonly owns: boolean;
  readonly synchronous_commit: string;
  readonly fsync: string;
  readonly full_page_writes: string;
}

const serverStatement = statement(
  'check_server',
  `select r.rolname as role, r.rolsuper, r.rolbypassrls,
          current_setting('server_version_num')::int as version,
          exists (select from pg_catalog.pg_roles o
                   where o.rolname = $1 and pg_catalog.pg_has_role(r.oid, o.oid, 'MEMBER'))
            or exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                        where c.relowner = r.oid and n.nspname in ('ledger', 'view', 'platform')) as owns,
          current_setting('synchronous_commit') as synchronous_commit,
          current_setting('fsync') as fsync,
          current_setting('full_page_writes') as full_page_writes
     from pg_catalog.pg_roles r where r.rolname = current_user`,
);

const landedStatement = statement(
  'list_migrations',
  `select m.name, encode(m.sha256, 'hex') as sha256 from platform.migrations m`,
);

/** Per major version the first release without a fault that loses or reveals rows. */
const floors: readonly (readonly [major: number, minor: number])[] = [
  [15, 18],
  [16, 14],
  [17, 10],
  [18, 4],
];

export async function assertSafeServer(database: Database): Promise<void> {
  const [row] = await database.platform<ServerRow>(serverStatement, [ownerRole]);
  if (row === undefined) throw new Error('the catalogue does not know the current role');
  checkRole(row);
  checkDurability(row);
  checkVersion(row.version);
}

/** Of the files that this version of the software comes with. */
export async function assertMigrated(database: Database, files: SqlFiles): Promise<void> {
  const pending = findPending(files, await readLanded(database));
  const first = pending[0];
  if (first === undefined) return;
  const rest = pending.length > 1 ? ` and ${pending.length - 1} more` : '';
  throw refuseServer('migrations_pending', `The database lacks ${first}${rest}; run: npm run migrate`);
}

const masterKeyStatement = statement('claim_master_key', 'select platform.claim_master_key($1) as same');

/** Processes with keys of their own would seal what the others cannot open, and it would show only much later. */
export async function assertMasterKey(database: Database, masterKey: Buffer): Promise<void> {
  const fingerprint = Buffer.from(hkdfSync('sha256', masterKey, '', 'fingerprint', 16)).toString('hex');
  const [row] = await database.platform<{ same: boolean }>(masterKeyStatement, [fingerprint]);
  if (row?.same === true) return;
  throw refuseServer(
    'master_key_differs',
    'The secrets in this database are sealed with another master key; set LOOPLEDGER_MASTER_KEY to that one.',
  );
}

function checkRole(row: ServerRow): void {
  const fault = row.rolsuper
    ? 'is a superuser'
    : row.rolbypassrls
      ? 'has BYPASSRLS'
      : row.owns
        ? `owns our tables or is a member of ${ownerRole}`
        : null;
  if (fault === null) return;
  const sentence = `The role ${row.role} ${fault}, so row policies would not bind this server; connect as loopledger_app or loopledger_worker.`;
  throw refuseServer('role_bypasses_rows', sentence);
}

function checkDurability(row: ServerRow): void {
  for (const name of ['synchronous_commit', 'fsync', 'full_page_writes'] as const) {
    if (row[name] !== 'off') continue;
    throw refuseServer(
      'commits_not_durable',
      `The database runs with ${name} = off, so it confirms what a crash would lose.`,
    );
  }
}

export function checkVersion(number: number): void {
  const major = Math.floor(number / 10_000);
  const minor = number % 10_000;
  const floor = floors.find(([known]) => known === major)?.[1];
  const newest = floors.at(-1)?.[0] as number;
  if (floor === undefined ? major > newest : minor >= floor) return;
  const least = floors.map((pair) => pair.join('.')).join(', ');
  throw refuseServer('database_too_old', `PostgreSQL ${major}.${minor} is below the oldest safe versions: ${least}.`);
}

/** A database that was never migrated has no such table, or does not let us see it. */
async function readLanded(database: Database): Promise<Map<string, string>> {
  try {
    const rows = await database.platform<{ name: string; sha256: string }>(landedStatement, []);
    return new Map(rows.map((row) => [row.name, row.sha256]));
  } catch (error) {
    if (['42P01', '3F000', '42501'].includes(codeOf(error))) return new Map();
    throw error;
  }
}
