-- Sends again what was delivered, has failed or was held: one delivery, or those of a time. At most 10,000 a call; a dry
-- run only counts them.
create or replace function platform.replay_deliveries(
  p_tenant uuid, p_webhook uuid, p_delivery uuid, p_since timestamptz, p_until timestamptz, p_statuses text[], p_dry boolean
) returns integer
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_ids uuid[];
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  v_ids := array(
    select d.delivery_id from platform.webhook_deliveries d
     where d.tenant_id = p_tenant and d.webhook_id = p_webhook and d.position is not null
       and (p_delivery is null or d.delivery_id = p_delivery)
       and (p_since is null or d.created_at >= p_since) and (p_until is null or d.created_at < p_until)
       and d.status = any (p_statuses)
     order by d.delivery_id limit 10000);
  if not p_dry and cardinality(v_ids) > 0 then
    update platform.webhook_deliveries d
       set status = 'pending', tries = 0, due_at = v_now, ended_at = null
     where d.tenant_id = p_tenant and d.webhook_id = p_webhook and d.delivery_id = any (v_ids);
    insert into platform.webhook_lanes as l (tenant_id, webhook_id, due_at) values (p_tenant, p_webhook, v_now)
    on conflict (tenant_id, webhook_id) do update set due_at = greatest(l.closed_until, least(l.due_at, v_now));
  end if;
  perform set_config('app.tenant_id', '', true);
  return cardinality(v_ids);
end
$$;

-- A delivery of no event: it is tried once, at once, and answers the question whether anybody is there.
create or replace function platform.put_test_delivery(p_tenant uuid, p_webhook uuid, p_delivery uuid) returns void
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_now constant timestamptz := clock_timestamp();
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  insert into platform.webhook_deliveries (
    tenant_id, delivery_id, webhook_id, position, event_type, stream_id, status, created_at, due_at
  )
  select p_tenant, p_delivery, w.webhook_id, null, 'webhook.test', null, 'pending', v_now, v_now
    from view.webhooks w where w.tenant_id = p_tenant and w.webhook_id = p_webhook and w.status = 'active';
  if found then
    insert into platform.webhook_lanes as l (tenant_id, webhook_id, due_at) values (p_tenant, p_webhook, v_now)
    on conflict (tenant_id, webhook_id) do update set due_at = v_now;
  end if;
  perform set_config('app.tenant_id', '', true);
end
$$;
