-- Dependencies as people read them: which story needs which, which epic needs which. A row stands while the edge stands.

create table view.story_dependencies (
  tenant_id uuid not null,
  dependency_id uuid not null,
  version integer not null,
  created_at timestamptz not null,
  project_id uuid not null,
  -- Of the story that needs: with it, the needs of a whole epic are found in one range.
  epic_id uuid not null,
  story_id uuid not null,
  needs_story_id uuid not null,
  -- The list of a project in the order in which its edges were added.
  primary key (tenant_id, project_id, dependency_id),
  constraint story_dependencies_edge unique (tenant_id, epic_id, story_id, needs_story_id),
  constraint story_dependencies_self check (story_id <> needs_story_id),
  constraint story_dependencies_story foreign key (tenant_id, story_id) references view.stories (tenant_id, story_id),
  constraint story_dependencies_needs foreign key (tenant_id, needs_story_id) references view.stories (tenant_id, story_id)
);
create index story_dependencies_needed on view.story_dependencies (tenant_id, needs_story_id, dependency_id);

create table view.epic_dependencies (
  tenant_id uuid not null,
  dependency_id uuid not null,
  version integer not null,
  created_at timestamptz not null,
  project_id uuid not null,
  epic_id uuid not null,
  needs_epic_id uuid not null,
  primary key (tenant_id, project_id, dependency_id),
  constraint epic_dependencies_edge unique (tenant_id, epic_id, needs_epic_id),
  constraint epic_dependencies_self check (epic_id <> needs_epic_id),
  constraint epic_dependencies_epic foreign key (tenant_id, epic_id) references view.epics (tenant_id, epic_id),
  constraint epic_dependencies_needs foreign key (tenant_id, needs_epic_id) references view.epics (tenant_id, epic_id)
);
create index epic_dependencies_needed on view.epic_dependencies (tenant_id, needs_epic_id, dependency_id);

alter table view.story_dependencies enable row level security;
alter table view.story_dependencies force row level security;
alter table view.epic_dependencies enable row level security;
alter table view.epic_dependencies force row level security;
