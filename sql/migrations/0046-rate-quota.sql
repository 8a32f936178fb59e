-- Requests a minute, as the platform says for one tenant; null is what the server is set up with.
alter table view.tenants
  add column requests_per_key integer check (requests_per_key > 0),
  add column requests_per_tenant integer check (requests_per_tenant > 0);

-- It answers with the quota that holds.
drop function if exists platform.lease_rates(uuid[], uuid[], integer[], integer[]);
