-- Edges that end go first: an edge that is taken away and added again in one commit has a new id and the old ends.
create or replace function view.project_story_dependency(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
  v_gone record;
begin
  -- One by one, because a deletion finds its rows before it could set their context.
  for v_gone in
    select r.t, r.id, r.project_id
      from json_to_recordset(p_rows) as r(t integer, id uuid, project_id uuid, gone boolean)
     where r.gone and p_times[r.t] is not null
  loop
    perform set_config('app.tenant_id', p_tenants[v_gone.t]::text, true);
    delete from view.story_dependencies d
     where d.tenant_id = p_tenants[v_gone.t] and d.project_id = v_gone.project_id and d.dependency_id = v_gone.id;
  end loop;
  insert into view.story_dependencies (
    tenant_id, dependency_id, version, created_at, project_id, epic_id, story_id, needs_story_id
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, d.time, r.project_id, r.epic_id,
         r.story_id, r.needs_story_id
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, project_id uuid, epic_id uuid, story_id uuid, needs_story_id uuid, gone boolean
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
   where r.gone is not true;
end
$$;

create or replace function view.project_epic_dependency(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
  v_gone record;
begin
  for v_gone in
    select r.t, r.id, r.project_id
      from json_to_recordset(p_rows) as r(t integer, id uuid, project_id uuid, gone boolean)
     where r.gone and p_times[r.t] is not null
  loop
    perform set_config('app.tenant_id', p_tenants[v_gone.t]::text, true);
    delete from view.epic_dependencies d
     where d.tenant_id = p_tenants[v_gone.t] and d.project_id = v_gone.project_id and d.dependency_id = v_gone.id;
  end loop;
  insert into view.epic_dependencies (tenant_id, dependency_id, version, created_at, project_id, epic_id, needs_epic_id)
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, d.time, r.project_id, r.epic_id,
         r.needs_epic_id
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, project_id uuid, epic_id uuid, needs_epic_id uuid, gone boolean
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
   where r.gone is not true;
end
$$;
