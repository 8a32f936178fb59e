-- Consumers: how far named followers have come. Who asks is `p_by`: {"id": of a new consumer, "key": who asks, "any":
-- whether consumers of others may be changed too, "version": the one expected, or null, "most": how many there may be}.

create or replace function ledger.put_consumer(p_tenant uuid, p_name text, p_position bigint, p_by jsonb)
returns table (outcome text, version integer)
language plpgsql
security definer
set search_path = pg_catalog
as $$
#variable_conflict use_column
declare
  v_old ledger.consumers;
  v_expected integer := (p_by ->> 'version')::integer;
  v_key uuid := (p_by ->> 'key')::uuid;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  if p_position > coalesce((select h.position from ledger.heads h where h.tenant_id = p_tenant), 0) then
    raise exception 'a consumer cannot be ahead of its log' using errcode = 'invalid_parameter_value';
  end if;
  select * into v_old from ledger.consumers c where c.tenant_id = p_tenant and c.name = p_name for update;
  if v_old.name is null then
    if v_expected is not null then
      return query select 'stale', 0;
    elsif (select count(*) from ledger.consumers c where c.tenant_id = p_tenant) >= (p_by ->> 'most')::integer then
      return query select 'full', 0;
    else
      return query
        insert into ledger.consumers as c (tenant_id, name, consumer_id, key_id, version, position, created_at, updated_at)
        values (p_tenant, p_name, (p_by ->> 'id')::uuid, v_key, 1, p_position, clock_timestamp(), clock_timestamp())
        -- Two first steps at one moment: the later one counts as the second.
        on conflict (tenant_id, name) do update
          set version = c.version + 1, position = excluded.position, updated_at = excluded.updated_at
          where c.key_id is not distinct from v_key or (p_by ->> 'any')::boolean
        returning 'done', c.version;
      if not found then
        return query select 'foreign', 0;
      end if;
    end if;
  elsif v_old.key_id is distinct from v_key and not (p_by ->> 'any')::boolean then
    return query select 'foreign', v_old.version;
  elsif v_expected is not null and v_expected <> v_old.version then
    return query select 'stale', v_old.version;
  else
    return query
      update ledger.consumers c set version = c.version + 1, position = p_position, updated_at = clock_timestamp()
       where c.tenant_id = p_tenant and c.name = p_name
      returning 'done', c.version;
  end if;
  perform set_config('app.tenant_id', '', true);
end
$$;

create or replace function ledger.drop_consumer(p_tenant uuid, p_name text, p_by jsonb)
returns table (outcome text, version integer)
language plpgsql
security definer
set search_path = pg_catalog
as $$
#variable_conflict use_column
declare
  v_old ledger.consumers;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  select * into v_old from ledger.consumers c where c.tenant_id = p_tenant and c.name = p_name for update;
  if v_old.name is null then
    return query select 'missing', 0;
  elsif v_old.key_id is distinct from (p_by ->> 'key')::uuid and not (p_by ->> 'any')::boolean then
    return query select 'foreign', v_old.version;
  elsif v_old.version <> coalesce((p_by ->> 'version')::integer, v_old.version) then
    return query select 'stale', v_old.version;
  else
    delete from ledger.consumers c where c.tenant_id = p_tenant and c.name = p_name;
    return query select 'done', v_old.version;
  end if;
  perform set_config('app.tenant_id', '', true);
end
$$;

-- How far behind the consumers of these tenants are: ids and numbers, and nothing else of them.
create or replace function ledger.consumer_lags(p_tenants uuid[]) returns table (consumer_id uuid, lag bigint)
language plpgsql
security definer
set search_path = pg_catalog
as $$
#variable_conflict use_column
begin
  return query
    select c.consumer_id, c.lag
      from unnest(p_tenants) as wanted(tenant)
     cross join lateral (select set_config('app.tenant_id', wanted.tenant::text, true) as tenant offset 0) context
     cross join lateral (
       select k.consumer_id, h.position - k.position as lag
         from ledger.consumers k
         join ledger.heads h on h.tenant_id = context.tenant::uuid
        where k.tenant_id = context.tenant::uuid offset 0
     ) c;
  perform set_config('app.tenant_id', '', true);
end
$$;
