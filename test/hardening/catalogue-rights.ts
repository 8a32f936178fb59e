// What the catalogue must say of roles, grants, functions and everything else that could open a side door.
import type { CatalogueCheck } from './catalogue.ts';
import { ours } from './catalogue-tables.ts';

const roles = `array['loopledger_app', 'loopledger_worker']`;
/** Name of a grantee; everybody is the one without. */
const grantees = `
  select 0::oid as oid, 'everybody' as rolname union all select oid, rolname from pg_roles where rolname = any (${roles})`;

const functions = `
  select p.oid, p.proowner, p.prosecdef, p.proleakproof, p.proconfig, p.proacl, l.lanname,
         format('%s.%s(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)) as object
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
   where ${ours}`;

function check(name: string, sql: string): CatalogueCheck {
  return { name, sql };
}

const roleChecks: readonly CatalogueCheck[] = [
  check(
    'role-attribute',
    `select rolname as object, concat_ws(', ', case when rolsuper then 'superuser' end, case when rolbypassrls then 'bypassrls' end,
              case when rolcreatedb then 'createdb' end, case when rolcreaterole then 'createrole' end,
              case when rolreplication then 'replication' end, case when rolinherit then 'inherit' end,
              case when rolcanlogin then 'login' end) as detail
       from pg_roles
      where rolname in ('loopledger_owner', 'loopledger_app', 'loopledger_worker')
        and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication or rolinherit
             or rolcanlogin = (rolname = 'loopledger_owner'))`,
  ),
  check(
    'role-member',
    `select m.rolname as object, format('is a member of %s', r.rolname) as detail
       from pg_auth_members a join pg_roles m on m.oid = a.member join pg_roles r on r.oid = a.roleid
      where m.rolname in ('loopledger_owner', 'loopledger_app', 'loopledger_worker')`,
  ),
  check(
    'role-owns',
    `select r.rolname as object, format('owns %s', pg_describe_object(d.classid, d.objid, d.objsubid)) as detail
       from pg_shdepend d join pg_roles r on r.oid = d.refobjid
      where d.deptype = 'o' and r.rolname = any (${roles})
        and d.dbid in (0, (select oid from pg_database where datname = current_database()))`,
  ),
  check(
    'role-setting',
    `select coalesce(r.rolname, 'everybody') as object, setting as detail
       from pg_db_role_setting s cross join unnest(s.setconfig) as setting left join pg_roles r on r.oid = s.setrole
      where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
        and (r.rolname is null or r.rolname in ('loopledger_owner', 'loopledger_app', 'loopledger_worker'))
        and setting not in ('TimeZone=UTC', 'DateStyle=ISO, YMD', 'search_path=pg_catalog', 'idle_in_transaction_session_timeout=60s')`,
  ),
  check(
    'role-search-path',
    `select rolname as object, 'looks for names elsewhere than in pg_catalog' as detail from pg_roles
      where rolname = any (${roles}) and not coalesce('search_path=pg_catalog' = any (rolconfig), false)`,
  ),
];

const grantChecks: readonly CatalogueCheck[] = [
  check(
    'grant-database',
    `select role as object, format('may %s in the database', privilege) as detail
       from unnest(${roles}) as role cross join (values ('create'), ('temporary')) as p(privilege)
      where has_database_privilege(role, current_database(), privilege)`,
  ),
  check(
    'grant-schema',
    `select n.nspname as object, format('%s has %s', role, privilege) as detail
       from pg_namespace n cross join unnest(${roles}) as role cross join (values ('create'), ('usage')) as p(privilege)
      where ${ours} and has_schema_privilege(role, n.oid, privilege)
        and not (privilege = 'usage' and n.nspname in ('ledger', 'view', 'platform'))`,
  ),
  check(
    'grant-relation',
    `select format('%s.%s', n.nspname, c.relname) as object,
            format('%s has %s%s', g.rolname, a.privilege_type, case when a.is_grantable then ' and may hand it on' else '' end) as detail
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      cross join lateral aclexplode(c.relacl) a join (${grantees}) g on g.oid = a.grantee
      where ${ours}
        and not (a.privilege_type = 'SELECT' and not a.is_grantable and a.grantee <> 0
                 and c.relkind in ('r', 'p', 'v') and not c.relispartition)`,
  ),
  check(
    'grant-column',
    `select format('%s.%s.%s', n.nspname, c.relname, t.attname) as object, format('%s has %s', g.rolname, a.privilege_type) as detail
       from pg_attribute t join pg_class c on c.oid = t.attrelid join pg_namespace n on n.oid = c.relnamespace
      cross join lateral aclexplode(t.attacl) a join (${grantees}) g on g.oid = a.grantee
      where ${ours}`,
  ),
  check(
    'grant-without-tenant',
    `select format('%s.%s', n.nspname, c.relname) as object, format('%s reads it whole', role) as detail
       from pg_class c join pg_namespace n on n.oid = c.relnamespace cross join unnest(${roles}) as role
      where ${ours} and c.relkind in ('r', 'p', 'v', 'm', 'f') and has_table_privilege(role, c.oid, 'select')
        and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)`,
  ),
  check(
    'grant-default',
    `select pg_get_userbyid(d.defaclrole)::text as object, format('gives %s on new objects (%s) to %s', a.privilege_type, d.defaclobjtype, g.rolname) as detail
       from pg_default_acl d cross join lateral aclexplode(d.defaclacl) a join (${grantees}) g on g.oid = a.grantee
      union all
     select 'loopledger_owner', 'new functions are executable by everybody'
      where not exists (
        select from pg_default_acl d
         where d.defaclrole = 'loopledger_owner'::regrole and d.defaclnamespace = 0 and d.defaclobjtype = 'f'
           and not exists (select from aclexplode(d.defaclacl) a where a.grantee = 0))`,
  ),
];

