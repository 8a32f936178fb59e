-- How much of something a tenant may have; null is no limit.
alter table view.tenants
  add column max_stories integer check (max_stories >= 0),
  add column max_dispatches integer check (max_dispatches >= 0);
