-- Row policies and grants of projects, epics and stories: people read them, the commit writes them.
do $$
declare
  v_table text;
begin
  foreach v_table in array array['projects', 'epics', 'stories'] loop
    execute format('drop policy if exists tenant on view.%I', v_table);
    execute format('drop policy if exists reading on view.%I', v_table);
    execute format('drop policy if exists adding on view.%I', v_table);
    execute format('drop policy if exists changing on view.%I', v_table);
    execute format('drop policy if exists removing on view.%I', v_table);
    execute format(
      'create policy tenant on view.%I as restrictive for all to public
         using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)
         with check (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', v_table);
    execute format(
      'create policy reading on view.%I for select to loopledger_owner, loopledger_app, loopledger_worker
         using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', v_table);
    execute format(
      'create policy adding on view.%I for insert to loopledger_owner
         with check (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', v_table);
    execute format(
      'create policy changing on view.%I for update to loopledger_owner
         using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)
         with check (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', v_table);
    execute format(
      'create policy removing on view.%I for delete to loopledger_owner
         using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', v_table);
    execute format('revoke all on view.%I from public, loopledger_app, loopledger_worker', v_table);
    execute format('grant select on view.%I to loopledger_app, loopledger_worker', v_table);
  end loop;
end
$$;

grant usage on schema view to loopledger_app, loopledger_worker;
revoke all on all functions in schema view from public, loopledger_app, loopledger_worker;
