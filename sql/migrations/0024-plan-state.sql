-- Plan states as people read them: the latest of each key. Earlier versions are read from the log.

create table view.plan_states (
  tenant_id uuid not null,
  plan_state_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  project_id uuid not null,
  key text collate "C" not null,
  state json not null,
  status text not null check (status in ('active', 'deleted')),
  primary key (tenant_id, plan_state_id),
  constraint plan_states_key unique (tenant_id, project_id, key),
  constraint plan_states_project foreign key (tenant_id, project_id) references view.projects (tenant_id, project_id)
);

alter table view.plan_states enable row level security;
alter table view.plan_states force row level security;
