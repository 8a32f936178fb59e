-- Row policies and grants of the log. Only the owner's functions write it, and they too only inside one tenant.
do $$
declare
  v_table text;
begin
  foreach v_table in array array['heads', 'events', 'requests', 'contents'] loop
    execute format('drop policy if exists tenant on ledger.%I', v_table);
    execute format('drop policy if exists reading on ledger.%I', v_table);
    execute format('drop policy if exists adding on ledger.%I', v_table);
    execute format(
      'create policy tenant on ledger.%I as restrictive for all to public
         using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)
         with check (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', v_table);
    execute format(
      'create policy reading on ledger.%I for select to loopledger_owner, loopledger_app, loopledger_worker
         using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', v_table);
    execute format(
      'create policy adding on ledger.%I for insert to loopledger_owner
         with check (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', v_table);
    execute format('revoke all on ledger.%I from public, loopledger_app, loopledger_worker', v_table);
    execute format('grant select on ledger.%I to loopledger_app, loopledger_worker', v_table);
  end loop;
end
$$;

drop policy if exists moving on ledger.heads;
create policy moving on ledger.heads for update to loopledger_owner
  using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

-- Old answers are forgotten by ledger.purge_requests alone.
drop policy if exists forgetting on ledger.requests;
create policy forgetting on ledger.requests for delete to loopledger_owner
  using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

grant usage on schema ledger to loopledger_app, loopledger_worker;
revoke all on all functions in schema ledger from public, loopledger_app, loopledger_worker;
grant execute on function ledger.commit(json, json, json, text) to loopledger_app, loopledger_worker;
