-- Leases of request quotas. Processes take chunks of a caller's window here and spend them without asking again.
-- A negative wish gives back what was not spent. Callers pass their subjects in one order, or two calls could wait
-- for each other for ever. What the platform says for the tenant takes the place of the quota that the caller names.
create or replace function platform.lease_rates(
  p_tenants uuid[], p_subjects uuid[], p_quotas integer[], p_wanted integer[]
)
returns table (granted integer, remaining integer, reset_ms integer, quota integer)
language plpgsql
security definer
set search_path = pg_catalog
as $$
#variable_conflict use_column
declare
  v_window constant interval := interval '1 minute';
  v_opened timestamptz;
  v_used integer;
  v_wanted integer;
begin
  for v_at in 1 .. cardinality(p_tenants) loop
    perform set_config('app.tenant_id', p_tenants[v_at]::text, true);
    quota := coalesce(
      (select case when p_subjects[v_at] = p_tenants[v_at] then t.requests_per_tenant else t.requests_per_key end
         from view.tenants t where t.tenant_id = p_tenants[v_at]),
      p_quotas[v_at]);
    -- A caller that does not know the quota yet must not take most of a small one.
    v_wanted := least(p_wanted[v_at], greatest(quota / 50, 1));
    insert into platform.rate_leases as l (tenant_id, subject_id, opened_at, used, granted)
    values (
      p_tenants[v_at], p_subjects[v_at], clock_timestamp(),
      greatest(least(v_wanted, quota), 0), greatest(least(v_wanted, quota), 0)
    )
    on conflict (tenant_id, subject_id) do update set
      opened_at = case when l.opened_at + v_window <= excluded.opened_at then excluded.opened_at else l.opened_at end,
      used = case when l.opened_at + v_window <= excluded.opened_at then excluded.used
                  else greatest(l.used + least(v_wanted, greatest(quota - l.used, 0)), 0) end,
      granted = case when l.opened_at + v_window <= excluded.opened_at then excluded.granted
                     else least(v_wanted, greatest(quota - l.used, 0)) end
    returning l.granted, l.opened_at, l.used into granted, v_opened, v_used;
    remaining := greatest(quota - v_used, 0);
    reset_ms := greatest(ceil(extract(epoch from v_opened + v_window - clock_timestamp()) * 1000), 0);
    return next;
  end loop;
  perform set_config('app.tenant_id', '', true);
end
$$;
