create or replace function view.project_plan_state(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.plan_states (
    tenant_id, plan_state_id, version, position, created_at, updated_at, project_id, key, state, status
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time,
         r.project_id, r.key, r.state, r.status
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, project_id uuid, key text, state json, status text
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, plan_state_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    state = excluded.state, status = excluded.status;
end
$$;
