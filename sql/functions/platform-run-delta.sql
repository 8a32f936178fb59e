-- Says for some seconds that somebody watches these runs in the process of the watcher, and clears away what nobody came for.
create or replace function platform.watch_runs(p_watcher uuid, p_tenants uuid[], p_runs uuid[], p_seconds integer) returns void
language plpgsql
security definer
set search_path = pg_catalog
as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  for v_at in 1 .. least(cardinality(p_tenants), 500) loop
    perform set_config('app.tenant_id', p_tenants[v_at]::text, true);
    delete from platform.run_watches w where w.tenant_id = p_tenants[v_at] and w.watched_until < clock_timestamp();
    delete from platform.run_deltas d
     where d.tenant_id = p_tenants[v_at] and d.told_at < clock_timestamp() - interval '1 minute';
    insert into platform.run_watches as w (tenant_id, run_id, watcher, watched_until)
      values (p_tenants[v_at], p_runs[v_at], p_watcher, clock_timestamp() + make_interval(secs => p_seconds))
      on conflict (tenant_id, run_id, watcher) do update set watched_until = excluded.watched_until;
  end loop;
  perform set_config('app.tenant_id', '', true);
end
$$;

-- Lays live output of a run before all who watch it but one. Answers with how many got it: whoever has not taken what
-- waits for it gets no more.
create or replace function platform.tell_run(p_tenant uuid, p_run uuid, p_but uuid, p_delta uuid, p_told json) returns integer
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  c_most_waiting constant integer := 40;
  v_got integer;
begin
  perform set_config('synchronous_commit', 'off', true);
  perform set_config('app.tenant_id', p_tenant::text, true);
  insert into platform.run_deltas (tenant_id, run_id, watcher, delta_id, told)
    select w.tenant_id, w.run_id, w.watcher, p_delta, p_told
      from platform.run_watches w
     where w.tenant_id = p_tenant and w.run_id = p_run and w.watcher <> p_but and w.watched_until > clock_timestamp()
       and c_most_waiting > (
         select count(*) from platform.run_deltas d
          where d.tenant_id = w.tenant_id and d.run_id = w.run_id and d.watcher = w.watcher);
  get diagnostics v_got = row_count;
  perform set_config('app.tenant_id', '', true);
  return v_got;
end
$$;

-- Takes what waits for a watcher of these runs, each under its own tenant. `place` is that of the run in the list.
create or replace function platform.hear_runs(p_watcher uuid, p_tenants uuid[], p_runs uuid[])
returns table (place integer, told text)
language plpgsql
security definer
set search_path = pg_catalog
as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  for v_at in 1 .. least(cardinality(p_tenants), 500) loop
    perform set_config('app.tenant_id', p_tenants[v_at]::text, true);
    return query
      with gone as (
        delete from platform.run_deltas d
         where d.tenant_id = p_tenants[v_at] and d.run_id = p_runs[v_at] and d.watcher = p_watcher
        returning d.delta_id, d.told
      )
      select v_at, g.told::text from gone g order by g.delta_id;
  end loop;
  perform set_config('app.tenant_id', '', true);
end
$$;

-- Clears away what processes left that are not there any more.
create or replace function platform.purge_run_deltas(p_tenant uuid) returns integer
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_removed integer;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  delete from platform.run_watches w where w.tenant_id = p_tenant and w.watched_until < clock_timestamp();
  delete from platform.run_deltas d where d.tenant_id = p_tenant and d.told_at < clock_timestamp() - interval '1 minute';
  get diagnostics v_removed = row_count;
  perform set_config('app.tenant_id', '', true);
  return v_removed;
end
$$;
