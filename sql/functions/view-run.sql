create or replace function view.project_run(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.runs (
    tenant_id, run_id, version, position, created_at, updated_at, kind, status, project_id, story_id, agent_id, prompt,
    labels, fence, rests_until, shown
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time,
         r.kind, r.status, r.project_id, r.story_id, r.agent_id, r.prompt, r.labels, r.fence, r.rests_until, r.shown
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, kind text, status text, project_id uuid, story_id uuid,
      agent_id uuid, prompt text, labels jsonb, fence integer, rests_until timestamptz, shown json
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, run_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    status = excluded.status, fence = excluded.fence, rests_until = excluded.rests_until, shown = excluded.shown;
end
$$;
