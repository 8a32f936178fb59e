create or replace function view.project_dispatch(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.dispatches (
    tenant_id, dispatch_id, version, position, created_at, updated_at, root_id, parent_id, lineage, role, agent_id,
    story_id, key_id, expires_at, status
  )
  select set_config('app.tenant_id', r.tenant::text, true)::uuid, r.id, r.version, r.position, r.time, r.time,
         r.lineage[1], r.parent_id, r.lineage, r.role, r.agent_id, r.story_id, r.key_id, r.expires_at, r.status
    from (
      select d.tenant, d.time, r.*
        from json_to_recordset(p_rows) as r(
          t integer, id uuid, version integer, position bigint, parent_id uuid, lineage uuid[], role text,
          agent_id uuid, story_id uuid, key_id uuid, expires_at timestamptz, status text
        )
        join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place)
          on d.place = r.t and d.time is not null
       order by cardinality(r.lineage)
    ) r
  on conflict (tenant_id, dispatch_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at, status = excluded.status;
end
$$;
