-- What people want to be told of runs, and what they were told.
create table view.alert_rules (
  tenant_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  rules json not null,
  primary key (tenant_id)
);

create table view.alerts (
  tenant_id uuid not null,
  alert_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  run_id uuid not null,
  rule text collate "C" not null,
  measure text not null check (measure in ('cost_micros', 'turns', 'tool_errors_percent', 'seconds')),
  above double precision not null check (above >= 0),
  value double precision not null check (value > above),
  project_id uuid,
  status text collate "C" not null check (status in ('raised', 'acknowledged')),
  primary key (tenant_id, alert_id),
  constraint alerts_once unique (tenant_id, run_id, rule)
);

alter table view.alert_rules enable row level security;
alter table view.alert_rules force row level security;
alter table view.alerts enable row level security;
alter table view.alerts force row level security;
