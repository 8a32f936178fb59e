-- Projects, epics and stories as people read them. Written by the commit alone; rebuilt from the log by a replay.
-- A deleted one stays as a row that nobody is shown: its number is never given again.

create table view.projects (
  tenant_id uuid not null,
  project_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  name text not null,
  slug text not null,
  description text not null,
  status text not null check (status in ('active', 'archived', 'deleted')),
  primary key (tenant_id, project_id)
);
create unique index projects_slug on view.projects (tenant_id, slug) where status <> 'deleted';

create table view.epics (
  tenant_id uuid not null,
  epic_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  project_id uuid not null,
  number integer not null,
  title text not null,
  description text not null,
  status text not null check (status in ('active', 'archived', 'deleted')),
  primary key (tenant_id, epic_id),
  constraint epics_number unique (tenant_id, project_id, number),
  constraint epics_project foreign key (tenant_id, project_id) references view.projects (tenant_id, project_id)
);

create table view.stories (
  tenant_id uuid not null,
  story_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  project_id uuid not null,
  epic_id uuid not null,
  number text not null,
  -- 1.2 before 1.10. It begins with the number of the epic, so one index serves the lists of projects and of epics.
  number_order integer[] not null generated always as (string_to_array(number, '.')::integer[]) stored,
  title text not null,
  description text not null,
  priority smallint not null,
  estimate integer,
  criteria json not null,
  criteria_revision integer not null,
  agent_status text not null check (agent_status in ('pending')),
  verified_status text not null check (verified_status in ('unverified')),
  status text not null check (status in ('active', 'archived', 'deleted')),
  primary key (tenant_id, story_id),
  constraint stories_number unique (tenant_id, project_id, number_order),
  constraint stories_epic foreign key (tenant_id, epic_id) references view.epics (tenant_id, epic_id)
);

alter table view.projects enable row level security;
alter table view.projects force row level security;
alter table view.epics enable row level security;
alter table view.epics force row level security;
alter table view.stories enable row level security;
alter table view.stories force row level security;
