-- The row policies of a table with a tenant, the same for every such table: everybody is kept to the tenant of the
-- context, the application reads, and only the owner's functions do what `p_owner_may` lists.
create or replace procedure ledger.guard(p_table regclass, p_owner_may text[])
language plpgsql
set search_path = pg_catalog
as $$
declare
  c_tenant constant text := 'tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid';
  v_policy name;
begin
  for v_policy in select polname from pg_policy where polrelid = p_table loop
    execute format('drop policy %I on %s', v_policy, p_table);
  end loop;
  execute format('create policy tenant on %s as restrictive for all to public using (%s) with check (%s)',
    p_table, c_tenant, c_tenant);
  execute format('create policy reading on %s for select to loopledger_owner, loopledger_app, loopledger_worker using (%s)',
    p_table, c_tenant);
  if 'insert' = any (p_owner_may) then
    execute format('create policy adding on %s for insert to loopledger_owner with check (%s)', p_table, c_tenant);
  end if;
  if 'update' = any (p_owner_may) then
    execute format('create policy changing on %s for update to loopledger_owner using (%s) with check (%s)',
      p_table, c_tenant, c_tenant);
  end if;
  if 'delete' = any (p_owner_may) then
    execute format('create policy removing on %s for delete to loopledger_owner using (%s)', p_table, c_tenant);
  end if;
  execute format('revoke all on %s from public, loopledger_app, loopledger_worker', p_table);
  execute format('grant select on %s to loopledger_app, loopledger_worker', p_table);
end
$$;
