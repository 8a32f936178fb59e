-- What is granted comes first: a capability may be granted and void in one commit.
create or replace function view.project_capability(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
  v_ended record;
begin
  insert into view.capabilities (
    tenant_id, jti, story_id, act, dispatch_id, token_hash, expires_at, granted_at, status
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.story_id, r.act, r.dispatch_id, r.token_hash,
         r.expires_at, d.time, 'granted'
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, story_id uuid, act text, dispatch_id uuid, token_hash text, expires_at timestamptz, status text
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
   where r.status = 'granted';
  -- One by one, because an update finds its rows before it could set their context.
  for v_ended in
    select r.t, r.id, r.status
      from json_to_recordset(p_rows) as r(t integer, id uuid, status text)
     where r.status <> 'granted' and p_times[r.t] is not null
  loop
    perform set_config('app.tenant_id', p_tenants[v_ended.t]::text, true);
    update view.capabilities c set status = v_ended.status, ended_at = p_times[v_ended.t]
     where c.tenant_id = p_tenants[v_ended.t] and c.jti = v_ended.id and c.status = 'granted';
    if not found then
      raise exception 'the capability was never granted or has ended'
        using errcode = 'unique_violation', constraint = 'capabilities_once';
    end if;
  end loop;
end
$$;
