-- Holds the most that a call may cost, before it is made. Answers with the cap that has no room, or null when it is held.
-- Whoever reserves holds the rows of all its scopes, the one of the tenant's day among them, so no two are blind to each
-- other, however many processes there are. `p_caps`: of the call, the run, the project's day, the tenant's day; null is none.
create or replace function platform.reserve_spend(
  p_tenant uuid, p_call uuid, p_run uuid, p_project uuid, p_micros bigint, p_caps bigint[]
) returns text
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_day constant text := to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD');
  v_names constant text[] := array['run', 'project', 'tenant'];
  v_scopes text[] := array['run ' || p_run, 'project ' || p_project || ' ' || v_day, 'tenant ' || v_day];
  v_full text;
begin
  if p_micros is null or p_micros < 0 or cardinality(p_caps) is distinct from 4 then
    raise exception 'a reservation needs an amount and four caps';
  end if;
  perform set_config('app.tenant_id', p_tenant::text, true);
  if p_micros > p_caps[1] then
    v_full := 'call';
  else
    insert into platform.model_spend (tenant_id, scope, micros)
      select p_tenant, s.scope, 0 from unnest(v_scopes) as s(scope) where s.scope is not null order by s.scope
      on conflict (tenant_id, scope) do nothing;
    perform from platform.model_spend m
      where m.tenant_id = p_tenant and m.scope = any (v_scopes) order by m.scope for update;
    select s.name into v_full
      from unnest(v_names, v_scopes, p_caps[2:4]) as s(name, scope, cap)
      join platform.model_spend m on m.tenant_id = p_tenant and m.scope = s.scope
     where m.micros + p_micros > s.cap
     limit 1;
    if v_full is null then
      update platform.model_spend m set micros = m.micros + p_micros
       where m.tenant_id = p_tenant and m.scope = any (v_scopes);
      insert into platform.model_calls (tenant_id, call_id, scopes, reserved)
        values (p_tenant, p_call, array_remove(v_scopes, null), p_micros);
    end if;
  end if;
  perform set_config('app.tenant_id', '', true);
  return v_full;
end
$$;

-- What a call cost in the end; null when nobody knows, and then it is what was reserved. It is said once.
create or replace function platform.settle_spend(p_tenant uuid, p_call uuid, p_micros bigint) returns bigint
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_call platform.model_calls;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  select * into v_call from platform.model_calls c
   where c.tenant_id = p_tenant and c.call_id = p_call for update;
  if v_call.call_id is not null and v_call.settled is null then
    v_call.settled := coalesce(p_micros, v_call.reserved);
    update platform.model_calls c set settled = v_call.settled where c.tenant_id = p_tenant and c.call_id = p_call;
    perform from platform.model_spend m
      where m.tenant_id = p_tenant and m.scope = any (v_call.scopes) order by m.scope for update;
    update platform.model_spend m set micros = m.micros - v_call.reserved + v_call.settled
     where m.tenant_id = p_tenant and m.scope = any (v_call.scopes);
  end if;
  perform set_config('app.tenant_id', '', true);
  return v_call.settled;
end
$$;

-- A price of the platform's list; what was listed before stays, for those who settled by it.
create or replace function platform.add_model_price(
  p_tenant uuid, p_price uuid, p_provider text, p_model text, p_rates bigint[], p_valid_from timestamptz
) returns void
language plpgsql
security definer
set search_path = pg_catalog
as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  insert into platform.model_prices (tenant_id, price_id, provider, model, input, cached, output, valid_from)
    values (p_tenant, p_price, p_provider, p_model, p_rates[1], p_rates[2], p_rates[3], p_valid_from);
  perform set_config('app.tenant_id', '', true);
end
$$;

-- Forgets calls that were made before so many days, a bounded number at a time, and what was counted for days before them
-- and for runs that ended before them. Answers with how many calls it removed; ids of calls grow with their time.
create or replace function platform.purge_model_spend(p_tenant uuid, p_days integer, p_rows integer) returns integer
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_before constant timestamptz := clock_timestamp() - make_interval(days => greatest(p_days, 2));
  v_day constant text := to_char(v_before at time zone 'UTC', 'YYYY-MM-DD');
  v_removed integer;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  delete from platform.model_calls c
   where c.tenant_id = p_tenant and c.reserved_at < v_before and c.call_id in (
     select o.call_id from platform.model_calls o
      where o.tenant_id = p_tenant order by o.call_id limit least(p_rows, 10000));
  get diagnostics v_removed = row_count;
  delete from platform.model_spend s
   where s.tenant_id = p_tenant and s.scope ~ '^(tenant|project .*) \d{4}-\d\d-\d\d$' and right(s.scope, 10) < v_day;
  delete from platform.model_spend s
   using view.runs r
   where s.tenant_id = p_tenant and r.tenant_id = p_tenant and s.scope = 'run ' || r.run_id
     and r.status in ('succeeded', 'failed', 'cancelled') and r.updated_at < v_before;
  perform set_config('app.tenant_id', '', true);
  return v_removed;
end
$$;
