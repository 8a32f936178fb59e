-- The deliveries of new events, and how far they were looked through, in one transaction: a delivery exists exactly once.
-- Null when another worker is at it right now.
create or replace function platform.fan_out(p_tenant uuid, p_positions integer)
returns table (reached bigint, head bigint, webhooks uuid[])
language plpgsql
security definer
set search_path = pg_catalog
as $$
#variable_conflict use_column
declare
  c_name constant text := 'webhooks';
  v_now constant timestamptz := clock_timestamp();
  v_position bigint;
  v_next bigint;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  -- What a crash takes back is made again under the same ids, and what was sent of it is durable by its record.
  perform set_config('synchronous_commit', 'off', true);
  insert into view.checkpoints (tenant_id, projection, position)
    select p_tenant, c_name, 0
     where not exists (select from view.checkpoints c where c.tenant_id = p_tenant and c.projection = c_name)
    on conflict do nothing;
  select c.position into v_position from view.checkpoints c
   where c.tenant_id = p_tenant and c.projection = c_name for update skip locked;
  if v_position is not null then
    -- Before the webhooks are looked at: one that is made in between is for what comes after.
    select h.position into head from ledger.heads h where h.tenant_id = p_tenant;
    head := coalesce(head, 0);
    if exists (select from view.webhooks w where w.tenant_id = p_tenant and w.status <> 'deleted') then
      v_next := least(v_position + p_positions, head);
    else
      v_next := head;
    end if;
    if v_next > v_position then
      with made as (
        insert into platform.webhook_deliveries (
          tenant_id, delivery_id, webhook_id, position, event_type, stream_id, status, created_at, due_at
        )
        -- The id is made of both, begins with the time of the event, and has the form of every other id.
        select p_tenant,
               (substr(e.event_id::text, 1, 13) || '-7' || substr(m.digest, 1, 3) || '-8' || substr(m.digest, 4, 3)
                 || '-' || substr(m.digest, 7, 12))::uuid,
               w.webhook_id, e.position, e.type, case when w.ordering = 'subject' then e.stream_id end,
               case when w.status = 'active' then 'pending' else 'held' end, v_now, v_now
          from ledger.events e
          join view.webhooks w on w.tenant_id = p_tenant and w.status <> 'deleted' and e.recorded_at >= w.created_at
           and (w.project_id is null or w.project_id = e.project_id)
           and exists (
             select from unnest(w.event_types) as t(name)
              where t.name in ('*', e.type) or (right(t.name, 2) = '.*' and starts_with(e.type, left(t.name, -1))))
         cross join lateral (
           select encode(sha256(convert_to(w.webhook_id::text || e.event_id::text, 'UTF8')), 'hex') as digest
         ) m
         where e.tenant_id = p_tenant and e.position > v_position and e.position <= v_next
        on conflict do nothing
        returning webhook_id, status
      ), woken as (
        insert into platform.webhook_lanes as l (tenant_id, webhook_id, due_at)
        select distinct p_tenant, m.webhook_id, v_now from made m where m.status = 'pending'
        on conflict (tenant_id, webhook_id) do update set due_at = greatest(l.closed_until, least(l.due_at, v_now))
        returning webhook_id
      )
      select array_agg(w.webhook_id) into webhooks from woken w;
      update view.checkpoints c set position = v_next where c.tenant_id = p_tenant and c.projection = c_name;
    end if;
    reached := v_next;
    return next;
  end if;
  perform set_config('app.tenant_id', '', true);
end
$$;
