-- Keeps a sealed secret for the command that names it next. What no webhook names after an hour, or not any more, is
-- forgotten here: a command that was refused, a secret whose grace is over, an endpoint that was deleted.
create or replace function platform.keep_webhook_secret(p_tenant uuid, p_secret uuid, p_sealed text) returns void
language plpgsql
security definer
set search_path = pg_catalog
as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  delete from platform.webhook_secrets s
   where s.tenant_id = p_tenant and s.stored_at < clock_timestamp() - interval '1 hour'
     and not exists (
       select from view.webhooks w
        where w.tenant_id = p_tenant and w.status <> 'deleted'
          and (w.secret_id = s.secret_id
               or (w.former_secret_id = s.secret_id and w.former_until > clock_timestamp())));
  insert into platform.webhook_secrets (tenant_id, secret_id, sealed) values (p_tenant, p_secret, p_sealed);
  perform set_config('app.tenant_id', '', true);
end
$$;
