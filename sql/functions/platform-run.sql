-- Takes runs that are due and that nobody has in hand: first those that a dead worker left, then those of the tenant with the
-- fewest in hand, then those that wait longest, and never more of a tenant than it may have under way. One claim at a time, so that this holds exactly.
create or replace function platform.claim_runs(p_worker text, p_most integer, p_seconds integer)
returns table (tenant_id uuid, run_id uuid, fence integer)
language plpgsql
security definer
set search_path = pg_catalog
as $$
#variable_conflict use_column
declare
  -- For whom the platform says nothing else.
  c_usual constant integer := 4;
  v_now timestamptz;
  v_found record;
  v_taken boolean := true;
begin
  perform pg_advisory_xact_lock(hashtext('platform.run_leases'));
  -- After the lock: what ran out while it was waited for has run out.
  v_now := clock_timestamp();
  for v_nth in 1 .. least(p_most, 100) loop
    exit when not v_taken;
    v_taken := false;
    perform set_config('app.runs', 'all', true);
    for v_found in
      with recursive tenants as (
        (select r.tenant_id from view.runs r where r.due_at is not null order by r.tenant_id limit 1)
        union all
        select (select r.tenant_id from view.runs r
                 where r.due_at is not null and r.tenant_id > t.tenant_id order by r.tenant_id limit 1)
          from tenants t where t.tenant_id is not null
      )
      select f.*, h.held
        from tenants t
       cross join lateral (
         select count(*) as held from platform.run_leases l where l.tenant_id = t.tenant_id and l.claimed_until > v_now
       ) h
       cross join lateral (
         (select r.tenant_id, r.run_id, greatest(r.fence, l.fence) + 1 as fence, r.due_at, true as is_left
            from platform.run_leases l
            join view.runs r on r.tenant_id = l.tenant_id and r.run_id = l.run_id
           where l.tenant_id = t.tenant_id and l.claimed_until > '-infinity' and l.claimed_until <= v_now
             and r.due_at <= v_now
           order by l.claimed_until limit 1)
          union all
         (select r.tenant_id, r.run_id, greatest(r.fence, coalesce(l.fence, 0)) + 1, r.due_at, false
            from view.runs r
            left join platform.run_leases l on l.tenant_id = r.tenant_id and l.run_id = r.run_id
           where r.tenant_id = t.tenant_id and r.due_at <= v_now and (l.claimed_until is null or l.claimed_until <= v_now)
           order by r.due_at, r.run_id limit 1)
       ) f
       order by f.is_left desc, h.held, f.due_at, f.run_id
    loop
      perform set_config('app.tenant_id', v_found.tenant_id::text, true);
      continue when v_found.held >= coalesce(
        (select n.max_runs from view.tenants n where n.tenant_id = v_found.tenant_id), c_usual);
      insert into platform.run_leases as l (tenant_id, run_id, worker, fence, claimed_until)
        values (v_found.tenant_id, v_found.run_id, p_worker, v_found.fence, v_now + make_interval(secs => p_seconds))
        on conflict (tenant_id, run_id) do update set
          worker = excluded.worker, fence = excluded.fence, claimed_until = excluded.claimed_until;
      tenant_id := v_found.tenant_id;
      run_id := v_found.run_id;
      fence := v_found.fence;
      v_taken := true;
      return next;
      exit;
    end loop;
  end loop;
  perform set_config('app.tenant_id', '', true);
  perform set_config('app.runs', '', true);
end
$$;

-- Keeps a run in hand for longer. False when it was lost: what has run out may be somebody else's, and does not come back.
create or replace function platform.renew_run(p_tenant uuid, p_run uuid, p_fence integer, p_seconds integer)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_kept boolean;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  -- Shared with others of its kind; a claim counts what is in hand while nobody renews.
  perform pg_advisory_xact_lock_shared(hashtext('platform.run_leases'));
  update platform.run_leases l set claimed_until = clock_timestamp() + make_interval(secs => p_seconds)
   where l.tenant_id = p_tenant and l.run_id = p_run and l.fence = p_fence and l.claimed_until > clock_timestamp();
  v_kept := found;
  perform set_config('app.tenant_id', '', true);
  return v_kept;
end
$$;

-- Lets a run go. The row stays while the run is open, because its fence must only ever grow.
create or replace function platform.release_run(p_tenant uuid, p_run uuid, p_fence integer) returns boolean
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_held boolean;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  if exists (select from view.runs r where r.tenant_id = p_tenant and r.run_id = p_run and r.due_at is null) then
    delete from platform.run_leases l where l.tenant_id = p_tenant and l.run_id = p_run and l.fence = p_fence;
  else
    update platform.run_leases l set claimed_until = '-infinity'
     where l.tenant_id = p_tenant and l.run_id = p_run and l.fence = p_fence;
  end if;
  v_held := found;
  perform set_config('app.tenant_id', '', true);
  return v_held;
end
$$;
