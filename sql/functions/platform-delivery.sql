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

-- Lanes with something to send and nobody at it, the longest waiting first: ids and nothing else.
create or replace function platform.due_lanes(p_lanes integer)
returns table (tenant_id uuid, webhook_id uuid, late_ms double precision)
language plpgsql
security definer
set search_path = pg_catalog
as $$
#variable_conflict use_column
begin
  perform set_config('app.lanes', 'all', true);
  return query
    select l.tenant_id, l.webhook_id, extract(epoch from clock_timestamp() - l.due_at)::double precision * 1000
      from platform.webhook_lanes l
     where l.due_at <= clock_timestamp() and l.claimed_until <= clock_timestamp()
     order by l.due_at limit least(p_lanes, 1000);
  perform set_config('app.lanes', '', true);
end
$$;

-- Takes a lane and some of what is due in it. Nothing when another worker has it, or nothing is due after all.
create or replace function platform.claim_deliveries(
  p_tenant uuid, p_webhook uuid, p_deliveries integer, p_seconds integer
)
returns table (lane json, webhook json, deliveries json)
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_until constant timestamptz := v_now + make_interval(secs => p_seconds);
  v_lane platform.webhook_lanes;
  v_webhook view.webhooks;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  -- A claim that a crash takes back is made again by whoever comes next.
  perform set_config('synchronous_commit', 'off', true);
  select l.* into v_lane from platform.webhook_lanes l
   where l.tenant_id = p_tenant and l.webhook_id = p_webhook and l.due_at <= v_now and l.claimed_until <= v_now
     for update skip locked;
  if not found then
    perform set_config('app.tenant_id', '', true);
    return;
  end if;
  select w.* into v_webhook from view.webhooks w where w.tenant_id = p_tenant and w.webhook_id = p_webhook;
  if v_webhook.status is distinct from 'active' then
    -- What is left of a deleted webhook waits for nobody.
    update platform.webhook_deliveries d
       set status = case when v_webhook.status = 'disabled' then 'held' else 'failed' end, ended_at = v_now
     where d.tenant_id = p_tenant and d.webhook_id = p_webhook and d.status = 'pending';
    update platform.webhook_lanes l set due_at = null where l.tenant_id = p_tenant and l.webhook_id = p_webhook;
    perform set_config('app.tenant_id', '', true);
    return;
  end if;
  update platform.webhook_lanes l set claimed_until = v_until where l.tenant_id = p_tenant and l.webhook_id = p_webhook;
  return query
    with taken as (
      select d.delivery_id, d.position, d.attempts, d.tries, d.created_at from platform.webhook_deliveries d
       where d.tenant_id = p_tenant and d.webhook_id = p_webhook and d.status = 'pending' and d.due_at <= v_now
         -- A test goes through while the breaker is open.
         and (d.position is null or v_lane.closed_until is null or v_lane.closed_until <= v_now)
         and (d.stream_id is null or not exists (
           select from platform.webhook_deliveries b
            where b.tenant_id = p_tenant and b.webhook_id = p_webhook and b.status = 'pending'
              and b.stream_id = d.stream_id and b.position < d.position))
       order by d.due_at
       -- After the breaker was open, one delivery finds out.
       limit case when v_lane.pause_s > 0 then 1 else p_deliveries end
    )
    select row_to_json(v_lane),
           json_build_object(
             'url', v_webhook.url, 'on_trial', v_webhook.on_trial,
             'secrets', (
               select json_agg(json_build_object('id', s.secret_id, 'sealed', s.sealed) order by s.secret_id = v_webhook.secret_id desc)
                 from platform.webhook_secrets s
                where s.tenant_id = p_tenant
                  and (s.secret_id = v_webhook.secret_id
                       or (s.secret_id = v_webhook.former_secret_id and v_webhook.former_until > v_now)))),
           (select coalesce(json_agg(json_build_object(
                     'delivery_id', t.delivery_id, 'attempts', t.attempts, 'tries', t.tries, 'entry', e.entry,
                     'type', e.type,
                     'recorded_at', to_char(e.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                     'is_test', t.position is null, 'waited_ms', extract(epoch from v_now - t.created_at) * 1000)
                   order by t.delivery_id), '[]')
              from taken t left join ledger.events e on e.tenant_id = p_tenant and e.position = t.position);
  perform set_config('app.tenant_id', '', true);
end
$$;

-- Writes down what became of claimed deliveries. With the lane it lets that go; where the lane names `claim_s` alone, others
-- of the turn are still under way, and it is kept for so much longer. A result without an attempt was not sent.
create or replace function platform.record_deliveries(p_tenant uuid, p_webhook uuid, p_results json, p_lane json)
returns void
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_due timestamptz;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  -- Before anything is looked at: a fan-out that is under way has its deliveries seen below, or finds the lane as it is
  -- left here. Without the lock the lane could be put to rest over a delivery that was just made.
  perform 1 from platform.webhook_lanes l where l.tenant_id = p_tenant and l.webhook_id = p_webhook for update;
  insert into platform.webhook_attempts (tenant_id, delivery_id, attempt, started_at, entry)
  select p_tenant, r.delivery_id, r.attempt, r.started_at, r.entry
    from json_to_recordset(p_results) as r(delivery_id uuid, attempt integer, started_at timestamptz, entry text)
   where r.attempt is not null
  on conflict do nothing;
  update platform.webhook_deliveries d
     set status = r.status, attempts = coalesce(r.attempt, d.attempts),
         tries = d.tries + case when r.attempt is null then 0 else 1 end,
         due_at = v_now + make_interval(secs => r.retry_s),
         ended_at = case when r.status = 'pending' then null else v_now end
    from json_to_recordset(p_results) as r(
      delivery_id uuid, attempt integer, status text, retry_s double precision
    )
   where d.tenant_id = p_tenant and d.webhook_id = p_webhook and d.delivery_id = r.delivery_id and d.status = 'pending'
     and d.attempts < coalesce(r.attempt, d.attempts + 1);
  if p_lane ->> 'claim_s' is not null then
    update platform.webhook_lanes l set claimed_until = v_now + make_interval(secs => (p_lane ->> 'claim_s')::integer)
     where l.tenant_id = p_tenant and l.webhook_id = p_webhook;
    perform set_config('app.tenant_id', '', true);
    return;
  end if;
  -- What waits for another of its stream does not make the lane due.
  select d.due_at into v_due from platform.webhook_deliveries d
   where d.tenant_id = p_tenant and d.webhook_id = p_webhook and d.status = 'pending'
     and (d.stream_id is null or not exists (
       select from platform.webhook_deliveries b
        where b.tenant_id = p_tenant and b.webhook_id = p_webhook and b.status = 'pending'
          and b.stream_id = d.stream_id and b.position < d.position))
   order by d.due_at limit 1;
  update platform.webhook_lanes l
     set claimed_until = '-infinity', failures_in_row = s.failures_in_row, failing_since = s.failing_since,
         closed_until = s.closed_until, pause_s = s.pause_s, window_at = s.window_at, window_tries = s.window_tries,
         window_failures = s.window_failures,
         -- Null when nothing waits.
         due_at = case when v_due is not null then greatest(s.closed_until, v_due) end
    from json_to_record(p_lane) as s(
      failures_in_row integer, failing_since timestamptz, closed_until timestamptz, pause_s integer,
      window_at timestamptz, window_tries integer, window_failures integer
    )
   where l.tenant_id = p_tenant and l.webhook_id = p_webhook;
  perform set_config('app.tenant_id', '', true);
end
$$;

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
