-- People read runs; the commit writes them. Who works on which is for the functions of the workers alone, and
-- platform.claim_runs finds what is due in both.
call ledger.guard('view.runs', '{insert, update}');
call ledger.guard_found('view.runs', 'app.runs');
call ledger.guard('platform.run_leases', '{insert, update, delete}');
call ledger.guard_found('platform.run_leases', 'app.runs');
drop policy reading on platform.run_leases;
revoke all on platform.run_leases from public, loopledger_app, loopledger_worker;

grant execute on function
  platform.claim_runs(text, integer, integer), platform.renew_run(uuid, uuid, integer, integer),
  platform.release_run(uuid, uuid, integer)
  to loopledger_worker;
