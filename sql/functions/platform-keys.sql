-- Keys by their hashes: the only look-up that crosses tenants, and only for callers who know what they ask for.
create or replace function platform.find_keys(p_hashes bytea[])
returns table (
  key_hash text, tenant_id uuid, key_id uuid, agent_id uuid, role text, lineage uuid[], story_id uuid,
  expires_in_ms double precision
)
language plpgsql
security definer
set search_path = pg_catalog
as $$
#variable_conflict use_column
begin
  perform set_config('app.tenant_id', '', true);
  perform set_config('app.key_hashes',
    coalesce((select string_agg(encode(h, 'hex'), ',') from unnest(p_hashes) as presented(h)), ''), true);
  return query
    select encode(k.key_hash, 'hex'), k.tenant_id, k.key_id, k.agent_id, k.role, k.lineage, k.story_id,
           extract(epoch from k.expires_at - clock_timestamp())::double precision * 1000
      from platform.key_hashes k
     where k.key_hash = any(p_hashes) and k.active and k.tenant_active
       and (k.expires_at is null or k.expires_at > clock_timestamp());
  perform set_config('app.key_hashes', '', true);
end
$$;
