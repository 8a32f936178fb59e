// What the catalogue must say of tables: tenant, keys, row security, policies, foreign keys, triggers.
import type { CatalogueCheck } from './catalogue.ts';

/** As the server prints it back. A policy that reads otherwise is an exception with a reason, or a mistake. */
const canonical = `(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)`;

export const ours = `n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'`;

const tables = `
  select c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, format('%s.%s', n.nspname, c.relname) as object,
         exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped) as has_tenant
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'f') and ${ours}`;

const policies = `
  select t.object, t.has_tenant, p.oid, p.polrelid, p.polname, p.polpermissive, p.polcmd, p.polroles,
         pg_get_expr(p.polqual, p.polrelid) as qual, pg_get_expr(p.polwithcheck, p.polrelid) as wcheck
    from pg_policy p join tables t on t.oid = p.polrelid`;

const keys = `
  select t.object, c.conname, c.confdeltype, c.confupdtype, f.has_tenant as target_has_tenant, c.convalidated,
         coalesce(to_jsonb(c) ->> 'conenforced', 'true') as enforced,
         exists (
           select from unnest(c.conkey, c.confkey) as pair(own, other)
             join pg_attribute a on a.attrelid = c.conrelid and a.attnum = pair.own
             join pg_attribute b on b.attrelid = c.confrelid and b.attnum = pair.other
            where a.attname = 'tenant_id' and b.attname = 'tenant_id'
         ) as carries_tenant
    from pg_constraint c join tables t on t.oid = c.conrelid join tables f on f.oid = c.confrelid
   where c.contype = 'f'`;

const head = `with tables as (${tables}), policies as (${policies}), keys as (${keys})`;

function check(name: string, select: string): CatalogueCheck {
  return { name, sql: `${head} ${select}` };
}

/** What the log's own triggers must be; an update, a delete or a truncate that none of them stops is a hole. */
const triggers = `(values
  ('ledger.events', 'events_append_only', 'BEFORE DELETE OR UPDATE', 'ROW EXECUTE FUNCTION ledger.refuse_change()'),
  ('ledger.events', 'events_no_truncate', 'BEFORE TRUNCATE', 'STATEMENT EXECUTE FUNCTION ledger.refuse_change()'),
  ('ledger.contents', 'contents_append_only', 'BEFORE UPDATE', 'ROW EXECUTE FUNCTION ledger.refuse_change()'),
  ('ledger.contents', 'contents_no_truncate', 'BEFORE TRUNCATE', 'STATEMENT EXECUTE FUNCTION ledger.refuse_change()'),
  ('platform.tenant_keys', 'tenant_keys_no_change', 'BEFORE DELETE OR UPDATE', 'ROW EXECUTE FUNCTION ledger.refuse_change()'),
  ('platform.tenant_keys', 'tenant_keys_no_truncate', 'BEFORE TRUNCATE', 'STATEMENT EXECUTE FUNCTION ledger.refuse_change()'),
  ('ledger.seals', 'seals_append_only', 'BEFORE DELETE OR UPDATE', 'ROW EXECUTE FUNCTION ledger.refuse_change()'),
  ('ledger.seals', 'seals_no_truncate', 'BEFORE TRUNCATE', 'STATEMENT EXECUTE FUNCTION ledger.refuse_change()'),
  ('ledger.checkpoints', 'checkpoints_append_only', 'BEFORE DELETE OR UPDATE', 'ROW EXECUTE FUNCTION ledger.refuse_change()'),
  ('ledger.checkpoints', 'checkpoints_no_truncate', 'BEFORE TRUNCATE', 'STATEMENT EXECUTE FUNCTION ledger.refuse_change()'),
  ('ledger.tiles', 'tiles_append_only', 'BEFORE DELETE OR UPDATE', 'ROW EXECUTE FUNCTION ledger.refuse_change()'),
  ('ledger.tiles', 'tiles_no_truncate', 'BEFORE TRUNCATE', 'STATEMENT EXECUTE FUNCTION ledger.refuse_change()'),
  ('ledger.heads', 'heads_no_delete', 'BEFORE DELETE', 'ROW EXECUTE FUNCTION ledger.refuse_change()'),
  ('ledger.heads', 'heads_no_truncate', 'BEFORE TRUNCATE', 'STATEMENT EXECUTE FUNCTION ledger.refuse_change()'),
  ('ledger.heads', 'heads_forward', 'BEFORE UPDATE', 'ROW EXECUTE FUNCTION ledger.refuse_rewind()')
)`;

const liveTriggers = `
  select t.object, g.tgname, g.tgenabled, g.tgisinternal, pg_get_triggerdef(g.oid) as text
    from pg_trigger g join tables t on t.oid = g.tgrelid`;

