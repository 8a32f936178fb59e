-- What a tenant is halted by: the digest of the evidence. Null while custody is open.
alter table view.tenants
  add column halted_by text check (halted_by ~ '^[0-9a-f]{64}$');
