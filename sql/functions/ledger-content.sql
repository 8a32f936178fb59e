-- Keeps content under its own digest. The same content twice is one row.
create or replace function ledger.put_content(p_tenant uuid, p_bytes bytea) returns bytea
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_sha256 bytea := sha256(p_bytes);
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  insert into ledger.contents (tenant_id, sha256, size, bytes)
    values (p_tenant, v_sha256, octet_length(p_bytes), p_bytes)
    on conflict (tenant_id, sha256) do nothing;
  perform set_config('app.tenant_id', '', true);
  return v_sha256;
end
$$;
