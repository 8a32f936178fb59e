create or replace function view.project_signal(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.signals (tenant_id, story_id, version, tool_calls, tokens, tests_run, seconds)
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.tool_calls, r.tokens, r.tests_run,
         r.seconds
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, tool_calls integer, tokens integer, tests_run integer, seconds integer
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null;
end
$$;
