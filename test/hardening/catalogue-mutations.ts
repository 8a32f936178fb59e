// Ways to break the isolation of a database, each with the check that has to notice. Applied in a transaction that is
// rolled back, so that nobody else ever meets one.

export interface Mutation {
  readonly name: string;
  readonly check: string;
  readonly sql: string;
}

const tenant = `tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid`;

const policies: readonly Mutation[] = [
  { name: 'the restrictive policy is dropped', check: 'policy-restrictive', sql: 'drop policy tenant on view.stories' },
  {
    name: 'the restrictive policy is only for reading',
    check: 'policy-restrictive',
    sql: `drop policy tenant on view.stories;
          create policy tenant on view.stories as restrictive for select to public using (${tenant})`,
  },
  {
    name: 'the restrictive policy leaves a role out',
    check: 'policy-restrictive',
    sql: `drop policy tenant on ledger.events;
          create policy tenant on ledger.events as restrictive for all to loopledger_app using (${tenant}) with check (${tenant})`,
  },
  { name: 'a permissive policy is dropped', check: 'policy-count', sql: 'drop policy reading on view.epics' },
  {
    name: 'a permissive policy lets every row through',
    check: 'policy-true',
    sql: `drop policy reading on ledger.events;
          create policy reading on ledger.events for select to loopledger_owner, loopledger_app, loopledger_worker using (true)`,
  },
  {
    name: 'a permissive policy says true in other words',
    check: 'policy-expression',
    sql: `drop policy reading on view.projects;
          create policy reading on view.projects for select to loopledger_owner, loopledger_app, loopledger_worker
            using (tenant_id is not null)`,
  },
  {
    name: 'a second permissive policy stands beside the first',
    check: 'policy-count',
    sql: `create policy extra on view.stories for select to loopledger_app using (${tenant})`,
  },
  {
    name: 'the application may add rows by policy',
    check: 'policy-count',
    sql: `create policy extra on ledger.events for insert to loopledger_app with check (${tenant})`,
  },
  {
    name: 'a policy is for everybody',
    check: 'policy-roles',
    sql: `drop policy reading on view.epics; create policy reading on view.epics for select to public using (${tenant})`,
  },
  {
    name: 'a policy checks no new rows',
    check: 'policy-with-check',
    sql: `drop policy changing on view.stories;
          create policy changing on view.stories for update to loopledger_owner using (${tenant})`,
  },
  {
    name: 'the log may be rewritten by policy',
    check: 'policy-log',
    sql: `create policy changing on ledger.events for update to loopledger_owner using (${tenant}) with check (${tenant})`,
  },
  {
    name: 'the key directory shows all rows',
    check: 'policy-expression',
    sql: `drop policy reading on platform.key_hashes;
          create policy reading on platform.key_hashes for select to loopledger_owner using (active or not active)`,
  },
];

const tables: readonly Mutation[] = [
  {
    name: 'a table does not force row security',
    check: 'table-rls',
    sql: 'alter table view.stories no force row level security',
  },
  {
    name: 'a table has row security off',
    check: 'table-rls',
    sql: 'alter table ledger.events disable row level security',
  },
  { name: 'a new table has no tenant', check: 'table-tenant', sql: 'create table view.loose (id uuid primary key)' },
  {
    name: 'a new table was not guarded',
    check: 'policy-restrictive',
    sql: `create table view.loose (tenant_id uuid not null, id uuid not null, primary key (tenant_id, id));
          alter table view.loose enable row level security; alter table view.loose force row level security`,
  },
  {
    name: 'the tenant of a table may be missing',
    check: 'table-tenant-column',
    sql: 'create table view.loose (id uuid primary key, tenant_id uuid)',
  },
  {
    name: 'a primary key does not begin with the tenant',
    check: 'table-key',
    sql: 'create table view.loose (tenant_id uuid not null, id uuid not null, primary key (id, tenant_id))',
  },
  {
    name: 'a foreign key is without the tenant',
    check: 'key-tenant',
    sql: `create unique index epics_alone on view.epics (epic_id);
          alter table view.stories add constraint loose foreign key (epic_id) references view.epics (epic_id)`,
  },
  {
    name: 'a unique index is without the tenant',
    check: 'unique-tenant',
    sql: 'create unique index slugs on view.projects (slug)',
  },
  {
    name: 'a unique index has the tenant in second place',
    check: 'unique-tenant',
    sql: 'create unique index slugs on view.projects (slug, tenant_id)',
  },
  {
    name: 'a foreign key cascades',
    check: 'key-action',
    sql: `alter table view.epics drop constraint epics_project;
          alter table view.epics add constraint epics_project foreign key (tenant_id, project_id)
            references view.projects (tenant_id, project_id) on delete cascade`,
  },
  {
    name: 'a foreign key was never validated',
    check: 'key-enforced',
    sql: `alter table view.epics drop constraint epics_project;
          alter table view.epics add constraint epics_project foreign key (tenant_id, project_id)
            references view.projects (tenant_id, project_id) not valid`,
  },
  {
    name: 'an append-only trigger is dropped',
    check: 'trigger-missing',
    sql: 'drop trigger events_append_only on ledger.events',
  },
  {
    name: 'an append-only trigger is switched off',
    check: 'trigger-disabled',
    sql: 'alter table ledger.events disable trigger events_append_only',
  },
  {
    name: 'an append-only trigger only fires on updates',
    check: 'trigger-missing',
    sql: `drop trigger events_append_only on ledger.events;
          create trigger events_append_only before update on ledger.events for each row execute function ledger.refuse_change()`,
  },
  {
    name: 'a trigger of unknown purpose stands on the log',
    check: 'trigger-unknown',
    sql: 'create trigger extra before insert on ledger.events for each row execute function ledger.refuse_change()',
  },
  {
    name: 'a rule rewrites statements',
    check: 'rule-unknown',
    sql: 'create rule extra as on delete to view.stories do instead nothing',
  },
];

