-- Live output of runs on its way from one process to another. Unlogged: after a crash it is of no use to anybody.

-- Which process has somebody who watches a run, and until when that is believed.
create unlogged table platform.run_watches (
  tenant_id uuid not null,
  run_id uuid not null,
  -- Of the process, as long as it lives.
  watcher uuid not null,
  watched_until timestamptz not null,
  primary key (tenant_id, run_id, watcher)
);

-- What waits for a process to pass it on. Whoever takes it removes it.
create unlogged table platform.run_deltas (
  tenant_id uuid not null,
  run_id uuid not null,
  watcher uuid not null,
  -- Later ones are greater.
  delta_id uuid not null,
  told json not null,
  told_at timestamptz not null default now(),
  primary key (tenant_id, run_id, watcher, delta_id)
);

alter table platform.run_watches enable row level security;
alter table platform.run_watches force row level security;
alter table platform.run_deltas enable row level security;
alter table platform.run_deltas force row level security;
