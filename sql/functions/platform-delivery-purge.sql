-- Forgets deliveries that ended long ago, with their attempts, and what was held for webhooks that are deleted: a bounded
-- number of rows of one tenant at a time, along the key. Answers with the place at which the next call goes on.
create or replace function platform.purge_deliveries(
  p_tenant uuid, p_webhook uuid, p_delivery uuid, p_rows integer, p_days integer
)
returns table (webhook_id uuid, delivery_id uuid, removed integer)
language plpgsql
security definer
set search_path = pg_catalog
as $$
#variable_conflict use_column
declare
  v_before constant timestamptz := clock_timestamp() - make_interval(days => greatest(p_days, 1));
  v_webhook uuid;
  v_delivery uuid;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  select s.webhook_id, s.delivery_id into v_webhook, v_delivery
    from (
      select d.webhook_id, d.delivery_id from platform.webhook_deliveries d
       where d.tenant_id = p_tenant and (d.webhook_id, d.delivery_id) > (p_webhook, p_delivery)
       order by d.webhook_id, d.delivery_id limit least(p_rows, 10000)
    ) s
   order by s.webhook_id desc, s.delivery_id desc limit 1;
  if v_webhook is not null then
    return query
      with gone as (
        delete from platform.webhook_deliveries d
         where d.tenant_id = p_tenant
           and (d.webhook_id, d.delivery_id) > (p_webhook, p_delivery)
           and (d.webhook_id, d.delivery_id) <= (v_webhook, v_delivery)
           and ((d.status in ('delivered', 'failed') and d.ended_at < v_before)
                or (d.status = 'held' and d.created_at < v_before and exists (
                  select from view.webhooks w
                   where w.tenant_id = p_tenant and w.webhook_id = d.webhook_id and w.status = 'deleted')))
        returning d.delivery_id
      ), tried as (
        delete from platform.webhook_attempts a using gone g
         where a.tenant_id = p_tenant and a.delivery_id = g.delivery_id
      )
      select v_webhook, v_delivery, count(*)::integer from gone;
  end if;
  perform set_config('app.tenant_id', '', true);
end
$$;