const grants: readonly Mutation[] = [
  {
    name: 'the application may insert events',
    check: 'grant-relation',
    sql: 'grant insert on ledger.events to loopledger_app',
  },
  {
    name: 'the application may truncate',
    check: 'grant-relation',
    sql: 'grant truncate on view.stories to loopledger_app',
  },
  {
    name: 'the application may reference',
    check: 'grant-relation',
    sql: 'grant references on view.stories to loopledger_app',
  },
  {
    name: 'the worker may write a view',
    check: 'grant-relation',
    sql: 'grant update on view.stories to loopledger_worker',
  },
  { name: 'everybody may read a table', check: 'grant-relation', sql: 'grant select on view.stories to public' },
  {
    name: 'a column may be written',
    check: 'grant-column',
    sql: 'grant update (title) on view.stories to loopledger_app',
  },
  {
    name: 'the application reads a table without a tenant',
    check: 'grant-without-tenant',
    sql: 'grant select on platform.settings to loopledger_app',
  },
  {
    name: 'new tables are given away',
    check: 'grant-default',
    sql: 'alter default privileges for role loopledger_owner grant select on tables to loopledger_app',
  },
  {
    name: 'new functions are executable by everybody',
    check: 'grant-default',
    sql: 'alter default privileges for role loopledger_owner grant execute on functions to public',
  },
  {
    name: 'the application may create in a schema',
    check: 'grant-schema',
    sql: 'grant create on schema view to loopledger_app',
  },
  {
    name: 'the application may use another schema',
    check: 'grant-schema',
    sql: 'grant usage on schema public to loopledger_app',
  },
  {
    name: 'the application may make temporary tables',
    check: 'grant-database',
    sql: `do $$ begin execute format('grant temporary on database %I to loopledger_app', current_database()); end $$`,
  },
  {
    name: 'everybody may create in the database',
    check: 'grant-database',
    sql: `do $$ begin execute format('grant create on database %I to public', current_database()); end $$`,
  },
];

const roles: readonly Mutation[] = [
  {
    name: 'the application bypasses row security',
    check: 'role-attribute',
    sql: 'alter role loopledger_app bypassrls',
  },
  { name: 'the worker is a superuser', check: 'role-attribute', sql: 'alter role loopledger_worker superuser' },
  { name: 'the owner may log in', check: 'role-attribute', sql: 'alter role loopledger_owner login' },
  {
    name: 'the application may become the owner',
    check: 'role-member',
    sql: 'grant loopledger_owner to loopledger_app',
  },
  { name: 'the worker reads all data', check: 'role-member', sql: 'grant pg_read_all_data to loopledger_worker' },
  { name: 'the application owns a table', check: 'role-owns', sql: 'alter table view.stories owner to loopledger_app' },
  {
    name: 'a role always has a tenant',
    check: 'role-setting',
    sql: `alter role loopledger_app set app.tenant_id = '0198f1ff-0000-7000-8000-000000000000'`,
  },
  {
    name: 'the database switches row security off',
    check: 'role-setting',
    sql: `do $$ begin execute format('alter database %I set row_security = off', current_database()); end $$`,
  },
  {
    name: 'a role looks for names in other schemas',
    check: 'role-search-path',
    sql: 'alter role loopledger_app set search_path = public, pg_catalog',
  },
];

