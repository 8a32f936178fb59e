// Attacks on rows, table by table: read, insert, move, upsert, change, remove and point at what belongs to another tenant,
// as each role and under each context. Everything is tried in a transaction that is rolled back.
import pg from 'pg';
import type { Finding } from './finding.ts';
import type { Site } from './site.ts';
import { findTenantTables, type TenantTable } from './tenant-tables.ts';

const nil = '00000000-0000-0000-0000-000000000000';
const refused = new Set(['42501', '23001']);
const kept = new Set([
  'ledger.heads',
  'ledger.events',
  'ledger.contents',
  'ledger.seals',
  'ledger.checkpoints',
  'ledger.tiles',
  'platform.tenant_keys',
]);

interface Attacker {
  readonly role: string;
  readonly client: pg.Client;
  /** The owner's functions write; the application and the worker only read. */
  readonly isOwner: boolean;
}

interface Context {
  readonly name: string;
  readonly tenant: string | null;
}

interface Target {
  readonly table: TenantTable;
  /** A row of B, as JSON. */
  readonly row: string;
  readonly ofA: number;
}

type Outcome = { readonly code: string } | { readonly code: null; readonly count: number; readonly foreign: number };

/** All tables with a tenant, or those that `isProbed` picks. */
export async function probeRows(site: Site, isProbed: (name: string) => boolean = () => true): Promise<Finding[]> {
  const admin = await connect(site.urls.adminUrl);
  const owner = await connect(site.urls.adminUrl);
  await owner.query('set role loopledger_owner');
  const attackers: readonly Attacker[] = [
    { role: 'loopledger_owner', client: owner, isOwner: true },
    { role: 'loopledger_app', client: await connect(site.urls.appUrl), isOwner: false },
    { role: 'loopledger_worker', client: await connect(site.urls.workerUrl), isOwner: false },
  ];
  const findings: Finding[] = [];
  try {
    for (const table of (await findTenantTables(admin)).filter(({ name }) => isProbed(name))) {
      const target = await aim(admin, site, table);
      findings.push(...(await probeTable({ admin, owner, attackers }, site, table, target)));
    }
  } finally {
    await Promise.all([admin, ...attackers.map(({ client }) => client)].map((client) => client.end()));
  }
  return findings;
}

interface Party {
  readonly admin: pg.Client;
  readonly owner: pg.Client;
  readonly attackers: readonly Attacker[];
}

async function probeTable(party: Party, site: Site, table: TenantTable, target: Target | null): Promise<Finding[]> {
  if (target === null) return [{ check: 'site-empty', object: table.name, detail: 'holds no row of both tenants' }];
  const findings: Finding[] = [];
  for (const attacker of party.attackers) findings.push(...(await attack(attacker, site, target)));
  return [...findings, ...(await pointAcross(party, site, target))];
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}

async function aim(admin: pg.Client, site: Site, table: TenantTable): Promise<Target | null> {
  const { rows } = await admin.query<{ row: string | null; own: number }>(
    `select (select row_to_json(t)::text from ${table.name} t where tenant_id = $2 order by t::text limit 1) as row,
            (select count(*)::int from ${table.name} where tenant_id = $1) as own`,
    [site.a, site.b],
  );
  const { row, own } = rows[0] as { row: string | null; own: number };
  return row === null || own === 0 ? null : { table, row, ofA: own };
}

/** On a connection that is fresh, and again on the same one after other tenants have used it. */
async function attack(attacker: Attacker, site: Site, target: Target): Promise<Finding[]> {
  const contexts: readonly Context[] = [
    { name: 'no tenant', tenant: null },
    { name: 'tenant A', tenant: site.a },
    { name: 'an empty tenant', tenant: '' },
    { name: 'the nil tenant', tenant: nil },
    { name: 'no tenant, after others', tenant: null },
  ];
  const findings: Finding[] = [];
  for (const context of contexts) {
    const faults = [
      ...(await readAll(attacker, context, site, target)),
      ...(await writeAll(attacker, context, site, target)),
    ];
    for (const { check, detail } of faults) {
      findings.push({ check, object: target.table.name, detail: `${attacker.role} with ${context.name}: ${detail}` });
    }
  }
  return findings;
}

interface Fault {
  readonly check: string;
  readonly detail: string;
}

async function readAll(attacker: Attacker, context: Context, site: Site, { table, ofA }: Target): Promise<Fault[]> {
  const outcome = await attempt(attacker.client, context, `select tenant_id from ${table.name}`);
  // Tables that the application has no business with refuse to be read at all.
  if (outcome.code !== null) {
    return !attacker.isOwner && outcome.code === '42501'
      ? []
      : [{ check: 'row-read', detail: `error ${outcome.code}` }];
  }
  if (outcome.foreign > 0) return [{ check: 'row-read', detail: `sees ${outcome.foreign} rows of others` }];
  const wanted = context.tenant === site.a ? ofA : 0;
  return outcome.count === wanted
    ? []
    : [{ check: 'row-own', detail: `sees ${outcome.count} rows instead of ${wanted}` }];
}

