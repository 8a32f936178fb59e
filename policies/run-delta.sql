-- Workers see who watches; what is told goes through functions alone.
call ledger.guard('platform.run_watches', '{insert, update, delete}');
call ledger.guard('platform.run_deltas', '{insert, delete}');
alter policy reading on platform.run_watches to loopledger_owner, loopledger_worker;
revoke all on platform.run_watches from loopledger_app;
alter policy reading on platform.run_deltas to loopledger_owner;
revoke all on platform.run_deltas from public, loopledger_app, loopledger_worker;

grant execute on function
  platform.watch_runs(uuid, uuid[], uuid[], integer), platform.hear_runs(uuid, uuid[], uuid[])
  to loopledger_app, loopledger_worker;
grant execute on function
  platform.tell_run(uuid, uuid, uuid, uuid, json), platform.purge_run_deltas(uuid)
  to loopledger_worker;
