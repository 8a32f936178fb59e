-- What models were asked for and what it cost: one row for each call, answered or not.
create table view.model_usage (
  tenant_id uuid not null,
  run_id uuid not null,
  -- Of the run, when the call was written down.
  version integer not null check (version > 0),
  called_at timestamptz not null,
  project_id uuid,
  purpose text not null,
  endpoint text not null,
  -- The one that answered, or else the one that was asked.
  model text not null,
  -- Null when it answered.
  error_class text,
  -- Null where the provider did not tell, like what follows.
  input_tokens bigint check (input_tokens >= 0),
  cached_tokens bigint check (cached_tokens >= 0),
  output_tokens bigint check (output_tokens >= 0),
  reasoning_tokens bigint check (reasoning_tokens >= 0),
  cost_micros bigint not null check (cost_micros >= 0),
  latency_ms integer not null check (latency_ms >= 0),
  primary key (tenant_id, run_id, version)
);
create index model_usage_called on view.model_usage (tenant_id, called_at);

alter table view.model_usage enable row level security;
alter table view.model_usage force row level security;
