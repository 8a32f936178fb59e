-- People read deliveries and attempts; functions write them.
call ledger.guard('platform.webhook_deliveries', '{insert, update, delete}');
call ledger.guard('platform.webhook_attempts', '{insert, delete}');
call ledger.guard('platform.webhook_lanes', '{insert, update}');

-- platform.due_lanes finds what is due; nobody but the functions has to do with lanes.
call ledger.guard_found('platform.webhook_lanes', 'app.lanes');
drop policy reading on platform.webhook_lanes;
revoke all on platform.webhook_lanes from public, loopledger_app, loopledger_worker;

grant execute on function
  platform.fan_out(uuid, integer), platform.due_lanes(integer),
  platform.claim_deliveries(uuid, uuid, integer, integer), platform.record_deliveries(uuid, uuid, json, json),
  platform.purge_deliveries(uuid, uuid, uuid, integer, integer)
  to loopledger_worker;
grant execute on function
  platform.replay_deliveries(uuid, uuid, uuid, timestamptz, timestamptz, text[], boolean),
  platform.put_test_delivery(uuid, uuid, uuid), platform.webhook_health(uuid)
  to loopledger_app, loopledger_worker;
