create or replace function view.project_epic(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.epics (
    tenant_id, epic_id, version, position, created_at, updated_at, project_id, number, title, description,
    is_complete, status
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time,
         r.project_id, r.number, r.title, r.description, r.is_complete, r.status
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, project_id uuid, number integer, title text, description text,
      is_complete boolean, status text
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, epic_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    title = excluded.title, description = excluded.description, is_complete = excluded.is_complete,
    status = excluded.status;
end
$$;
