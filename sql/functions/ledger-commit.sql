-- The only writer of the log. One call carries the batches of one or several tenants, in id order; each has its own
-- outcome, and what it appends, projects and remembers becomes visible together or not at all.

-- Rows arrive as JSON arrays in which `t` is the tenant. Statements over rows of several tenants set the context row by
-- row (`set_config` in the place of the tenant), so that the row policies judge each row by its own tenant; one
-- statement per tenant would cost three times as much when load is spread over many tenants.
create or replace function ledger.commit(p_lookups json, p_events json, p_requests json, p_views text)
returns table (tenant_id uuid, outcome text, committed_at timestamptz, detail json)
language plpgsql
security definer
set search_path = pg_catalog
as $$
#variable_conflict use_column
declare
  v_row record;
  v_tenant uuid;
  v_known uuid[] := '{}';
  v_accepted boolean := false;
  v_position bigint;
  v_chain bytea;
  v_leaf bytea;
  v_now timestamptz;
  v_stamp text;
  v_entry text;
  v_done uuid[] := '{}';
  v_times timestamptz[] := '{}';
  v_stamps text[] := '{}';
  v_events ledger.events[] := '{}';
  v_views text[];
begin
  if p_lookups is not null then
    for v_row in select * from ledger.known_requests(p_lookups) loop
      v_known := v_known || v_row.tenant;
      tenant_id := v_row.tenant; outcome := 'known'; committed_at := null; detail := v_row.requests;
      return next;
    end loop;
  end if;

  for v_row in
    select * from json_to_recordset(p_events) as r(
      t uuid, e bigint, i text, st text, si text, v text, k text, s text, p text,
      a json, c json, co json, ca text, d json)
  loop
    if v_row.t is distinct from v_tenant then
      -- Two calls that lock the same tenants in another order would wait for each other for ever.
      if v_row.t < v_tenant then
        raise exception 'batches must come in the order of their tenants' using errcode = 'invalid_parameter_value';
      end if;
      if v_accepted then
        perform ledger.move_head(v_tenant, v_position, v_chain, v_now);
      end if;
      v_tenant := v_row.t;
      v_accepted := false;
      if v_tenant = any(v_known) then
        continue;
      end if;
      perform set_config('app.tenant_id', v_tenant::text, true);
      select h.position, h.chain_hash, greatest(h.recorded_at, date_trunc('milliseconds', clock_timestamp()))
        into v_position, v_chain, v_now
        from ledger.heads h where h.tenant_id = v_tenant for update;
      if not found then
        select o.head, o.chain, o.moved_at into v_position, v_chain, v_now from ledger.open_head(v_tenant) o;
      end if;
      committed_at := v_now;
      tenant_id := v_tenant;
      v_accepted := v_position = v_row.e;
      if v_accepted then
        v_stamp := to_char(v_now at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
        v_done := v_done || v_tenant;
        v_times := v_times || v_now;
        v_stamps := v_stamps || ('"' || v_stamp || '"');
        outcome := 'done'; detail := null;
      else
        outcome := 'moved'; detail := ledger.missed_entries(v_tenant, v_row.e, v_position);
      end if;
      return next;
    end if;

    if v_accepted and v_row.i is not null then
      v_position := v_position + 1;
      -- Built from the columns themselves, so that bytes and columns cannot disagree. Keys stand in the order of
      -- RFC 8785; actor, ids of command and correlation, and data arrive as canonical JSON and are kept byte for byte.
      v_entry := format(
        '{"actor":%s,"causation_id":%s,"command_id":%s,"correlation_id":%s,"data":%s,"id":"%s","position":%s'
        ',"project_id":%s,"recorded_at":"%s","schema":%s,"stream":{"id":"%s","type":"%s"},"tenant_id":"%s"'
        ',"type":"%s","version":%s}',
        v_row.a, coalesce('"' || v_row.ca || '"', 'null'), v_row.c, v_row.co, v_row.d, v_row.i, v_position,
        coalesce('"' || v_row.p || '"', 'null'), v_stamp, v_row.s, v_row.si, v_row.st, v_tenant, v_row.k, v_row.v);
      v_leaf := sha256('\x00'::bytea || convert_to(v_entry, 'UTF8'));
      v_chain := sha256(v_chain || v_leaf);
      v_events := v_events || row(
        v_tenant, v_position, v_row.i::uuid, v_row.st, v_row.si::uuid, v_row.v::integer, v_row.k, v_row.s::smallint,
        v_row.p::uuid, v_now, v_entry, v_leaf, v_chain)::ledger.events;
    end if;
  end loop;
  if v_accepted then
    perform ledger.move_head(v_tenant, v_position, v_chain, v_now);
  end if;

  if cardinality(v_events) > 0 then
    insert into ledger.events (
      tenant_id, position, event_id, stream_type, stream_id, version, type, schema, project_id, recorded_at,
      entry, leaf_hash, chain_hash
    )
    select set_config('app.tenant_id', n.tenant_id::text, true)::uuid, n.position, n.event_id, n.stream_type, n.stream_id,
           n.version, n.type, n.schema, n.project_id, n.recorded_at, n.entry, n.leaf_hash, n.chain_hash
      from unnest(v_events) n;
  end if;

  if p_views <> '' and cardinality(v_done) > 0 then
    v_views := string_to_array(p_views, chr(30));
    for v_view in 1 .. cardinality(v_views) by 2 loop
      perform ledger.project(v_views[v_view], v_views[v_view + 1]::json, v_done, v_times);
    end loop;
  end if;

  if p_requests is not null and cardinality(v_done) > 0 then
    insert into ledger.requests (tenant_id, scope, command_id, request_hash, status, position, version, recorded_at, body)
    select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.s, r.k, decode(r.h, 'hex'), r.c, r.p, r.v, d.time,
           replace(r.b::text, '"\u0001recorded_at"', d.stamp)
      from json_to_recordset(p_requests) as r(t uuid, s uuid, k text, h text, c smallint, p bigint, v integer, b json)
      join unnest(v_done, v_times, v_stamps) as d(tenant, time, stamp) on d.tenant = r.t;
  end if;

  -- Nothing after this call may inherit the context of the last tenant.
  perform set_config('app.tenant_id', '', true);
end
$$;

create or replace function ledger.move_head(p_tenant uuid, p_position bigint, p_chain bytea, p_now timestamptz) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  update ledger.heads h set position = p_position, chain_hash = p_chain, recorded_at = p_now
   where h.tenant_id = p_tenant and h.position < p_position;
end
$$;

-- The first commit of a tenant. Of two at once, one inserts the head and the other waits for it and reads it.
create or replace function ledger.open_head(p_tenant uuid)
returns table (head bigint, chain bytea, moved_at timestamptz)
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into ledger.heads (tenant_id, position, chain_hash, recorded_at)
    values (p_tenant, 0, decode(repeat('00', 32), 'hex'), date_trunc('milliseconds', clock_timestamp()))
    on conflict (tenant_id) do nothing;
  return query select h.position, h.chain_hash, h.recorded_at from ledger.heads h where h.tenant_id = p_tenant for update;
end
$$;

-- Earlier answers to these command ids, per tenant.
create or replace function ledger.known_requests(p_lookups json) returns table (tenant uuid, requests json)
language sql volatile
set search_path = pg_catalog
as $$
  select c.t, json_agg(json_build_object(
      's', r.scope, 'k', r.command_id, 'h', encode(r.request_hash, 'hex'), 'c', r.status, 'p', r.position,
      'v', r.version, 'b', r.body))
    from json_to_recordset(p_lookups) as c(t uuid, s uuid, k text)
   -- The fences keep the order: first the row's context, then one probe of the key for each command.
   cross join lateral (select set_config('app.tenant_id', c.t::text, true) as tenant offset 0) context
   cross join lateral (
     select * from ledger.requests q
      where q.tenant_id = context.tenant::uuid and q.scope = c.s and q.command_id = c.k offset 0
   ) r
   group by c.t
$$;

-- What a process has to fold to catch up; null when it is so far behind that it should start over.
create or replace function ledger.missed_entries(p_tenant uuid, p_after bigint, p_head bigint) returns json
language sql stable
set search_path = pg_catalog
as $$
  select json_agg(e.entry::json order by e.position)
    from ledger.events e
   where e.tenant_id = p_tenant and e.position > p_after and p_head - p_after between 1 and 1000
  having p_head - p_after between 1 and 1000
$$;
