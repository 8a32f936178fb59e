-- Forgets answers to requests that are older than two days, a bounded number of rows of one tenant at a time. It walks
-- along the key: an index by age would cost every write more than this walk ever does. Answers with the place at which
-- the next call goes on; nothing at the end of the walk.
create or replace function ledger.purge_requests(p_tenant uuid, p_scope uuid, p_command text, p_rows integer)
returns table (scope uuid, command_id text, removed integer)
language plpgsql
security definer
set search_path = pg_catalog
as $$
#variable_conflict use_column
declare
  v_scope uuid;
  v_command text;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  select s.scope, s.command_id into v_scope, v_command
    from (
      select r.scope, r.command_id from ledger.requests r
       where r.tenant_id = p_tenant and (r.scope, r.command_id) > (p_scope, p_command)
       order by r.scope, r.command_id limit least(p_rows, 10000)
    ) s
   order by s.scope desc, s.command_id desc limit 1;
  if v_scope is not null then
    return query
      with gone as (
        delete from ledger.requests r
         where r.tenant_id = p_tenant
           and (r.scope, r.command_id) > (p_scope, p_command) and (r.scope, r.command_id) <= (v_scope, v_command)
           and r.recorded_at < clock_timestamp() - interval '48 hours'
        returning 1
      )
      select v_scope, v_command, count(*)::integer from gone;
  end if;
  perform set_config('app.tenant_id', '', true);
end
$$;
