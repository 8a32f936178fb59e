-- Benchmarks as people read them, and what came of each of their runs.

create table view.benchmarks (
  tenant_id uuid not null,
  benchmark_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  name text collate "C" not null,
  problem_set text collate "C" not null,
  status text collate "C" not null check (status in ('open', 'finished', 'abandoned')),
  shown json not null,
  primary key (tenant_id, benchmark_id)
);
-- Whoever goes on with a benchmark finds the one that is open by its name.
create unique index benchmarks_name on view.benchmarks (tenant_id, name) where status = 'open';

create table view.benchmark_results (
  tenant_id uuid not null,
  benchmark_id uuid not null,
  -- Of the benchmark, when the result was written down.
  version integer not null check (version > 1),
  recorded_at timestamptz not null,
  run_id uuid not null,
  problem text collate "C" not null,
  sample integer not null check (sample between 1 and 100),
  shown json not null,
  primary key (tenant_id, benchmark_id, version),
  constraint benchmark_results_sample unique (tenant_id, benchmark_id, problem, sample),
  constraint benchmark_results_run unique (tenant_id, run_id),
  constraint benchmark_results_benchmark
    foreign key (tenant_id, benchmark_id) references view.benchmarks (tenant_id, benchmark_id)
);

alter table view.benchmarks enable row level security;
alter table view.benchmarks force row level security;
alter table view.benchmark_results enable row level security;
alter table view.benchmark_results force row level security;
