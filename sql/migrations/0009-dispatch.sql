-- Dispatches as people read them, and what an ephemeral key is bound to.

create table view.dispatches (
  tenant_id uuid not null,
  dispatch_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  root_id uuid not null,
  parent_id uuid,
  lineage uuid[] not null,
  role text not null check (role in ('agent', 'orchestrator')),
  agent_id uuid not null,
  story_id uuid,
  key_id uuid not null,
  expires_at timestamptz not null,
  status text not null check (status in ('active', 'revoked')),
  primary key (tenant_id, dispatch_id),
  -- A lineage begins at the root, goes through the parent and ends with the dispatch itself.
  constraint dispatches_lineage check (
    cardinality(lineage) between 1 and 16 and array_ndims(lineage) = 1
    and lineage[1] = root_id and lineage[cardinality(lineage)] = dispatch_id
    and parent_id is not distinct from lineage[cardinality(lineage) - 1]
  ),
  constraint dispatches_parent foreign key (tenant_id, parent_id) references view.dispatches (tenant_id, dispatch_id),
  constraint dispatches_agent foreign key (tenant_id, agent_id) references view.agents (tenant_id, agent_id)
);
create index dispatches_family on view.dispatches (tenant_id, root_id) where status = 'active';
create index dispatches_children on view.dispatches (tenant_id, parent_id);

alter table view.dispatches enable row level security;
alter table view.dispatches force row level security;

alter table view.keys add column lineage uuid[] not null default '{}';
alter table view.keys add constraint keys_lineage
  check (cardinality(lineage) = 0 or (agent_id is not null and expires_at is not null));

alter table platform.key_hashes add column story_id uuid;
alter table platform.key_hashes add constraint key_hashes_lineage
  check (cardinality(lineage) = 0 or (agent_id is not null and expires_at is not null));

-- Its columns change; the file in functions/ makes it anew, and on a new database for the first time.
drop function if exists platform.find_keys(bytea[]);
