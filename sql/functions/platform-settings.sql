create or replace function platform.feed_epoch() returns text
language sql stable
security definer
set search_path = pg_catalog
as $$
  select s.value from platform.settings s where s.name = 'feed_epoch'
$$;

-- Whether this is the master key that the tenants' secrets are sealed with. The first process to ask settles it.
create or replace function platform.claim_master_key(p_fingerprint text) returns boolean
language plpgsql
security definer
set search_path = pg_catalog
as $$
begin
  insert into platform.settings (name, value) values ('master_key', p_fingerprint) on conflict (name) do nothing;
  return exists (select from platform.settings s where s.name = 'master_key' and s.value = p_fingerprint);
end
$$;
