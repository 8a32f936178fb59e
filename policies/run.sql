-- People read runs; the commit writes them. Who works on which is for the functions of the workers alone.
call ledger.guard('view.runs', '{insert, update}');
call ledger.guard('platform.run_leases', '{insert, update, delete}');

-- Like the lanes of webhooks: runs are claimed before any tenant is known, and the answer is ids alone.
drop policy tenant on view.runs;
create policy tenant on view.runs as restrictive for all to public
  using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
    or current_setting('app.runs', true) = 'all'
  )
  with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
alter policy reading on view.runs to loopledger_app, loopledger_worker;
create policy overseeing on view.runs for select to loopledger_owner using (
  tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
  or current_setting('app.runs', true) = 'all'
);

drop policy tenant on platform.run_leases;
create policy tenant on platform.run_leases as restrictive for all to public
  using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
    or current_setting('app.runs', true) = 'all'
  )
  with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
alter policy reading on platform.run_leases to loopledger_owner using (
  tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
  or current_setting('app.runs', true) = 'all'
);
revoke all on platform.run_leases from public, loopledger_app, loopledger_worker;

grant execute on function
  platform.claim_runs(text, integer, integer), platform.renew_run(uuid, uuid, integer, integer),
  platform.release_run(uuid, uuid, integer)
  to loopledger_worker;
