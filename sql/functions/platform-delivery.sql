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
