-- Row policies and grants of the log. Only the owner's functions write it, and they too only inside one tenant.
call ledger.guard('ledger.heads', '{insert, update}');
-- One reader of the heads knows no tenant yet: ledger.moved_positions, which answers with ids and positions alone. The
-- setting opens nothing to anybody else, because their own policy for reading stays with the tenant.
drop policy tenant on ledger.heads;
create policy tenant on ledger.heads as restrictive for all to public
  using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
    or current_setting('app.positions', true) = 'all'
  )
  with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
alter policy reading on ledger.heads to loopledger_app, loopledger_worker;
create policy overseeing on ledger.heads for select to loopledger_owner
  using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
    or current_setting('app.positions', true) = 'all'
  );
call ledger.guard('ledger.events', '{insert}');
-- Old answers are forgotten by ledger.purge_requests alone.
call ledger.guard('ledger.requests', '{insert, delete}');
call ledger.guard('ledger.contents', '{insert}');

grant usage on schema ledger to loopledger_app, loopledger_worker;
revoke all on all functions in schema ledger from public, loopledger_app, loopledger_worker;
revoke all on all procedures in schema ledger from public, loopledger_app, loopledger_worker;
grant execute on function ledger.commit(uuid[], bigint[], text, text, text) to loopledger_app, loopledger_worker;
grant execute on function
  ledger.positions(uuid[]), ledger.moved_positions(interval), ledger.put_content(uuid, bytea),
  ledger.purge_requests(uuid, uuid, text, integer),
  ledger.put_consumer(uuid, text, bigint, jsonb), ledger.drop_consumer(uuid, text, jsonb), ledger.consumer_lags(uuid[])
  to loopledger_app, loopledger_worker;
