-- Where logs stand: tenants and positions, and nothing else of them. The only knowledge that crosses tenants.
create or replace function ledger.positions(p_tenants uuid[]) returns table (tenant_id uuid, head bigint)
language plpgsql
security definer
set search_path = pg_catalog
as $$
#variable_conflict use_column
begin
  return query
    select wanted.tenant, h.position
      from unnest(p_tenants) as wanted(tenant)
     -- The fences keep the order: first the row's context, then one probe of the key.
     cross join lateral (select set_config('app.tenant_id', wanted.tenant::text, true) as tenant offset 0) context
     cross join lateral (select q.position from ledger.heads q where q.tenant_id = context.tenant::uuid offset 0) h;
  perform set_config('app.tenant_id', '', true);
end
$$;

-- All tenants that moved within that time; all there are when it is null. The policy of the heads knows this one reader.
create or replace function ledger.moved_positions(p_within interval) returns table (tenant_id uuid, head bigint)
language plpgsql
security definer
set search_path = pg_catalog
as $$
#variable_conflict use_column
begin
  perform set_config('app.positions', 'all', true);
  return query
    select h.tenant_id, h.position from ledger.heads h
     where p_within is null or h.recorded_at >= clock_timestamp() - p_within;
  perform set_config('app.positions', '', true);
end
$$;
