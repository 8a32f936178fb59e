-- Row policies and grants of the platform's tables. The application reaches all of them through functions alone.

drop policy if exists tenant on platform.key_hashes;
drop policy if exists reading on platform.key_hashes;
drop policy if exists adding on platform.key_hashes;
drop policy if exists changing on platform.key_hashes;
drop policy if exists forgetting on platform.key_hashes;

-- Before a caller is known there is no tenant: a row shows itself to whoever presents its hash, and to its own tenant.
create policy tenant on platform.key_hashes as restrictive for all to public
  using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
    or strpos(current_setting('app.key_hashes', true), encode(key_hash, 'hex')) > 0
  )
  with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
create policy reading on platform.key_hashes for select to loopledger_owner
  using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
    or strpos(current_setting('app.key_hashes', true), encode(key_hash, 'hex')) > 0
  );
create policy adding on platform.key_hashes for insert to loopledger_owner
  with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
create policy changing on platform.key_hashes for update to loopledger_owner
  using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
create policy forgetting on platform.key_hashes for delete to loopledger_owner
  using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

drop policy if exists tenant on platform.rate_leases;
drop policy if exists reading on platform.rate_leases;
drop policy if exists adding on platform.rate_leases;
drop policy if exists changing on platform.rate_leases;
create policy tenant on platform.rate_leases as restrictive for all to public
  using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
create policy reading on platform.rate_leases for select to loopledger_owner
  using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
create policy adding on platform.rate_leases for insert to loopledger_owner
  with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
create policy changing on platform.rate_leases for update to loopledger_owner
  using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

drop policy if exists reading on platform.settings;
drop policy if exists changing on platform.settings;
create policy reading on platform.settings for select to loopledger_owner using (name <> '');
create policy changing on platform.settings for update to loopledger_owner using (name <> '') with check (name <> '');

revoke all on platform.key_hashes, platform.rate_leases, platform.settings from public, loopledger_app, loopledger_worker;
grant usage on schema platform to loopledger_app, loopledger_worker;
revoke all on all functions in schema platform from public;
grant execute on function
  platform.find_keys(bytea[]), platform.lease_rates(uuid[], uuid[], integer[], integer[]), platform.feed_epoch()
  to loopledger_app, loopledger_worker;
