create or replace function view.project_alert_rules(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.alert_rules (tenant_id, version, position, created_at, updated_at, rules)
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.version, r.position, d.time, d.time, r.rules
    from json_to_recordset(p_rows) as r(t integer, id uuid, version integer, position bigint, rules json)
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at, rules = excluded.rules;
end
$$;

create or replace function view.project_alert(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.alerts (
    tenant_id, alert_id, version, position, created_at, updated_at, run_id, rule, measure, above, value, project_id,
    status
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time, r.run_id,
         r.rule, r.measure, r.above, r.value, r.project_id, r.status
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, run_id uuid, rule text, measure text, above double precision,
      value double precision, project_id uuid, status text
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, alert_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    status = excluded.status;
end
$$;
