-- Ceremonies: begun with a time to live, taken exactly once, and swept when nobody came back.
create or replace function platform.open_ceremony(p_id uuid, p_sealed text, p_seconds integer) returns timestamptz
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_expires_at timestamptz := clock_timestamp() + make_interval(secs => least(p_seconds, 900));
begin
  perform set_config('app.ceremony_id', p_id::text, true);
  insert into platform.ceremonies (ceremony_id, expires_at, sealed) values (p_id, v_expires_at, p_sealed);
  perform set_config('app.ceremony_id', '', true);
  return v_expires_at;
end
$$;

-- Whoever deletes the row has it; of two who try at once the second finds nothing.
create or replace function platform.take_ceremony(p_id uuid) returns text
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_sealed text;
  v_expires_at timestamptz;
begin
  perform set_config('app.ceremony_id', p_id::text, true);
  delete from platform.ceremonies c where c.ceremony_id = p_id returning c.sealed, c.expires_at into v_sealed, v_expires_at;
  perform set_config('app.ceremony_id', '', true);
  return case when v_expires_at > clock_timestamp() then v_sealed end;
end
$$;

create or replace function platform.purge_ceremonies() returns integer
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_gone integer;
begin
  delete from platform.ceremonies c
   where c.ceremony_id in (select o.ceremony_id from platform.ceremonies o where o.expires_at < clock_timestamp() limit 5000);
  get diagnostics v_gone = row_count;
  return v_gone;
end
$$;