const functionChecks: readonly CatalogueCheck[] = [
  check(
    'function-definer',
    `select object, 'runs with the rights of its owner' as detail from (${functions}) f where prosecdef`,
  ),
  check(
    'function-executable',
    `select f.object, format('%s may run it', role) as detail from (${functions}) f cross join unnest(${roles}) as role
      where has_function_privilege(role, f.oid, 'execute')`,
  ),
  check(
    'function-public',
    `select f.object, 'everybody may run it' as detail from (${functions}) f
      where exists (select from aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a where a.grantee = 0)`,
  ),
  check(
    'function-settings',
    `select object, format('settings: %s', coalesce(proconfig::text, 'none')) as detail from (${functions}) f
      where coalesce(array_remove(proconfig, 'plan_cache_mode=force_generic_plan'), '{}') <> array['search_path=pg_catalog']`,
  ),
  check(
    'function-overloaded',
    `select split_part(object, '(', 1) as object, format('stands for %s functions', count(*)) as detail
       from (${functions}) f group by 1 having count(*) > 1`,
  ),
  check('function-leakproof', `select object, 'is leakproof' as detail from (${functions}) f where proleakproof`),
  check(
    'function-language',
    `select object, format('is written in %s', lanname) as detail from (${functions}) f where lanname not in ('sql', 'plpgsql')`,
  ),
];

const doorChecks: readonly CatalogueCheck[] = [
  check(
    'owner',
    `select format('%s.%s', n.nspname, c.relname) as object, format('belongs to %s', pg_get_userbyid(c.relowner)) as detail
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where ${ours} and pg_get_userbyid(c.relowner) <> 'loopledger_owner'
      union all
     select object, format('belongs to %s', pg_get_userbyid(proowner)) from (${functions}) f
      where pg_get_userbyid(proowner) <> 'loopledger_owner'
      union all
     select n.nspname, format('belongs to %s', pg_get_userbyid(n.nspowner)) from pg_namespace n
      where ${ours} and n.nspname <> 'public' and pg_get_userbyid(n.nspowner) <> 'loopledger_owner'`,
  ),
  check(
    'view-invoker',
    `select format('%s.%s', n.nspname, c.relname) as object, 'reads with the rights of its owner' as detail
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where ${ours} and c.relkind = 'v'
        and not coalesce(c.reloptions && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1'], false)`,
  ),
  check(
    'sequence',
    `select format('%s.%s', n.nspname, c.relname) as object, 'counts over all tenants' as detail
       from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${ours} and c.relkind = 'S'`,
  ),
  check(
    'door-extension',
    `select extname as object, 'is installed' as detail from pg_extension where extname <> 'plpgsql'`,
  ),
  check(
    'door-event-trigger',
    `select evtname as object, 'runs on every statement of its kind' as detail from pg_event_trigger`,
  ),
  check(
    'door-publication',
    `select pubname as object, 'copies rows past their policies' as detail from pg_publication`,
  ),
  check('door-server', `select srvname as object, 'reads from elsewhere' as detail from pg_foreign_server`),
  check(
    'door-large-object',
    `select oid::text as object, 'belongs to no tenant' as detail from pg_largeobject_metadata`,
  ),
  check(
    'door-language',
    `select lanname as object, 'reaches the machine' as detail from pg_language where oid >= 16384 or lanname not in ('internal', 'c', 'sql', 'plpgsql')`,
  ),
];

export const rightChecks: readonly CatalogueCheck[] = [...roleChecks, ...grantChecks, ...functionChecks, ...doorChecks];
