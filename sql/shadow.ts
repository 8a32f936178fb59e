// Shadows of view tables: temporary tables of the same shape, written by the very functions that write the live ones.
import type { Session } from './session.ts';
import { readShape, type TableShape } from './table-shape.ts';

export interface Difference {
  readonly table: string;
  /** The primary key of the row, without the tenant. */
  readonly key: string;
  /** `missing`, `extra`, or the columns that differ. */
  readonly what: string;
}

interface ShadowTable extends TableShape {
  readonly shadow: string;
}

interface ProjectFunction {
  readonly view: string;
  readonly name: string;
  readonly source: string;
}

export interface Shadow {
  /** Rows of one tenant, as JSON texts, as the commit would have written them; `t` of a row counts the times from 1. */
  write(view: string, tenantId: string, round: { rows: readonly string[]; times: readonly string[] }): Promise<void>;
  empty(): Promise<void>;
  /** Every row of the tenant in which live and shadow differ. */
  compare(tenantId: string): Promise<Difference[]>;
  /** Makes the live rows of the tenant what the shadow's are, and answers how many changed. */
  swap(tenantId: string): Promise<number>;
}

export async function createShadow(session: Session, views: readonly string[]): Promise<Shadow> {
  const functions = await findFunctions(session, views);
  const tables: ShadowTable[] = [];
  for (const name of new Set(functions.flatMap(tablesOf))) {
    tables.push({ ...(await readShape(session, name)), shadow: `pg_temp.${name.replace('.', '_')}` });
  }
  await session.asAdmin(async () => {
    await session.query('discard temporary');
    for (const table of tables) await createTable(session, table);
    for (const one of functions) await createFunction(session, one, tables);
  });
  return {
    async write(view, tenantId, { rows, times }) {
      if (rows.length === 0) return;
      const values = [`[${rows.join(',')}]`, times.map(() => tenantId), times];
      await session.query(`select pg_temp.project_${view}($1::json, $2::uuid[], $3::timestamptz[])`, values);
    },
    async empty() {
      for (const { shadow } of tables) await session.query(`truncate ${shadow}`);
    },
    async compare(tenantId) {
      const found: Difference[] = [];
      for (const table of tables) found.push(...(await compareTable(session, table, tenantId)));
      return found;
    },
    async swap(tenantId) {
      let changed = 0;
      // Rows that refer to others go before them and come after them.
      for (const table of tables.toReversed()) changed += await remove(session, table, tenantId);
      for (const table of tables) changed += await change(session, table, tenantId);
      for (const table of tables) changed += await add(session, table, tenantId);
      return changed;
    },
  };
}

/** By the list in ledger.project, which is where the commit finds them. */
async function findFunctions(session: Session, views: readonly string[]): Promise<ProjectFunction[]> {
  const sources = await session.query<{ name: string; source: string }>(
    `select n.nspname || '.' || p.proname as name, p.prosrc as source
       from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('ledger', 'view', 'platform')`,
  );
  const sourceOf = new Map(sources.map(({ name, source }) => [name, source]));
  const listed = [...(sourceOf.get('ledger.project') ?? '').matchAll(/when '(\w+)' then perform ([\w.]+)\(/g)];
  const nameOf = new Map(listed.map(([, view = '', name = '']) => [view, name]));
  return views.map((view) => {
    const name = nameOf.get(view) ?? '';
    const source = sourceOf.get(name);
    if (source === undefined) throw new Error(`ledger.project does not know the view ${view}`);
    return { view, name, source };
  });
}

function tablesOf({ source }: ProjectFunction): string[] {
  const written = source.matchAll(/\b(?:insert into|update|delete from)\s+((?:view|platform)\.\w+)/g);
  return [...written].map((match) => match[1] as string);
}

/** Without foreign keys and without unique indexes but the key: streams are replayed one after the other. */
async function createTable(session: Session, { name, shadow, key }: ShadowTable): Promise<void> {
  const table = shadow.replace('pg_temp.', '');
  await session.query(
    `create temporary table ${table} (like ${name} including defaults including generated including storage)`,
  );
  await session.query(`alter table ${shadow} add primary key (${key.join(', ')})`);
  await session.query(`grant all on ${shadow} to loopledger_owner`);
}

async function createFunction(session: Session, one: ProjectFunction, tables: readonly ShadowTable[]): Promise<void> {
  let { source } = one;
  for (const { name, shadow } of tables) source = source.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), shadow);
  const head = `pg_temp.project_${one.view}(p_rows json, p_tenants uuid[], p_times timestamptz[])`;
  await session.query(
    `create function ${head} returns void language plpgsql set search_path = pg_catalog as $shadow$${source}$shadow$`,
  );
  await session.query(`grant execute on function pg_temp.project_${one.view} to loopledger_owner`);
}

