-- Keeps a sealed key for the command that names it next. What no endpoint names after an hour is forgotten here: a
-- command that was refused, a key that was replaced, an endpoint that was deleted.
create or replace function platform.keep_model_secret(p_tenant uuid, p_secret uuid, p_sealed text) returns void
language plpgsql
security definer
set search_path = pg_catalog
as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  delete from platform.model_secrets s
   where s.tenant_id = p_tenant and s.stored_at < clock_timestamp() - interval '1 hour'
     and not exists (select from view.model_endpoints e where e.tenant_id = p_tenant and e.secret_id = s.secret_id);
  insert into platform.model_secrets (tenant_id, secret_id, sealed) values (p_tenant, p_secret, p_sealed);
  perform set_config('app.tenant_id', '', true);
end
$$;

-- Null when there is none: it was never kept, or is forgotten.
create or replace function platform.model_secret(p_tenant uuid, p_secret uuid) returns text
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_sealed text;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  select s.sealed into v_sealed from platform.model_secrets s where s.tenant_id = p_tenant and s.secret_id = p_secret;
  perform set_config('app.tenant_id', '', true);
  return v_sealed;
end
$$;
