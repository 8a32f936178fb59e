// The schema as the database holds it after all migrations, as text that is the same on every supported version.
import type pg from 'pg';

const ours = "('ledger', 'view', 'platform', 'queue')";

/** One statement for each object; `line` is what is printed, in the order of the catalogue query. */
const sections: readonly (readonly [title: string, query: string])[] = [
  [
    'schemas',
    `select format('create schema %I authorization %I;', nspname, pg_get_userbyid(nspowner)) as line
       from pg_namespace where nspname in ${ours} order by nspname`,
  ],
  [
    'types',
    `select format('create type %s as enum (%s);', t.oid::regtype,
                  (select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)
                     from pg_enum e where e.enumtypid = t.oid)) as line
       from pg_type t join pg_namespace n on n.oid = t.typnamespace
      where n.nspname in ${ours} and t.typtype = 'e' order by 1`,
  ],
  [
    'sequences',
    `select format('create sequence %s;', c.oid::regclass) as line
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ${ours} and c.relkind = 'S' order by 1`,
  ],
  [
    'tables',
    `select format(E'create table %s (\\n%s\\n)%s;', c.oid::regclass, columns.text,
                  coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', ''))
            || case when c.relrowsecurity then format(E'\\nalter table %s enable row level security;', c.oid::regclass) else '' end
            || case when c.relforcerowsecurity then format(E'\\nalter table %s force row level security;', c.oid::regclass) else '' end
            || coalesce(constraints.text, '') as line
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
       cross join lateral (
         select string_agg(format('  %I %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
                  case when a.attnotnull then ' not null' else '' end,
                  case when d.oid is null then ''
                       when a.attgenerated = 's' then format(' generated always as (%s) stored', pg_get_expr(d.adbin, d.adrelid))
                       else ' default ' || pg_get_expr(d.adbin, d.adrelid) end,
                  case when a.attstorage <> t.typstorage then ' storage ' || a.attstorage::text else '' end),
                  E',\\n' order by a.attnum) as text
           from pg_attribute a
           join pg_type t on t.oid = a.atttypid
           left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       ) columns
       left join lateral (
         select string_agg(format(E'\\nalter table %s add constraint %I %s;', c.oid::regclass, k.conname,
                  pg_get_constraintdef(k.oid)), '' order by k.contype, k.conname) as text
           from pg_constraint k where k.conrelid = c.oid and k.contype in ('p', 'u', 'c', 'f', 'x')
       ) constraints on true
      where n.nspname in ${ours} and c.relkind in ('r', 'p') order by c.oid::regclass::text`,
  ],
  [
    'indexes',
    `select pg_get_indexdef(i.indexrelid) || ';' as line
       from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ${ours} and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
      order by i.indexrelid::regclass::text`,
  ],
  [
    'views',
    `select format(E'create view %s%s as\\n%s', c.oid::regclass,
                  coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', ''), pg_get_viewdef(c.oid)) as line
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ${ours} and c.relkind in ('v', 'm') order by c.oid::regclass::text`,
  ],
  [
    'policies',
    `select format('create policy %I on %I.%I as %s for %s to %s', policyname, schemaname, tablename, lower(permissive),
                  lower(cmd), array_to_string(roles, ', '))
            || coalesce(' using (' || qual || ')', '') || coalesce(' with check (' || with_check || ')', '') || ';' as line
       from pg_policies where schemaname in ${ours} order by schemaname, tablename, policyname`,
  ],
  [
    'triggers',
    `select pg_get_triggerdef(t.oid) || ';' as line
       from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ${ours} and not t.tgisinternal order by c.oid::regclass::text, t.tgname`,
  ],
  [
    'functions',
    `select case when p.prokind = 'a'
                 then format('create aggregate %s (sfunc = %s, stype = %s);', p.oid::regprocedure,
                             g.aggtransfn::regproc, g.aggtranstype::regtype)
                 else rtrim(pg_get_functiondef(p.oid), E'\\n') || ';' end as line
       from pg_proc p join pg_namespace n on n.oid = p.pronamespace left join pg_aggregate g on g.aggfnoid = p.oid
      where n.nspname in ${ours} order by p.oid::regprocedure::text`,
  ],
  [
    'rights',
    `select format('grant %s on %s to %s;', string_agg(lower(g.privilege_type), ', ' order by g.privilege_type),
                  g.object, replace(g.grantee, '-', 'public')) as line
       from (
         select 'schema ' || quote_ident(n.nspname) as object, a.privilege_type, a.grantee::regrole::text as grantee, n.nspowner as owner, a.grantee as grantee_oid
           from pg_namespace n, aclexplode(n.nspacl) a where n.nspname in ${ours}
         union all
         select case c.relkind when 'S' then 'sequence ' else 'table ' end || c.oid::regclass, a.privilege_type,
                a.grantee::regrole::text, c.relowner, a.grantee
           from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a
          where n.nspname in ${ours}
         union all
         select 'table ' || c.oid::regclass || ' (' || quote_ident(t.attname) || ')', a.privilege_type,
                a.grantee::regrole::text, c.relowner, a.grantee
           from pg_attribute t join pg_class c on c.oid = t.attrelid join pg_namespace n on n.oid = c.relnamespace,
                aclexplode(t.attacl) a
          where n.nspname in ${ours}
         union all
         select 'function ' || p.oid::regprocedure, a.privilege_type, a.grantee::regrole::text, p.proowner, a.grantee
           from pg_proc p join pg_namespace n on n.oid = p.pronamespace,
                aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
          where n.nspname in ${ours}
       ) g where g.grantee_oid <> g.owner group by g.object, g.grantee order by g.object, g.grantee`,
  ],
];

export async function dumpSchema(client: pg.Client): Promise<string> {
  // Names are printed with their schema only when no search path makes them short.
  await client.query("set search_path = ''");
  const parts: string[] = [
    '-- What the migrations, functions and policies add up to. Written by npm run schema; never edited.\n',
  ];
  for (const [title, query] of sections) {
    const { rows } = await client.query<{ line: string }>(query);
    if (rows.length > 0) parts.push(`-- ${title}\n\n${rows.map((row) => row.line).join('\n\n')}\n`);
  }
  return parts.join('\n');
}
