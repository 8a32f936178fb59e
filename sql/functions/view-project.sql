create or replace function view.project_project(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.projects (
    tenant_id, project_id, version, position, created_at, updated_at, name, slug, description, verification, status
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time,
         r.name, r.slug, r.description, r.verification, r.status
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, name text, slug text, description text,
      verification json, status text
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, project_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    name = excluded.name, slug = excluded.slug, description = excluded.description,
    verification = excluded.verification, status = excluded.status;
end
$$;
