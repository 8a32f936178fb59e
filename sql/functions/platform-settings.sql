create or replace function platform.feed_epoch() returns text
language sql stable
security definer
set search_path = pg_catalog
as $$
  select s.value from platform.settings s where s.name = 'feed_epoch'
$$;
