create or replace function view.project_key(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.keys (
    tenant_id, key_id, version, position, created_at, updated_at, name, role, agent_id, prefix, expires_at,
    lineage, status
  )
  select set_config('app.tenant_id', r.tenant::text, true)::uuid, r.id, r.version, r.position, r.time, r.time,
         r.name, r.role, r.agent_id, r.prefix, r.expires_at, r.lineage, r.status
    from (
      select d.tenant, d.time, r.*
        from json_to_recordset(p_rows) as r(
          t integer, id uuid, version integer, position bigint, name text, role text, agent_id uuid, prefix text,
          expires_at timestamptz, lineage uuid[], status text
        )
        join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place)
          on d.place = r.t and d.time is not null
       -- An ended key leaves its place before the next one takes it: the index looks at each row by itself.
       order by r.status in ('active', 'suspended')
    ) r
  on conflict (tenant_id, key_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    name = excluded.name, prefix = excluded.prefix, status = excluded.status;
end
$$;

-- The directory by which callers are recognised, in the same commit as the event: a revoked key is unknown at once.
create or replace function platform.project_key_hash(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into platform.key_hashes (
    key_hash, tenant_id, key_id, agent_id, role, lineage, story_id, active, expires_at
  )
  select decode(r.secret_hash, 'hex'), set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id,
         r.agent_id, r.role, r.lineage, r.story_id, r.active, r.expires_at
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, secret_hash text, agent_id uuid, role text, lineage uuid[], story_id uuid, active boolean,
      expires_at timestamptz
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (key_hash) do update set active = excluded.active, expires_at = excluded.expires_at;
end
$$;
