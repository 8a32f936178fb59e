// Attacks on the session: other roles, other settings, new objects, and the side doors of the server itself.
import pg from 'pg';
import type { Finding } from './finding.ts';
import type { Site } from './site.ts';

interface Attempt {
  readonly name: string;
  readonly sql: string;
  /** Codes of a refusal; without one the attempt has to find nothing. */
  readonly refusedBy?: readonly string[];
}

const attempts: readonly Attempt[] = [
  { name: 'become the owner', sql: 'set role loopledger_owner', refusedBy: ['42501'] },
  { name: 'be the owner of the session', sql: 'set session authorization loopledger_owner', refusedBy: ['42501'] },
  { name: 'switch triggers off', sql: 'set session_replication_role = replica', refusedBy: ['42501'] },
  {
    name: 'read with row security off',
    sql: 'set local row_security = off; select tenant_id from view.stories',
    refusedBy: ['42501'],
  },
  { name: 'make a table', sql: 'create table view.mine (id integer)', refusedBy: ['42501'] },
  { name: 'make a table in public', sql: 'create table public.mine (id integer)', refusedBy: ['42501'] },
  { name: 'make a temporary table', sql: 'create temporary table mine (id integer)', refusedBy: ['42501'] },
  { name: 'make a schema', sql: 'create schema mine', refusedBy: ['42501'] },
  {
    name: 'make a function',
    sql: `create function view.mine() returns integer language sql as 'select 1'`,
    refusedBy: ['42501'],
  },
  {
    name: 'replace a function',
    sql: `create or replace function platform.feed_epoch() returns text language sql as 'select 1'`,
    refusedBy: ['42501'],
  },
  {
    name: 'make an operator',
    sql: 'create operator view.=== (leftarg = uuid, rightarg = uuid, function = uuid_eq)',
    refusedBy: ['42501'],
  },
  { name: 'add a policy', sql: 'create policy mine on view.stories for select using (true)', refusedBy: ['42501'] },
  {
    name: 'switch row security of a table off',
    sql: 'alter table view.stories disable row level security',
    refusedBy: ['42501'],
  },
  // Not an error to the server, only a warning and no effect.
  {
    name: 'give itself a right',
    sql: `grant insert on ledger.events to current_user;
          select 'granted' where has_table_privilege(current_user, 'ledger.events', 'insert')`,
  },
  {
    name: 'take a lock that stops writers',
    sql: 'lock table ledger.heads in access exclusive mode',
    refusedBy: ['42501'],
  },
  { name: 'write a file', sql: `copy view.stories to '/tmp/stories'`, refusedBy: ['42501'] },
  { name: 'run a program', sql: `copy view.stories to program 'true'`, refusedBy: ['42501'] },
  { name: 'read a file', sql: `select pg_read_file('PG_VERSION')`, refusedBy: ['42501'] },
  { name: 'read passwords', sql: 'select * from pg_authid', refusedBy: ['42501'] },
  { name: 'call an inner function', sql: `select ledger.project('story', '[]', '{}', '{}')`, refusedBy: ['42501'] },
  { name: 'guard a table anew', sql: `call ledger.guard('view.stories', '{}')`, refusedBy: ['42501'] },
  { name: 'read the key directory', sql: 'select key_hash from platform.key_hashes', refusedBy: ['42501'] },
  { name: 'read quotas', sql: 'select subject_id from platform.rate_leases', refusedBy: ['42501'] },
  { name: 'find keys without a hash', sql: `select * from platform.find_keys('{}')` },
  { name: 'find keys by the hash of nothing', sql: `select * from platform.find_keys(array[''::bytea, null])` },
  {
    name: 'present all hashes by a setting',
    sql: `set local app.key_hash = '0123456789abcdef'; select * from platform.find_keys('{}')`,
  },
  {
    name: 'read samples of the columns',
    sql: `select tablename, most_common_vals from pg_stats
           where schemaname in ('view', 'ledger', 'platform') and tablename <> 'migrations'`,
  },
  {
    name: 'read samples of combined columns',
    sql: `select tablename from pg_stats_ext where schemaname in ('view', 'ledger', 'platform')`,
  },
  {
    name: 'read as a tenant that is no id',
    sql: `set local app.tenant_id = 'a'' or true --'; select tenant_id from view.stories`,
    refusedBy: ['22P02'],
  },
];

/** Without a tenant: nothing of this may answer with a row, and what is refused is refused by its right code. */
export async function probeSessions(site: Site, isProbed: (name: string) => boolean = () => true): Promise<Finding[]> {
  await analyze(site.urls.adminUrl);
  const findings: Finding[] = [];
  for (const [role, connectionString] of [
    ['loopledger_app', site.urls.appUrl],
    ['loopledger_worker', site.urls.workerUrl],
  ] as const) {
    const client = new pg.Client({ connectionString });
    await client.connect();
    for (const attempt of attempts.filter(({ name }) => isProbed(name))) {
      const detail = await tryOne(client, attempt);
      if (detail !== null) findings.push({ check: 'session', object: attempt.name, detail: `${role}: ${detail}` });
    }
    await client.end();
  }
  return findings;
}

/** Samples of the columns exist only after this, and a door that was never opened proves nothing. */
async function analyze(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  await client.query('analyze');
  await client.end();
}

async function tryOne(client: pg.Client, { sql, refusedBy }: Attempt): Promise<string | null> {
  await client.query('begin');
  try {
    const results = [await client.query(sql)].flat() as pg.QueryResult[];
    if (refusedBy !== undefined) return 'was not refused';
    const rows = results.at(-1)?.rows.length ?? 0;
    return rows === 0 ? null : `${rows} rows`;
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    return refusedBy?.includes(code) === true ? null : `error ${code}`;
  } finally {
    await client.query('rollback');
  }
}
