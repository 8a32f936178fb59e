-- The only writer of the log. One call carries the batches of one or several tenants, in id order; each has its own
-- outcome, and what it appends, projects and remembers becomes visible together or not at all.

-- Events and requests arrive as lines, separated by U+001E, of fields, separated by U+001F: neither character occurs raw in
-- JSON text or in ids, and splitting costs a quarter of parsing JSON. The first field is the place of the tenant in
-- `p_tenants`. `p_views` alternates names of views and JSON arrays of their rows.

-- Statements over rows of several tenants set the context row by row (`set_config` in the place of the tenant), so that the
-- row policies judge each row by its own tenant; one statement per tenant would cost three times as much when load is
-- spread over many tenants (docs/decisions/0001).
create or replace function ledger.commit(
  p_tenants uuid[], p_expected bigint[], p_events text, p_requests text, p_views text
) returns table (tenant_id uuid, outcome text, committed_at timestamptz, detail json)
language plpgsql
security definer
set search_path = pg_catalog
-- Planning its statements anew for each call would take longer than running them.
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  c_line constant text := chr(30);
  c_field constant text := chr(31);
  f text[];
  v_line text;
  v_known uuid[] := '{}';
  v_accepted boolean := false;
  v_place int := 0;
  v_tenant uuid;
  v_position bigint;
  v_chain bytea;
  v_leaf bytea;
  v_now timestamptz;
  v_stamp text;
  v_entry text;
  -- In step with p_tenants; null for a tenant that is not committed.
  v_times timestamptz[] := array_fill(null::timestamptz, array[cardinality(p_tenants)]);
  v_chains bytea[] := array_fill(null::bytea, array[cardinality(p_tenants)]);
  v_heads ledger.heads[] := '{}';
  v_events ledger.events[] := '{}';
  v_requests ledger.requests[] := '{}';
  v_views text[];
