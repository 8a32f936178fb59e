-- The only writer of the log. One call carries the batches of one or several tenants (in id order), each with its own
-- context and its own outcome; what it appends, projects and remembers becomes visible together or not at all.

-- `p_parts` is a list separated by U+001E, which no JSON text contains raw. For each tenant: id, expected position,
-- number of views, command ids to look up, events, requests, then name and rows of each view.
create or replace function ledger.commit(p_parts text)
returns table (tenant_id uuid, outcome text, head bigint, committed_at timestamptz, detail json)
language plpgsql
security definer
set search_path = pg_catalog
as $$
#variable_conflict use_column
declare
  v_parts text[] := string_to_array(p_parts, chr(30));
  v_at int := 1;
  v_end int := cardinality(v_parts);
  v_next int;
  v_previous uuid;
  v_tenant uuid;
  v_expected bigint;
  v_position bigint;
  v_chain bytea;
  v_now timestamptz;
  v_stamp text;
  v_known json;
  v_view int;
begin
  while v_at < v_end loop
    v_tenant := v_parts[v_at]::uuid;
    v_expected := v_parts[v_at + 1]::bigint;
    v_next := v_at + 6 + 2 * v_parts[v_at + 2]::int;
    -- Two calls that lock the same tenants in another order would wait for each other for ever.
    if v_tenant <= v_previous then
      raise exception 'batches must come in the order of their tenants' using errcode = 'invalid_parameter_value';
    end if;
    v_previous := v_tenant;
    perform set_config('app.tenant_id', v_parts[v_at], true);

    v_known := null;
    if v_parts[v_at + 3] <> '' then
      v_known := ledger.known_requests(v_tenant, v_parts[v_at + 3]::json);
    end if;

    select h.position, h.chain_hash, greatest(h.recorded_at, date_trunc('milliseconds', clock_timestamp()))
      into v_position, v_chain, v_now
      from ledger.heads h where h.tenant_id = v_tenant for update;
    if not found and v_expected = 0 then
      v_now := date_trunc('milliseconds', clock_timestamp());
      v_chain := decode(repeat('00', 32), 'hex');
      insert into ledger.heads (tenant_id, position, chain_hash, recorded_at)
        values (v_tenant, 0, v_chain, v_now) on conflict do nothing;
      if found then v_position := 0; else v_position := null; end if;
    end if;

    if v_known is not null then
      tenant_id := v_tenant; outcome := 'known'; head := v_position; committed_at := v_now; detail := v_known;
      return next;
    elsif v_position is distinct from v_expected then
      tenant_id := v_tenant; outcome := 'moved'; head := v_position; committed_at := v_now;
      detail := ledger.missed_entries(v_tenant, v_expected, v_position);
      return next;
    else
      v_stamp := to_char(v_now at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
      if v_parts[v_at + 4] <> '' then
        perform ledger.append(v_tenant, v_position, v_chain, v_now, v_stamp, v_parts[v_at + 4]::json);
      end if;
      for v_view in v_at + 6 .. v_next - 2 by 2 loop
        perform ledger.project(v_parts[v_view], v_tenant, v_now, v_parts[v_view + 1]::json);
      end loop;
      if v_parts[v_at + 5] <> '' then
        insert into ledger.requests (tenant_id, scope, command_id, request_hash, status, position, version, recorded_at, body)
          select v_tenant, r.s, r.k, decode(r.h, 'hex'), r.c, r.p, r.v, v_now,
                 replace(r.b, '"\u0001recorded_at"', '"' || v_stamp || '"')
            from json_to_recordset(v_parts[v_at + 5]::json)
              as r(s uuid, k text, h text, c smallint, p bigint, v integer, b text);
      end if;
      tenant_id := v_tenant; outcome := 'done'; head := v_position; committed_at := v_now; detail := null;
      return next;
    end if;
    v_at := v_next;
  end loop;
  -- Nothing after this call may inherit the context of the last tenant.
  perform set_config('app.tenant_id', '', true);
end
$$;

-- Builds each canonical entry from the columns themselves, so that bytes and columns cannot disagree.
-- Keys stand in the order of RFC 8785; `actor` and `data` arrive as canonical JSON and are kept byte for byte.
create or replace function ledger.append(
  p_tenant uuid, p_position bigint, p_chain bytea, p_now timestamptz, p_stamp text, p_events json
) returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
  v_last bigint;
  v_chain bytea;
begin
  with added as (
    insert into ledger.events (
      tenant_id, position, event_id, stream_type, stream_id, version, type, schema, project_id, recorded_at,
      entry, leaf_hash, chain_hash
    )
    select p_tenant, e.position, e.i, e.st, e.si, e.v, e.t, e.s, e.p, p_now, e.entry::json, e.leaf,
           ledger.chain(p_chain, e.leaf) over (order by e.position rows unbounded preceding)
      from (
        select b.*, sha256('\x00'::bytea || convert_to(b.entry, 'UTF8')) as leaf
          from (
            select r.i, r.st, r.si, r.v, r.t, r.s, r.p, p_position + r.n as position,
                   '{"actor":' || r.a::text
                   || ',"causation_id":' || coalesce('"' || r.ca || '"', 'null')
                   || ',"command_id":' || to_json(r.c)::text
                   || ',"correlation_id":' || to_json(r.co)::text
                   || ',"data":' || r.d::text
                   || ',"id":"' || r.i || '","position":' || p_position + r.n
                   || ',"project_id":' || coalesce('"' || r.p || '"', 'null')
                   || ',"recorded_at":"' || p_stamp || '","schema":' || r.s
                   || ',"stream":{"id":"' || r.si || '","type":"' || r.st
                   || '"},"tenant_id":"' || p_tenant || '","type":"' || r.t || '","version":' || r.v || '}' as entry
              from json_to_recordset(p_events) as r(
                n integer, i uuid, st text, si uuid, v integer, t text, s smallint, p uuid,
                a json, c text, co text, ca uuid, d json
              )
            -- A fence: without it the planner would build every entry twice.
            offset 0
          ) b
        offset 0
      ) e
    returning position, chain_hash
  )
  select a.position, a.chain_hash into v_last, v_chain from added a order by a.position desc limit 1;
  update ledger.heads h set position = v_last, chain_hash = v_chain, recorded_at = p_now where h.tenant_id = p_tenant;
end
$$;

create or replace function ledger.known_requests(p_tenant uuid, p_commands json) returns json
language sql stable
set search_path = pg_catalog
as $$
  select json_agg(json_build_object(
      's', r.scope, 'k', r.command_id, 'h', encode(r.request_hash, 'hex'), 'c', r.status, 'p', r.position,
      'v', r.version, 'b', r.body))
    from json_to_recordset(p_commands) as c(s uuid, k text)
    join ledger.requests r on r.tenant_id = p_tenant and r.scope = c.s and r.command_id = c.k
$$;

-- What a process has to fold to catch up; null when it is so far behind that it should start over.
create or replace function ledger.missed_entries(p_tenant uuid, p_after bigint, p_head bigint) returns json
language sql stable
set search_path = pg_catalog
as $$
  select coalesce(json_agg(e.entry order by e.position), '[]'::json)
    from ledger.events e
   where e.tenant_id = p_tenant and e.position > p_after and p_head - p_after between 1 and 1000
  having p_head - p_after between 1 and 1000
$$;
