create or replace function view.project_benchmark(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.benchmarks (
    tenant_id, benchmark_id, version, position, created_at, updated_at, name, problem_set, status, shown
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time, r.name,
         r.problem_set, r.status, r.shown
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, name text, problem_set text, status text, shown json
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, benchmark_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    status = excluded.status, shown = excluded.shown;
end
$$;

create or replace function view.project_benchmark_result(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.benchmark_results (tenant_id, benchmark_id, version, recorded_at, run_id, problem, sample, shown)
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, d.time, r.run_id, r.problem,
         r.sample, r.shown
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, run_id uuid, problem text, sample integer, shown json
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null;
end
$$;