begin
  if p_requests <> '' then
    v_requests := array(
      select row(p_tenants[l.f[1]::int], l.f[2]::uuid, l.f[3], decode(l.f[4], 'hex'), l.f[5]::smallint, l.f[6]::bigint,
                 l.f[7]::integer, null, l.f[8])::ledger.requests
        from (select string_to_array(line, c_field) as f from unnest(string_to_array(p_requests, c_line)) line offset 0) l);
    for tenant_id, detail in select k.tenant, k.requests from ledger.known_requests(v_requests) k loop
      v_known := v_known || tenant_id;
      outcome := 'known'; committed_at := null;
      return next;
    end loop;
  end if;

  for v_place, v_position, v_chain, v_now in
    select l.place, l.head, l.chain, l.moved_at from ledger.lock_heads(p_tenants, p_expected, v_known, p_events = '') l
  loop
    tenant_id := p_tenants[v_place];
    if v_position = p_expected[v_place] then
      v_accepted := true;
      committed_at := greatest(v_now, date_trunc('milliseconds', clock_timestamp()));
      v_times[v_place] := committed_at;
      v_chains[v_place] := v_chain;
      outcome := 'done'; detail := null;
    else
      perform set_config('app.tenant_id', tenant_id::text, true);
      -- What is in the log up to here stays there, whether or not the head is held.
      select h.position, h.recorded_at into v_position, v_now from ledger.heads h where h.tenant_id = p_tenants[v_place];
      outcome := 'moved'; committed_at := v_now;
      detail := ledger.missed_entries(tenant_id, p_expected[v_place], v_position);
    end if;
    return next;
  end loop;
  if not v_accepted then
    perform set_config('app.tenant_id', '', true);
    return;
  end if;

  v_place := 0;
  foreach v_line in array string_to_array(p_events, c_line) loop
    f := string_to_array(v_line, c_field, '');
    if f[1]::int <> v_place then
      if v_now is not null and v_place > 0 then
        v_heads := v_heads || row(v_tenant, v_position, v_chain, v_now)::ledger.heads;
      end if;
      if f[1]::int not between v_place + 1 and cardinality(p_tenants) then
        raise exception 'a line of a batch belongs to no tenant' using errcode = 'invalid_parameter_value';
      end if;
      v_place := f[1]::int;
      v_tenant := p_tenants[v_place];
      v_position := p_expected[v_place];
      v_chain := v_chains[v_place];
      v_now := v_times[v_place];
      v_stamp := to_char(v_now at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
    end if;
    continue when v_now is null;
    v_position := v_position + 1;
    -- Built from the columns themselves, so that bytes and columns cannot disagree. Keys stand in the order of
    -- RFC 8785; actor, ids of command and correlation, and data arrive as canonical JSON and are kept byte for byte.
    v_entry := format(
      '{"actor":%s,"causation_id":%s,"command_id":%s,"correlation_id":%s,"data":%s,"id":"%s","position":%s'
      ',"project_id":%s,"recorded_at":"%s","schema":%s,"stream":{"id":"%s","type":"%s"},"tenant_id":"%s"'
      ',"type":"%s","version":%s}',
      f[9], f[12], f[10], f[11], f[13], f[2], v_position,
      coalesce('"' || f[8] || '"', 'null'), v_stamp, f[7], f[4], f[3], v_tenant, f[6], f[5]);
    v_leaf := sha256('\x00'::bytea || convert_to(v_entry, 'UTF8'));
    v_chain := sha256(v_chain || v_leaf);
    v_events := v_events || row(
      v_tenant, v_position, f[2]::uuid, f[3], f[4]::uuid, f[5]::integer, f[6], f[7]::smallint, f[8]::uuid,
      v_now, v_entry, v_leaf, v_chain)::ledger.events;
  end loop;
  if v_now is not null and v_place > 0 then
    v_heads := v_heads || row(v_tenant, v_position, v_chain, v_now)::ledger.heads;
  end if;

  if cardinality(v_events) > 0 then
    -- Every head is there and held. An upsert, because an update from a join would look for the rows of all tenants
    -- under the context of one.
    insert into ledger.heads (tenant_id, position, chain_hash, recorded_at)
    select set_config('app.tenant_id', m.tenant_id::text, true)::uuid, m.position, m.chain_hash, m.recorded_at
      from unnest(v_heads) m
    on conflict (tenant_id) do update set
      position = excluded.position, chain_hash = excluded.chain_hash, recorded_at = excluded.recorded_at;

      insert into ledger.events (
      tenant_id, position, event_id, stream_type, stream_id, version, type, schema, project_id, recorded_at,
      entry, leaf_hash, chain_hash
    )
    select set_config('app.tenant_id', n.tenant_id::text, true)::uuid, n.position, n.event_id, n.stream_type, n.stream_id,
           n.version, n.type, n.schema, n.project_id, n.recorded_at, n.entry, n.leaf_hash, n.chain_hash
      from unnest(v_events) n;
  end if;

  if p_views <> '' then
    v_views := string_to_array(p_views, c_line);
    for v_view in 1 .. cardinality(v_views) by 2 loop
      perform ledger.project(v_views[v_view], v_views[v_view + 1]::json, p_tenants, v_times);
    end loop;
  end if;

  if cardinality(v_requests) > 0 then
    insert into ledger.requests (tenant_id, scope, command_id, request_hash, status, position, version, recorded_at, body)
    select set_config('app.tenant_id', r.tenant_id::text, true)::uuid, r.scope, r.command_id, r.request_hash, r.status,
           r.position, r.version, d.time, replace(r.body, '"\u0001recorded_at"', d.stamp)
      from unnest(v_requests) r
      join (
        select tenant, time, to_char(time at time zone 'UTC', '\"YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\"') as stamp
          from unnest(p_tenants, v_times) as c(tenant, time) where time is not null offset 0
      ) d on d.tenant = r.tenant_id;
  end if;

  -- Nothing after this call may inherit the context of the last tenant.
  perform set_config('app.tenant_id', '', true);
end
$$;

-- Locks the heads of the tenants, in their order, all but those whose requests are known. A head that has moved is told as
-- null and, unless it is to be held wherever it stands, not locked: a batch that comes too late waits for nobody, and leaves
-- nothing that would have to be flushed.
drop function if exists ledger.lock_heads(uuid[], bigint[], uuid[]);
create or replace function ledger.lock_heads(p_tenants uuid[], p_expected bigint[], p_known uuid[], p_anywhere boolean)
returns table (place int, head bigint, chain bytea, moved_at timestamptz)
language plpgsql
set search_path = pg_catalog
as $$
begin
  for v_place in 1 .. cardinality(p_tenants) loop
    -- Two calls that lock the same tenants in another order would wait for each other for ever.
    if p_tenants[v_place] <= p_tenants[v_place - 1] then
      raise exception 'batches must come in the order of their tenants' using errcode = 'invalid_parameter_value';
    end if;
    -- The first commit of a tenant. Of two at once, one inserts the head and the other waits for it here, before it
    -- holds any other.
    if p_expected[v_place] = 0 and p_tenants[v_place] <> all (p_known) then
      perform set_config('app.tenant_id', p_tenants[v_place]::text, true);
      insert into ledger.heads (tenant_id, position, chain_hash, recorded_at)
        values (p_tenants[v_place], 0, decode(repeat('00', 32), 'hex'), date_trunc('milliseconds', clock_timestamp()))
        on conflict (tenant_id) do nothing;
    end if;
  end loop;
  return query
    select c.place::int, h.position, h.chain_hash, h.recorded_at
      -- The fences keep the order: first the context of a row, then its head.
      from (
        select p.place, p.expected, set_config('app.tenant_id', p.tenant::text, true)::uuid as tenant
          from unnest(p_tenants, p_expected) with ordinality as p(tenant, expected, place)
         where p.tenant <> all (p_known) offset 0
      ) c
      left join lateral (
        select l.position, l.chain_hash, l.recorded_at from ledger.heads l
         where l.tenant_id = c.tenant and (p_anywhere or l.position = c.expected) for update offset 0
      ) h on true;
end
$$;

-- Earlier answers to these command ids, per tenant.
create or replace function ledger.known_requests(p_asked ledger.requests[]) returns table (tenant uuid, requests json)
language sql volatile
set search_path = pg_catalog
as $$
  select a.tenant_id, json_agg(json_build_object(
      's', r.scope, 'k', r.command_id, 'h', encode(r.request_hash, 'hex'), 'c', r.status, 'p', r.position,
      'v', r.version, 'b', r.body))
    from unnest(p_asked) a
   -- The fences keep the order: first the row's context, then one probe of the key for each command.
   cross join lateral (select set_config('app.tenant_id', a.tenant_id::text, true) as tenant offset 0) context
   cross join lateral (
     select * from ledger.requests q
      where q.tenant_id = context.tenant::uuid and q.scope = a.scope and q.command_id = a.command_id offset 0
   ) r
   group by a.tenant_id
$$;

-- What a process has to fold to catch up; null when it is so far behind that it should start over.
create or replace function ledger.missed_entries(p_tenant uuid, p_after bigint, p_head bigint) returns json
language sql stable
set search_path = pg_catalog
as $$
  -- Bounded, or the planner takes a third of the log for what may have been missed, and reads all of it.
  select json_agg(m.entry::json order by m.position)
    from (
      select e.entry, e.position from ledger.events e
       where e.tenant_id = p_tenant and e.position > p_after and e.position <= p_after + 1000
         and p_head - p_after between 1 and 1000
       order by e.position limit 1000
    ) m
  having p_head - p_after between 1 and 1000
$$;
