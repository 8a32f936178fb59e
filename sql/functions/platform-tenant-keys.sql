-- Keeps sealed private keys, before the commit that speaks of them. Rows that no commit ever speaks of harm nobody.
create or replace function platform.put_tenant_keys(p_tenant uuid, p_ids uuid[], p_purposes text[], p_sealed text[])
returns void
language plpgsql
security definer
set search_path = pg_catalog
as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  insert into platform.tenant_keys (tenant_id, key_id, purpose, sealed)
    select p_tenant, k.id, k.purpose, k.sealed from unnest(p_ids, p_purposes, p_sealed) as k(id, purpose, sealed);
  perform set_config('app.tenant_id', '', true);
end
$$;
