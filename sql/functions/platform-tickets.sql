-- Tickets of the stream: kept for a while, taken once.
create or replace function platform.put_ticket(p_tenant uuid, p_hash bytea, p_key_hash bytea, p_seconds integer)
returns timestamptz
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_expires_at timestamptz := clock_timestamp() + make_interval(secs => p_seconds);
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  delete from platform.stream_tickets t where t.tenant_id = p_tenant and t.expires_at < clock_timestamp();
  insert into platform.stream_tickets (tenant_id, ticket_hash, key_hash, expires_at)
  values (p_tenant, p_hash, p_key_hash, v_expires_at);
  perform set_config('app.tenant_id', '', true);
  return v_expires_at;
end
$$;

create or replace function platform.take_ticket(p_tenant uuid, p_hash bytea) returns bytea
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_key_hash bytea;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  delete from platform.stream_tickets t
   where t.tenant_id = p_tenant and t.ticket_hash = p_hash and t.expires_at > clock_timestamp()
  returning t.key_hash into v_key_hash;
  perform set_config('app.tenant_id', '', true);
  return v_key_hash;
end
$$;
