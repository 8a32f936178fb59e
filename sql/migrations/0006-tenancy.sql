-- The tenant, its agents and its keys as people read them, and the slugs that are unique over the platform.

create table view.tenants (
  tenant_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  name text not null,
  slug text not null,
  status text not null check (status in ('active', 'suspended')),
  primary key (tenant_id)
);

create table platform.tenant_slugs (
  tenant_id uuid not null,
  slug text not null,
  primary key (tenant_id),
  -- The one name that two tenants cannot both have: it stands in addresses.
  constraint tenant_slugs_slug unique (slug)
);

create table view.agents (
  tenant_id uuid not null,
  agent_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  name text not null,
  description text not null,
  status text not null check (status in ('active', 'archived', 'deleted')),
  primary key (tenant_id, agent_id)
);
create unique index agents_name on view.agents (tenant_id, name) where status <> 'deleted';

create table view.keys (
  tenant_id uuid not null,
  key_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  name text not null,
  role text not null check (role in ('agent', 'orchestrator', 'user')),
  agent_id uuid,
  prefix text not null,
  expires_at timestamptz,
  status text not null check (status in ('active', 'suspended', 'revoked', 'expired')),
  primary key (tenant_id, key_id),
  constraint keys_holder check ((role = 'user') = (agent_id is null)),
  constraint keys_agent foreign key (tenant_id, agent_id) references view.agents (tenant_id, agent_id)
);
-- An expired key keeps its place until its expiry is recorded: an index cannot look at the clock.
create unique index keys_seat on view.keys (tenant_id, agent_id, role) where status in ('active', 'suspended');

alter table view.tenants enable row level security;
alter table view.tenants force row level security;
alter table platform.tenant_slugs enable row level security;
alter table platform.tenant_slugs force row level security;
alter table view.agents enable row level security;
alter table view.agents force row level security;
alter table view.keys enable row level security;
alter table view.keys force row level security;