const functions: readonly Mutation[] = [
  {
    name: 'a new function runs with the rights of the owner',
    check: 'function-definer',
    sql: `create function view.loose() returns bigint language sql security definer set search_path = pg_catalog
            as 'select count(*) from view.stories'`,
  },
  {
    name: 'a definer function is executable by everybody',
    check: 'function-public',
    sql: 'grant execute on function platform.find_keys(bytea[]) to public',
  },
  {
    name: 'an inner function is executable by the application',
    check: 'function-executable',
    sql: `do $$ begin
            execute format('grant execute on function %s to loopledger_app', 'view.project_story'::regproc::regprocedure);
          end $$`,
  },
  {
    name: 'a function does not pin its search path',
    check: 'function-settings',
    sql: 'alter function platform.find_keys(bytea[]) reset search_path',
  },
  {
    name: 'a function looks for names where others may create',
    check: 'function-settings',
    sql: 'alter function platform.find_keys(bytea[]) set search_path = public, pg_catalog',
  },
  {
    name: 'a function switches row security off',
    check: 'function-settings',
    sql: 'alter function platform.find_keys(bytea[]) set row_security = off',
  },
  {
    name: 'a function is leakproof',
    check: 'function-leakproof',
    sql: 'alter function platform.feed_epoch() leakproof',
  },
  {
    name: 'a function has a namesake',
    check: 'function-overloaded',
    sql: `create function platform.feed_epoch(p_of text) returns text language sql set search_path = pg_catalog as 'select p_of'`,
  },
  {
    name: 'a function is written in a language without bounds',
    check: 'function-language',
    sql: `create function view.loose(integer) returns integer language internal set search_path = pg_catalog as 'int4abs'`,
  },
  {
    name: 'a function belongs to a superuser',
    check: 'owner',
    sql: 'alter function platform.feed_epoch() owner to current_user',
  },
];

const doors: readonly Mutation[] = [
  {
    name: 'a view reads with the rights of its owner',
    check: 'view-invoker',
    sql: 'create view view.titles as select tenant_id, title from view.stories',
  },
  {
    name: 'a materialized view is granted',
    check: 'grant-relation',
    sql: `create materialized view view.titles as select tenant_id, title from view.stories;
          grant select on view.titles to loopledger_app`,
  },
  {
    name: 'a partition is granted',
    check: 'grant-relation',
    sql: `create table view.parted (tenant_id uuid not null, at integer not null, primary key (tenant_id, at)) partition by list (at);
          create table view.parted_one partition of view.parted for values in (1);
          grant select on view.parted_one to loopledger_app`,
  },
  { name: 'a sequence counts over all tenants', check: 'sequence', sql: 'create sequence view.numbers' },
  { name: 'a table belongs to a superuser', check: 'owner', sql: 'alter table view.stories owner to current_user' },
  {
    name: 'a publication copies the log',
    check: 'door-publication',
    sql: 'create publication copies for table ledger.events',
  },
  { name: 'a large object belongs to no tenant', check: 'door-large-object', sql: 'select lo_create(0)' },
  {
    name: 'an event trigger runs on every statement',
    check: 'door-event-trigger',
    sql: `create function view.watch() returns event_trigger language plpgsql set search_path = pg_catalog as 'begin end';
          create event trigger watch on ddl_command_start execute function view.watch()`,
  },
  {
    name: 'a table is read from elsewhere',
    check: 'door-server',
    sql: 'create foreign data wrapper elsewhere; create server elsewhere foreign data wrapper elsewhere',
  },
  {
    name: 'a language is installed',
    check: 'door-language',
    sql: `create function view.handler() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
          create language loose handler view.handler`,
  },
  // Which extensions a machine has is not known, so the one that is always there takes another name.
  { name: 'an extension is installed', check: 'door-extension', sql: `update pg_extension set extname = 'loose'` },
];

export const catalogueMutations: readonly Mutation[] = [
  ...policies,
  ...tables,
  ...grants,
  ...roles,
  ...functions,
  ...doors,
];
