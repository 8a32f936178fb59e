create or replace function view.project_model_endpoint(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.model_endpoints (
    tenant_id, endpoint_id, version, position, created_at, updated_at, name, kind, base_url, models, description,
    secret_id, secret_last_four, status
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time,
         r.name, r.kind, r.base_url, r.models, r.description, r.secret_id, r.secret_last_four, r.status
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, name text, kind text, base_url text, models jsonb,
      description text, secret_id uuid, secret_last_four text, status text
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, endpoint_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    base_url = excluded.base_url, models = excluded.models, description = excluded.description,
    secret_id = excluded.secret_id, secret_last_four = excluded.secret_last_four, status = excluded.status;
end
$$;
