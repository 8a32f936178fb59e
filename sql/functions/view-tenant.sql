create or replace function view.project_tenant(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.tenants (tenant_id, version, position, created_at, updated_at, name, slug, status, halted_by, max_stories, max_dispatches, max_runs,
                            requests_per_key, requests_per_tenant)
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.version, r.position, d.time, d.time,
         r.name, r.slug, r.status, r.halted_by, r.max_stories, r.max_dispatches, r.max_runs,
         r.requests_per_key, r.requests_per_tenant
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, name text, slug text, status text, halted_by text,
      max_stories integer, max_dispatches integer, max_runs integer, requests_per_key integer, requests_per_tenant integer
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    name = excluded.name, status = excluded.status, halted_by = excluded.halted_by,
    max_stories = excluded.max_stories, max_dispatches = excluded.max_dispatches, max_runs = excluded.max_runs,
    requests_per_key = excluded.requests_per_key, requests_per_tenant = excluded.requests_per_tenant;
end
$$;

-- A tenant keeps its slug for ever, so a row of its own that is there already is the same row. That of another tenant
-- violates tenant_slugs_slug.
create or replace function platform.project_tenant_slug(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into platform.tenant_slugs (tenant_id, slug)
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.slug
    from json_to_recordset(p_rows) as r(t integer, slug text)
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id) do nothing;
end
$$;
