-- How each webhook of a tenant fares: its breaker, and what became of the last deliveries.
create or replace function platform.webhook_health(p_tenant uuid)
returns table (head bigint, health json)
language plpgsql
security definer
set search_path = pg_catalog
as $$
#variable_conflict use_column
declare
  c_form constant text := 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';
  v_now constant timestamptz := clock_timestamp();
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  return query
    select coalesce((select h.position from ledger.heads h where h.tenant_id = p_tenant), 0),
           coalesce(json_agg(json_build_object(
             'webhook_id', w.webhook_id,
             'breaker', case when coalesce(l.pause_s, 0) = 0 then 'closed'
                             when l.closed_until > v_now then 'open' else 'probing' end,
             'probe_at', case when l.pause_s > 0 then to_char(l.closed_until at time zone 'UTC', c_form) end,
             'failures_in_row', coalesce(l.failures_in_row, 0),
             'failing_since', to_char(l.failing_since at time zone 'UTC', c_form),
             'recent', r.counts) order by w.webhook_id), '[]')
      from view.webhooks w
      left join platform.webhook_lanes l on l.tenant_id = p_tenant and l.webhook_id = w.webhook_id
     cross join lateral (
       select json_build_object(
                'delivered', count(*) filter (where d.status = 'delivered'),
                'failed', count(*) filter (where d.status = 'failed'),
                'held', count(*) filter (where d.status = 'held'),
                'pending', count(*) filter (where d.status = 'pending')) as counts
         from (
           select n.status from platform.webhook_deliveries n
            where n.tenant_id = p_tenant and n.webhook_id = w.webhook_id order by n.delivery_id desc limit 200
         ) d
     ) r
     where w.tenant_id = p_tenant and w.status <> 'deleted';
  perform set_config('app.tenant_id', '', true);
end
$$;
