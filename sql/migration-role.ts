// The roles of the database and what they may do to it as a whole. They belong to the cluster, not to one database,
// so two databases that are migrated at once meet here: every step is safe to repeat.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type pg from 'pg';
import { defineRefusals } from '../kernel/refusal.ts';

export const ownerRole = 'loopledger_owner';
export const appRole = 'loopledger_app';
export const workerRole = 'loopledger_worker';

const { refuse: refuseRole } = defineRefusals({
  role_unsafe: {
    kind: 'rejected',
    title: 'A role of the server has rights that it must not have',
    remedy: 'Take the attribute away as a superuser, or drop the role and migrate again.',
  },
  migration_role_weak: {
    kind: 'rejected',
    title: 'The migrating role may not set up the database',
    remedy: 'Migrate as a superuser, or as the owner of the database with CREATEROLE.',
  },
});

interface RoleRow {
  readonly rolname: string;
  readonly rolcanlogin: boolean;
  readonly excess: readonly string[];
  readonly rolconfig: readonly string[] | null;
}

/** A session of the server reads times in UTC and finds nothing that is not schema-qualified. */
const sessionSettings: readonly (readonly [name: string, value: string])[] = [
  ['TimeZone', 'UTC'],
  ['DateStyle', 'ISO, YMD'],
  ['search_path', 'pg_catalog'],
  ['idle_in_transaction_session_timeout', '60s'],
];

export async function ensureRoles(client: pg.Client): Promise<void> {
  await assertCapable(client);
  await ensureRole(client, ownerRole, false);
  await ensureRole(client, appRole, true);
  await ensureRole(client, workerRole, true);
  await ensureOwnership(client);
}

/** Found out first, so that the sentence speaks of the role and not of the statement that happened to fail. */
async function assertCapable(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string; role: string; owns: boolean; makes_roles: boolean }>(
    `select d.datname as name, r.rolname as role,
            pg_catalog.pg_has_role(r.oid, d.datdba, 'USAGE') as owns,
            r.rolsuper or r.rolcreaterole
              or (select count(*) = 3 from pg_catalog.pg_roles o where o.rolname = any($1)) as makes_roles
       from pg_catalog.pg_database d, pg_catalog.pg_roles r
      where d.datname = current_database() and r.rolname = current_user`,
    [[ownerRole, appRole, workerRole]],
  );
  const [found] = rows;
  if (found?.owns !== true) {
    const sentence = `The role ${found?.role} is neither a superuser nor the owner of the database ${found?.name}.`;
    throw refuseRole('migration_role_weak', sentence);
  }
  if (!found.makes_roles) {
    const sentence = `The roles of the server are missing, and the role ${found.role} has no CREATEROLE to make them.`;
    throw refuseRole('migration_role_weak', sentence);
  }
}

async function ensureRole(client: pg.Client, name: string, login: boolean): Promise<void> {
  const found = (await readRole(client, name)) ?? (await createRole(client, name, login));
  if (found.excess.length > 0 || found.rolcanlogin !== login) {
    const excess = found.rolcanlogin && !login ? [...found.excess, 'LOGIN'] : found.excess;
    const fault = excess.length > 0 ? `has ${excess.join(', ')}` : 'may not log in';
    throw refuseRole('role_unsafe', `The role ${name} exists already and ${fault}, which this server does not accept.`);
  }
  if (!login) return;
  const present = new Set(found.rolconfig);
  for (const [setting, value] of sessionSettings) {
    if (present.has(`${setting}=${value}`)) continue;
    await client.query(`alter role ${name} set ${setting} = ${setting === 'search_path' ? value : `'${value}'`}`);
  }
}

async function readRole(client: pg.Client, name: string): Promise<RoleRow | undefined> {
  const { rows } = await client.query<RoleRow>(
    `select r.rolname, r.rolcanlogin, r.rolconfig,
            array_remove(array[
              case when r.rolsuper then 'SUPERUSER' end, case when r.rolbypassrls then 'BYPASSRLS' end,
              case when r.rolcreatedb then 'CREATEDB' end, case when r.rolcreaterole then 'CREATEROLE' end,
              case when r.rolreplication then 'REPLICATION' end, case when r.rolinherit then 'INHERIT' end
            ], null) as excess
       from pg_catalog.pg_roles r where r.rolname = $1`,
    [name],
  );
  return rows[0];
}

async function createRole(client: pg.Client, name: string, login: boolean): Promise<RoleRow> {
  await client.query(
    `create role ${name} ${login ? 'login' : 'nologin'}
       nosuperuser nobypassrls nocreatedb nocreaterole noreplication noinherit`,
  );
  return { rolname: name, rolcanlogin: login, excess: [], rolconfig: null };
}

/** From PostgreSQL 16 on, having created a role does not yet mean that one may act as it. */
async function ensureOwnership(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ able: boolean }>(
    `select pg_catalog.pg_has_role(current_user, $1,
              case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end) as able`,
    [ownerRole],
  );
  if (rows[0]?.able !== true) await client.query(`grant ${ownerRole} to current_user`);
}

/** CONNECT and nothing else for the server's roles. A clone of a database does not inherit this, so it is set by itself. */
export async function restrictDatabase(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>('select quote_ident(current_database()) as name');
  await restrictConnections(client, rows[0]?.name as string);
  await client.query(`revoke all on schema public from public, ${appRole}, ${workerRole}`);
}

/** A clone of a database has the rights on its template's schemas, but not those on the template itself. */
export async function restrictConnections(client: pg.Client, name: string): Promise<void> {
  await client.query(`revoke all on database ${name} from public, ${appRole}, ${workerRole}`);
  await client.query(`grant connect on database ${name} to ${appRole}, ${workerRole}`);
  await client.query(`grant connect, create on database ${name} to ${ownerRole}`);
}

export async function setPassword(client: pg.Client, role: string, password: string): Promise<void> {
  await client.query(`alter role ${role} password '${scramVerifier(password)}'`);
}

/** Made here so that the password itself reaches neither the wire nor a statement log. */
function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const iterations = 4096;
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256');
  const keyOf = (label: string): Buffer => createHmac('sha256', salted).update(label).digest();
  const storedKey = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${keyOf('Server Key').toString('base64')}`;
}
