create or replace function view.project_story(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.stories (
    tenant_id, story_id, version, position, created_at, updated_at, project_id, epic_id, number, title, description,
    priority, estimate, criteria, criteria_revision, agent_status, verified_status, status,
    verified_method, custody, lease_until, implementer_id, implementer_lineage, reporter_id, reporter_lineage,
    reviewer_id, reviewer_lineage, verifier_id, verifier_lineage
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time,
         r.project_id, r.epic_id, r.number, r.title, r.description,
         r.priority, r.estimate, r.criteria, r.criteria_revision, r.agent_status, r.verified_status, r.status,
         r.verified_method, r.custody, r.lease_until, r.implementer_id, r.implementer_lineage, r.reporter_id,
         r.reporter_lineage, r.reviewer_id, r.reviewer_lineage, r.verifier_id, r.verifier_lineage
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, project_id uuid, epic_id uuid, number text, title text,
      description text, priority smallint, estimate integer, criteria json, criteria_revision integer,
      agent_status text, verified_status text, status text,
      verified_method text, custody json, lease_until timestamptz, implementer_id uuid, implementer_lineage uuid[],
      reporter_id uuid, reporter_lineage uuid[], reviewer_id uuid, reviewer_lineage uuid[], verifier_id uuid,
      verifier_lineage uuid[]
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, story_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    title = excluded.title, description = excluded.description, priority = excluded.priority,
    estimate = excluded.estimate, criteria = excluded.criteria, criteria_revision = excluded.criteria_revision,
    agent_status = excluded.agent_status, verified_status = excluded.verified_status, status = excluded.status,
    verified_method = excluded.verified_method, custody = excluded.custody, lease_until = excluded.lease_until,
    implementer_id = excluded.implementer_id, implementer_lineage = excluded.implementer_lineage,
    reporter_id = excluded.reporter_id, reporter_lineage = excluded.reporter_lineage,
    reviewer_id = excluded.reviewer_id, reviewer_lineage = excluded.reviewer_lineage,
    verifier_id = excluded.verifier_id, verifier_lineage = excluded.verifier_lineage;
end
$$;
