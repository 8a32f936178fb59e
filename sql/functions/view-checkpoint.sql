-- Moves an asynchronous projection of one tenant from one position to a later one, with its rows, in one transaction.
-- Answers with the position that is reached; null when another worker is at it right now. In each of `p_rounds` no row
-- comes twice, and `t` of a row is the place of its time in the times of the round.
create or replace function view.advance(
  p_projection text, p_tenant uuid, p_expected bigint, p_next bigint, p_rounds json
) returns bigint
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_position bigint;
  v_round json;
  v_times timestamptz[];
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  insert into view.checkpoints (tenant_id, projection, position)
    select p_tenant, p_projection, 0
     where not exists (
       select from view.checkpoints c where c.tenant_id = p_tenant and c.projection = p_projection)
    on conflict do nothing;
  select c.position into v_position from view.checkpoints c
   where c.tenant_id = p_tenant and c.projection = p_projection for update skip locked;
  if v_position = p_expected and p_next > p_expected then
    if not exists (select from ledger.heads h where h.tenant_id = p_tenant and h.position >= p_next) then
      raise exception 'a projection cannot be ahead of its log' using errcode = 'invalid_parameter_value';
    end if;
    for v_round in select r.value from json_array_elements(p_rounds) r loop
      v_times := array(select t.value::timestamptz from json_array_elements_text(v_round -> 'times') t);
      perform ledger.project(
        p_projection, v_round -> 'rows', array_fill(p_tenant, array[cardinality(v_times)]), v_times);
    end loop;
    update view.checkpoints c set position = p_next where c.tenant_id = p_tenant and c.projection = p_projection;
    v_position := p_next;
  end if;
  perform set_config('app.tenant_id', '', true);
  return v_position;
end
$$;

-- How far a projection has come in each of these tenants; those where it has not begun are left out.
create or replace function view.reached(p_projection text, p_tenants uuid[])
returns table (tenant_id uuid, reached bigint)
language plpgsql
security definer
set search_path = pg_catalog
as $$
#variable_conflict use_column
begin
  return query
    select wanted.tenant, c.position
      from unnest(p_tenants) as wanted(tenant)
     cross join lateral (select set_config('app.tenant_id', wanted.tenant::text, true) as tenant offset 0) context
     cross join lateral (
       select k.position from view.checkpoints k
        where k.tenant_id = context.tenant::uuid and k.projection = p_projection offset 0
     ) c;
  perform set_config('app.tenant_id', '', true);
end
$$;
