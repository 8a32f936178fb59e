// The tables with a tenant as the catalogue knows them, and what stands in them.
import type pg from 'pg';
import { administer } from '../support/database.ts';

export interface TenantTable {
  readonly name: string;
  readonly key: readonly string[];
  /** Those that can be written: generated ones are left out. */
  readonly columns: readonly string[];
  readonly references: readonly Reference[];
}

export interface Reference {
  readonly name: string;
  readonly target: string;
  /** Without the tenant. */
  readonly own: readonly string[];
  readonly other: readonly string[];
}

const tableSql = `
  select format('%I.%I', n.nspname, c.relname) as name,
         (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
           where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
         (select array_agg(a.attname::text order by k.place)
            from pg_index i cross join unnest(i.indkey) with ordinality as k(num, place)
            join pg_attribute a on a.attrelid = c.oid and a.attnum = k.num
           where i.indrelid = c.oid and i.indisprimary) as key,
         coalesce((select json_agg(json_build_object(
             'name', f.conname, 'target', f.confrelid::regclass::text,
             'own', (select array_agg(a.attname order by k.place) from unnest(f.conkey) with ordinality as k(num, place)
                       join pg_attribute a on a.attrelid = c.oid and a.attnum = k.num where a.attname <> 'tenant_id'),
             'other', (select array_agg(a.attname order by k.place) from unnest(f.confkey) with ordinality as k(num, place)
                         join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.num where a.attname <> 'tenant_id')))
           from pg_constraint f where f.conrelid = c.oid and f.contype = 'f'), '[]') as references
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p') and not c.relispartition
     and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
     and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
   order by 1`;

export async function findTenantTables(admin: pg.ClientBase): Promise<TenantTable[]> {
  return (await admin.query<TenantTable>(tableSql)).rows;
}

/** One line per table and tenant: changes when anything of that tenant does. Only a superuser sees all. */
export async function fingerprint(admin: pg.ClientBase, tables: readonly TenantTable[]): Promise<Map<string, string>> {
  const parts = tables.map(
    ({ name }) =>
      `select '${name}' as name, tenant_id::text as tenant, md5(string_agg(t::text, '|' order by t::text)) as sum
         from ${name} t group by tenant_id`,
  );
  const { rows } = await admin.query<{ name: string; tenant: string; sum: string }>(parts.join(' union all '));
  return new Map(rows.map(({ name, tenant, sum }) => [`${tenant} ${name}`, sum]));
}

/** What two fingerprints differ in, for the tenants that `isWatched` picks. */
export function differences(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  isWatched: (tenant: string) => boolean,
): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => isWatched(name.slice(0, 36)) && before.get(name) !== after.get(name));
}

export async function fingerprintOf(adminUrl: string, tenantId: string): Promise<Record<string, string>> {
  let found = new Map<string, string>();
  await administer(adminUrl, async (client) => {
    found = await fingerprint(client, await findTenantTables(client));
  });
  return Object.fromEntries([...found].filter(([name]) => name.startsWith(tenantId)));
}
