-- People read deliveries and attempts; functions write them.
call ledger.guard('platform.webhook_deliveries', '{insert, update, delete}');
call ledger.guard('platform.webhook_attempts', '{insert, delete}');
call ledger.guard('platform.webhook_lanes', '{insert, update}');

-- Like the heads: one function finds the lanes that are due before any tenant is known, and answers with ids alone.
drop policy tenant on platform.webhook_lanes;
create policy tenant on platform.webhook_lanes as restrictive for all to public
  using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
    or current_setting('app.lanes', true) = 'all'
  )
  with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
alter policy reading on platform.webhook_lanes to loopledger_owner using (
  tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
  or current_setting('app.lanes', true) = 'all'
);
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
