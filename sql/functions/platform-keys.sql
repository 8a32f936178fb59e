-- Keys by their hashes: the only look-up that crosses tenants, and only for callers who know what they ask for.
create or replace function platform.find_keys(p_hashes bytea[])
returns table (
  key_hash text, tenant_id uuid, key_id uuid, agent_id uuid, role text, lineage uuid[], story_id uuid,
  expires_in_ms double precision
)
language plpgsql
security definer
set search_path = pg_catalog
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
  perform set_config('app.tenant_id', '', true);
  return query
    select encode(k.key_hash, 'hex'), k.tenant_id, k.key_id, k.agent_id, k.role, k.lineage, k.story_id,
           extract(epoch from k.expires_at - clock_timestamp())::double precision * 1000
      -- The fences keep the order: first a hash is presented, then its row is looked for.
      from (
        select presented.hash, set_config('app.key_hash', coalesce(encode(presented.hash, 'hex'), ''), true)
          from unnest(p_hashes) as presented(hash) offset 0
      ) p
     cross join lateral (
       select * from platform.key_hashes h where h.key_hash = p.hash offset 0
     ) k
     where k.active and k.tenant_active and (k.expires_at is null or k.expires_at > clock_timestamp());
  perform set_config('app.key_hash', '', true);
end
$$;
