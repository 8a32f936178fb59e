-- The nil id is what a tenant that was never set looks like elsewhere: it can have no log, and so nothing else.
alter table ledger.heads
  add constraint heads_tenant check (tenant_id <> '00000000-0000-0000-0000-000000000000');

-- Row security has no say in a truncate, and events refer to content by its hash.
create trigger contents_no_truncate before truncate on ledger.contents
  for each statement execute function ledger.refuse_change();
