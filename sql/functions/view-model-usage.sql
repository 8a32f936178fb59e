create or replace function view.project_model_usage(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.model_usage (
    tenant_id, run_id, version, called_at, project_id, purpose, endpoint, model, error_class, input_tokens,
    cached_tokens, output_tokens, reasoning_tokens, cost_micros, latency_ms
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, d.time, r.project_id, r.purpose,
         r.endpoint, r.model, r.error_class, r.input_tokens, r.cached_tokens, r.output_tokens, r.reasoning_tokens,
         r.cost_micros, r.latency_ms
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, project_id uuid, purpose text, endpoint text, model text, error_class text,
      input_tokens bigint, cached_tokens bigint, output_tokens bigint, reasoning_tokens bigint, cost_micros bigint,
      latency_ms integer
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null;
end
$$;