export const tableChecks: readonly CatalogueCheck[] = [
  check('table-tenant', `select object, 'has no tenant_id' as detail from tables where not has_tenant`),
  check(
    'table-tenant-column',
    `select t.object, format('tenant_id is %s%s', a.atttypid::regtype, case when a.attnotnull then '' else ', nullable' end) as detail
       from tables t join pg_attribute a on a.attrelid = t.oid and a.attname = 'tenant_id'
      where a.atttypid <> 'uuid'::regtype or not a.attnotnull`,
  ),
  check(
    'table-key',
    `select t.object, 'the primary key does not begin with tenant_id' as detail from tables t
      where t.has_tenant and not exists (
        select from pg_index i join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
         where i.indrelid = t.oid and i.indisprimary and a.attname = 'tenant_id')`,
  ),
  check(
    'table-rls',
    `select object, format('row security %s, forced %s', relrowsecurity, relforcerowsecurity) as detail from tables
      where not (relrowsecurity and relforcerowsecurity)`,
  ),
  check(
    'policy-restrictive',
    `select t.object, 'does not have exactly one restrictive policy for everybody and everything' as detail from tables t
      where t.has_tenant and (
        select count(*) filter (where p.polcmd = '*' and p.polroles = '{0}' and p.wcheck is not null) <> 1 or count(*) <> 1
          from policies p where p.polrelid = t.oid and not p.polpermissive)`,
  ),
  check(
    'policy-expression',
    `select format('%s/%s', p.object, p.polname) as object, concat_ws(' / ', p.qual, p.wcheck) as detail from policies p
      where case p.polcmd
              when 'a' then p.qual is not null or p.wcheck is distinct from '${canonical.replaceAll("'", "''")}'
              when 'r' then p.wcheck is not null or p.qual is distinct from '${canonical.replaceAll("'", "''")}'
              when 'd' then p.wcheck is not null or p.qual is distinct from '${canonical.replaceAll("'", "''")}'
              else p.wcheck is distinct from '${canonical.replaceAll("'", "''")}'
                or p.qual is distinct from '${canonical.replaceAll("'", "''")}'
            end`,
  ),
  check(
    'policy-true',
    `select format('%s/%s', object, polname) as object, 'lets every row through' as detail from policies
      where 'true' in (lower(qual), lower(wcheck))`,
  ),
  check(
    'policy-with-check',
    `select format('%s/%s', object, polname) as object, 'has no WITH CHECK of its own' as detail from policies
      where polcmd in ('a', 'w', '*') and wcheck is null`,
  ),
  check(
    'policy-roles',
    `select format('%s/%s', p.object, p.polname) as object, format('is for %s', coalesce(r.rolname, 'everybody')) as detail
       from policies p cross join unnest(p.polroles) as role(oid) left join pg_roles r on r.oid = role.oid
      where p.polpermissive
        and coalesce(r.rolname, '') not in ('loopledger_owner', 'loopledger_app', 'loopledger_worker')`,
  ),
  check(
    'policy-count',
    `select t.object, format('%s has %s permissive policies for %s', r.rolname, held.count, cmd.name) as detail
       from tables t
      cross join (select oid, rolname from pg_roles where rolname in ('loopledger_owner', 'loopledger_app', 'loopledger_worker')) r
      cross join (values ('r', 'select'), ('a', 'insert'), ('w', 'update'), ('d', 'delete')) as cmd(code, name)
      cross join lateral (
        select count(*) from policies p
         where p.polrelid = t.oid and p.polpermissive and p.polcmd::text in (cmd.code, '*')
           and (p.polroles = '{0}' or r.oid = any (p.polroles))) as held
      where t.relrowsecurity and case
              when r.rolname = 'loopledger_owner' then held.count > 1 or (cmd.code = 'r' and held.count = 0)
              when has_table_privilege(r.oid, t.oid, cmd.name) then held.count <> 1
              -- A policy without the right to use it opens nothing; one for writing has no business there.
              else held.count > 1 or (cmd.code <> 'r' and held.count > 0)
            end`,
  ),
  check(
    'policy-log',
    `select format('%s/%s', p.object, p.polname) as object, 'opens a change that the log must never see' as detail from policies p
      where p.polpermissive and (
        (p.object in ('ledger.events', 'ledger.contents') and p.polcmd not in ('r', 'a'))
        or (p.object = 'ledger.heads' and p.polcmd not in ('r', 'a', 'w')))`,
  ),
  check(
    'key-tenant',
    `select format('%s/%s', object, conname) as object, 'does not carry the tenant' as detail from keys where not carries_tenant`,
  ),
  check(
    'key-action',
    `select format('%s/%s', object, conname) as object, format('acts on delete %s, on update %s', confdeltype, confupdtype) as detail
       from keys where confdeltype not in ('a', 'r') or confupdtype not in ('a', 'r')`,
  ),
  check(
    'key-enforced',
    `select format('%s/%s', object, conname) as object, 'is not enforced' as detail from keys
      where not convalidated or enforced <> 'true'`,
  ),
  check(
    'unique-tenant',
    `select format('%s/%s', t.object, c.relname) as object, 'does not lead with tenant_id' as detail
       from pg_index i join tables t on t.oid = i.indrelid join pg_class c on c.oid = i.indexrelid
       left join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
      where (i.indisunique or i.indisexclusion) and t.has_tenant and a.attname is distinct from 'tenant_id'`,
  ),
  check(
    'trigger-missing',
    `select format('%s/%s', wanted.object, wanted.name) as object, 'is not there, or does something else' as detail
       from ${triggers} as wanted(object, name, moment, act)
      where not exists (
        select from (${liveTriggers}) g
         where g.object = wanted.object and g.tgname = wanted.name and g.tgenabled in ('O', 'A')
           and g.text = format('CREATE TRIGGER %s %s ON %s FOR EACH %s', wanted.name, wanted.moment, wanted.object, wanted.act))`,
  ),
  check(
    'trigger-disabled',
    `select format('%s/%s', object, tgname) as object, format('enabled: %s', tgenabled) as detail from (${liveTriggers}) g
      where tgenabled not in ('O', 'A')`,
  ),
  check(
    'trigger-unknown',
    `select format('%s/%s', g.object, g.tgname) as object, g.text as detail from (${liveTriggers}) g
      where not g.tgisinternal
        and not exists (select from ${triggers} as wanted(object, name) where wanted.object = g.object and wanted.name = g.tgname)`,
  ),
  check(
    'rule-unknown',
    `select format('%s/%s', format('%s.%s', n.nspname, c.relname), r.rulename) as object, 'rewrites statements' as detail
       from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
      where ${ours} and not (c.relkind in ('v', 'm') and r.rulename = '_RETURN')`,
  ),
];
