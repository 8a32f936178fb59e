create or replace function view.project_model_routing(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.model_routings (tenant_id, version, position, created_at, updated_at, settings)
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.version, r.position, d.time, d.time, r.settings
    from json_to_recordset(p_rows) as r(t integer, id uuid, version integer, position bigint, settings jsonb)
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    settings = excluded.settings;
end
$$;
