-- Row policies and grants of the platform's tables. The application reaches all of them through functions alone.
call ledger.guard('platform.key_hashes', '{insert, update, delete}');
-- Before a caller is known there is no tenant: a row shows itself to its own tenant and to whoever presents its hash.
alter policy tenant on platform.key_hashes using (
  tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
  or encode(key_hash, 'hex') = nullif(current_setting('app.key_hash', true), '')
);
alter policy reading on platform.key_hashes to loopledger_owner using (
  tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
  or encode(key_hash, 'hex') = nullif(current_setting('app.key_hash', true), '')
);

call ledger.guard('platform.rate_leases', '{insert, update}');
alter policy reading on platform.rate_leases to loopledger_owner;

drop policy if exists reading on platform.settings;
drop policy if exists changing on platform.settings;
drop policy if exists adding on platform.settings;
create policy reading on platform.settings for select to loopledger_owner using (name <> '');
create policy adding on platform.settings for insert to loopledger_owner with check (name <> '');
create policy changing on platform.settings for update to loopledger_owner using (name <> '') with check (name <> '');

revoke all on platform.key_hashes, platform.rate_leases, platform.settings from public, loopledger_app, loopledger_worker;
grant usage on schema platform to loopledger_app, loopledger_worker;
revoke all on all functions in schema platform from public;
grant execute on function
  platform.find_keys(bytea[]), platform.lease_rates(uuid[], uuid[], integer[], integer[]), platform.feed_epoch(),
  platform.claim_master_key(text),
  platform.put_tenant_keys(uuid, uuid[], text[], text[]),
  platform.open_ceremony(uuid, text, integer), platform.take_ceremony(uuid), platform.purge_ceremonies()
  to loopledger_app, loopledger_worker;
