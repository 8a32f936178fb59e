-- What agents are held against, each go at it, and what came of every run.

create table view.evaluation_sets (
  tenant_id uuid not null,
  evaluation_set_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  name text collate "C" not null,
  project_id uuid,
  status text collate "C" not null check (status in ('active', 'archived')),
  shown json not null,
  -- Of the last revision; lists do without.
  cases json not null,
  primary key (tenant_id, evaluation_set_id),
  constraint evaluation_sets_name unique (tenant_id, name)
);

create table view.evaluations (
  tenant_id uuid not null,
  evaluation_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  name text collate "C" not null,
  evaluation_set_id uuid not null,
  project_id uuid,
  status text collate "C" not null check (status in ('open', 'finished', 'abandoned')),
  shown json not null,
  primary key (tenant_id, evaluation_id),
  constraint evaluations_set
    foreign key (tenant_id, evaluation_set_id) references view.evaluation_sets (tenant_id, evaluation_set_id)
);
-- Whoever goes on with an evaluation finds the one that is open by its name.
create unique index evaluations_name on view.evaluations (tenant_id, name) where status = 'open';
create index evaluations_of_set on view.evaluations (tenant_id, evaluation_set_id, evaluation_id);

create table view.evaluation_results (
  tenant_id uuid not null,
  evaluation_id uuid not null,
  -- Of the evaluation, when the result was written down.
  version integer not null check (version > 1),
  recorded_at timestamptz not null,
  run_id uuid not null,
  case_name text collate "C" not null,
  sample integer not null check (sample between 1 and 100),
  shown json not null,
  primary key (tenant_id, evaluation_id, version),
  constraint evaluation_results_sample unique (tenant_id, evaluation_id, case_name, sample),
  constraint evaluation_results_run unique (tenant_id, run_id),
  constraint evaluation_results_evaluation
    foreign key (tenant_id, evaluation_id) references view.evaluations (tenant_id, evaluation_id)
);

alter table view.evaluation_sets enable row level security;
alter table view.evaluation_sets force row level security;
alter table view.evaluations enable row level security;
alter table view.evaluations force row level security;
alter table view.evaluation_results enable row level security;
alter table view.evaluation_results force row level security;