function joined({ key }: ShadowTable): string {
  return key.map((column) => `live.${column} = shadow.${column}`).join(' and ');
}

/** JSON has no equality of its own, and the order of its members says nothing. */
function differs({ columns }: ShadowTable): string[] {
  return columns.map(({ name, type }) => {
    const cast = type === 'json' ? '::jsonb' : '';
    return `live.${name}${cast} is distinct from shadow.${name}${cast}`;
  });
}

async function compareTable(session: Session, table: ShadowTable, tenantId: string): Promise<Difference[]> {
  const key = table.key.filter((column) => column !== 'tenant_id' || table.key.length === 1);
  const names = table.columns.map(({ name }, at) => `case when ${differs(table)[at]} then '${name}' end`);
  return session.query<Difference & Record<string, unknown>>(
    `select '${table.name}' as table,
            concat_ws('/', ${key.map((column) => `coalesce(live.${column}, shadow.${column})::text`).join(', ')}) as key,
            case when live.tenant_id is null then 'missing' when shadow.tenant_id is null then 'extra'
                 else concat_ws(', ', ${names.join(', ')}) end as what
       from (select * from ${table.name} where tenant_id = $1) live
       full join ${table.shadow} shadow on ${joined(table)}
      where live.tenant_id is null or shadow.tenant_id is null or ${differs(table).join(' or ')}
      order by 2`,
    [tenantId],
  );
}

async function remove(session: Session, table: ShadowTable, tenantId: string): Promise<number> {
  const rows = `from ${table.name} live where live.tenant_id = $1
    and not exists (select from ${table.shadow} shadow where ${joined(table)})`;
  return act(session, table, { command: 'delete', rows, text: `delete ${rows}` }, tenantId);
}

async function change(session: Session, table: ShadowTable, tenantId: string): Promise<number> {
  const changed = table.columns.filter(({ name, generated }) => !generated && !table.key.includes(name));
  if (changed.length === 0) return 0;
  const condition = `live.tenant_id = $1 and ${joined(table)} and (${differs(table).join(' or ')})`;
  const rows = `from ${table.name} live, ${table.shadow} shadow where ${condition}`;
  const values = changed.map(({ name }) => `${name} = shadow.${name}`).join(', ');
  const text = `update ${table.name} live set ${values} from ${table.shadow} shadow where ${condition}`;
  return act(session, table, { command: 'update', rows, text }, tenantId);
}

async function add(session: Session, table: ShadowTable, tenantId: string): Promise<number> {
  const columns = table.columns.filter(({ generated }) => !generated).map(({ name }) => name);
  const rows = `from ${table.shadow} shadow where shadow.tenant_id = $1
    and not exists (select from ${table.name} live where live.tenant_id = $1 and ${joined(table)})`;
  const text = `insert into ${table.name} (${columns.join(', ')}) select ${columns.map((name) => `shadow.${name}`).join(', ')} ${rows}`;
  return act(session, table, { command: 'insert', rows, text }, tenantId);
}

interface Act {
  readonly command: 'insert' | 'update' | 'delete';
  readonly rows: string;
  readonly text: string;
}

/**
 * The owner's policies allow what the commit does and no more. What a repair needs beyond that is allowed for the moment
 * of the repair: the policy is made and dropped in its transaction, and nobody else ever sees it.
 */
async function act(
  session: Session,
  table: ShadowTable,
  { command, rows, text }: Act,
  tenantId: string,
): Promise<number> {
  const [found] = await session.query<{ count: string }>(`select count(*) as count ${rows}`, [tenantId]);
  const count = Number(found?.count ?? 0);
  if (count === 0) return 0;
  const allowed = table.ownerMay.includes(command);
  const own = `tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid`;
  const clause = command === 'insert' ? `with check (${own})` : `using (${own})`;
  if (!allowed)
    await session.query(`create policy repairing on ${table.name} for ${command} to loopledger_owner ${clause}`);
  await session.query(text, [tenantId]);
  if (!allowed) await session.query(`drop policy repairing on ${table.name}`);
  return count;
}
