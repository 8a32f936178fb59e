-- For a guarded table in which one of the owner's functions finds what is due before any tenant is known, and answers with
-- ids alone: that function sets `p_setting` to 'all' meanwhile. To everybody else the setting opens nothing, because
-- their own policy for reading stays with the tenant.
create or replace procedure ledger.guard_found(p_table regclass, p_setting text)
language plpgsql
set search_path = pg_catalog
as $$
declare
  c_tenant constant text := 'tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid';
  v_found constant text := format('%s or current_setting(%L, true) = ''all''', c_tenant, p_setting);
begin
  execute format('drop policy tenant on %s', p_table);
  execute format('create policy tenant on %s as restrictive for all to public using (%s) with check (%s)',
    p_table, v_found, c_tenant);
  execute format('alter policy reading on %s to loopledger_app, loopledger_worker', p_table);
  execute format('create policy overseeing on %s for select to loopledger_owner using (%s)', p_table, v_found);
end
$$;
