-- Keys of the platform itself: their role exists in the log of the platform, and in that of no tenant.
alter table view.keys drop constraint keys_role_check;
alter table view.keys add constraint keys_role_check check (
  role in ('agent', 'orchestrator', 'user')
  or (role = 'superadmin' and tenant_id = '00000000-0000-7000-8000-000000000000')
);
alter table view.keys drop constraint keys_holder;
alter table view.keys add constraint keys_holder check ((role in ('user', 'superadmin')) = (agent_id is null));
alter table platform.key_hashes add constraint key_hashes_superadmin check (
  role <> 'superadmin' or tenant_id = '00000000-0000-7000-8000-000000000000'
);
