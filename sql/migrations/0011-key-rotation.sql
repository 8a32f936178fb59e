-- A key that was rotated has several secrets for a while, and a row for each.
alter table platform.key_hashes drop constraint key_hashes_key;
create index key_hashes_key on platform.key_hashes (tenant_id, key_id);
