-- Runs as people read them and as workers find them, and who works on which.

create table view.runs (
  tenant_id uuid not null,
  run_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  kind text not null check (kind in ('solve', 'verify')),
  status text collate "C" not null check (
    status in ('awaiting_approval', 'queued', 'running', 'resting', 'succeeded', 'failed', 'cancelled')),
  project_id uuid,
  story_id uuid,
  prompt text not null,
  labels jsonb not null,
  fence integer not null,
  rests_until timestamptz,
  shown json not null,
  -- When a worker may take it; null when it has ended or waits for a human.
  due_at timestamptz generated always as (
    case when status in ('queued', 'running', 'resting') then coalesce(rests_until, created_at) end) stored,
  primary key (tenant_id, run_id)
)
with (fillfactor = 70);
create index runs_due on view.runs (tenant_id, due_at, run_id) where due_at is not null;
create index runs_of_story on view.runs (tenant_id, story_id, run_id) where story_id is not null;

-- Beside the log: who has a run in hand, and until when that is believed.
create table platform.run_leases (
  tenant_id uuid not null,
  run_id uuid not null,
  worker text not null,
  -- What the run is taken under. It grows with every claim, so that of two workers the later one is heard.
  fence integer not null,
  claimed_until timestamptz not null,
  primary key (tenant_id, run_id)
);
create index run_leases_live on platform.run_leases (claimed_until);

-- How many runs of a tenant may be under way at a time; null is what the server is set up with.
alter table view.tenants add column max_runs integer check (max_runs >= 0);

alter table view.runs enable row level security;
alter table view.runs force row level security;
alter table platform.run_leases enable row level security;
alter table platform.run_leases force row level security;