async function writeAll(
  { client, isOwner }: Attacker,
  context: Context,
  site: Site,
  { table, row }: Target,
): Promise<Fault[]> {
  const columns = table.columns.join(', ');
  const insert = `insert into ${table.name} (${columns}) select ${columns} from json_populate_record(null::${table.name}, $1)`;
  const others = table.columns.filter((column) => !table.key.includes(column));
  const changes = others.map((column) => `${column} = excluded.${column}`).join(', ');
  const acts: readonly { check: string; sql: string; values: readonly string[] }[] = [
    { check: 'row-insert', sql: insert, values: [row] },
    {
      check: 'row-upsert',
      sql: `${insert} on conflict (${table.key.join(', ')}) do update set ${changes}`,
      values: [row],
    },
    { check: 'row-insert', sql: `${insert} on conflict do nothing`, values: [row] },
    { check: 'row-move', sql: `update ${table.name} set tenant_id = $1`, values: [site.b] },
    {
      check: 'row-change',
      sql: `update ${table.name} set tenant_id = tenant_id where tenant_id = $1`,
      values: [site.b],
    },
    { check: 'row-remove', sql: `delete from ${table.name} where tenant_id = $1`, values: [site.b] },
    { check: 'row-truncate', sql: `truncate ${table.name} cascade`, values: [] },
  ];
  const faults: Fault[] = [];
  for (const { check, sql, values } of acts) {
    // An owner may empty its tables, and row security has no say in it: only triggers keep what must stay.
    if (check === 'row-truncate' && isOwner && !kept.has(table.name)) continue;
    const outcome = await attempt(client, context, sql, values);
    if (outcome.code === null ? outcome.count > 0 || check === 'row-truncate' : !refused.has(outcome.code)) {
      faults.push({ check, detail: outcome.code === null ? `wrote ${outcome.count} rows` : `error ${outcome.code}` });
    }
  }
  return faults;
}

/** Under A, a row of A that points at an object of B: the key must say that there is no such object. */
async function pointAcross({ admin, owner }: Party, site: Site, { table }: Target): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, target, own, other } of table.references) {
    const { rows } = await admin.query<Record<string, string>>(
      `select ${other.map((column) => `o.${column}::text`).join(', ')} from ${target} o
        where o.tenant_id = $1 and not exists (
          select from ${target} m where m.tenant_id = $2 and ${other.map((c) => `m.${c} = o.${c}`).join(' and ')}) limit 1`,
      [site.b, site.a],
    );
    const object = `${table.name}/${name}`;
    if (rows[0] === undefined) {
      findings.push({ check: 'site-empty', object, detail: 'B has nothing of its own to point at' });
      continue;
    }
    const set = own.map((column, at) => `${column} = $${at + 1}`).join(', ');
    const update = `update ${table.name} set ${set} where ctid = (select ctid from ${table.name} limit 1)`;
    const values = other.map((column) => (rows[0] as Record<string, string>)[column] as string);
    const outcome = await attempt(owner, { name: '', tenant: site.a }, update, values);
    // A check of the row itself is asked before the key is.
    if (['23503', '23001', '23514'].includes(outcome.code ?? '')) continue;
    if (outcome.code === null && outcome.count === 0) continue;
    findings.push({ check: 'row-reference', object, detail: `points across: ${JSON.stringify(outcome)}` });
  }
  return findings;
}

/** One round trip, unless it is refused: there are thousands of these. */
async function attempt(
  client: pg.Client,
  context: Context,
  sql: string,
  values: readonly string[] = [],
): Promise<Outcome> {
  const enter = context.tenant === null ? '' : `select set_config('app.tenant_id', ${quote(context.tenant)}, true);`;
  const act = sql.replaceAll(/\$(\d)/g, (_, place: string) => quote(values[Number(place) - 1] as string));
  try {
    const results = [await client.query(`begin; ${enter} ${act}; rollback`)].flat() as pg.QueryResult[];
    const { rows, rowCount } = results.at(-2) as pg.QueryResult<{ tenant_id: string }>;
    const foreign = rows.filter(({ tenant_id }) => tenant_id !== context.tenant).length;
    return { code: null, count: rowCount ?? 0, foreign };
  } catch (error) {
    await client.query('rollback');
    return { code: String((error as { code?: unknown }).code) };
  }
}

function quote(text: string): string {
  return pg.escapeLiteral(text);
}
