create or replace function view.project_evaluation_set(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.evaluation_sets (
    tenant_id, evaluation_set_id, version, position, created_at, updated_at, name, project_id, status, shown, cases
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time, r.name,
         r.project_id, r.status, r.shown, r.cases
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, name text, project_id uuid, status text, shown json, cases json
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, evaluation_set_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    status = excluded.status, shown = excluded.shown, cases = excluded.cases;
end
$$;

create or replace function view.project_evaluation(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.evaluations (
    tenant_id, evaluation_id, version, position, created_at, updated_at, name, evaluation_set_id, project_id, status,
    shown
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time, r.name,
         r.evaluation_set_id, r.project_id, r.status, r.shown
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, name text, evaluation_set_id uuid, project_id uuid,
      status text, shown json
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, evaluation_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    status = excluded.status, shown = excluded.shown;
end
$$;

create or replace function view.project_evaluation_result(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.evaluation_results (
    tenant_id, evaluation_id, version, recorded_at, run_id, case_name, sample, shown
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, d.time, r.run_id, r.case_name,
         r.sample, r.shown
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, run_id uuid, case_name text, sample integer, shown json
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null;
end
$$;
