-- Row policies and grants of the log. Only the owner's functions write it, and they too only inside one tenant.
call ledger.guard('ledger.heads', '{insert, update}');
-- By ledger.moved_positions, which answers with ids and positions alone.
call ledger.guard_found('ledger.heads', 'app.positions');
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
