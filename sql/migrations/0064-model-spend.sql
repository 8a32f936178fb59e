-- Which model is asked for what, what models cost, and what was spent on them.

create table view.model_routings (
  tenant_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  settings jsonb not null,
  primary key (tenant_id)
);

-- The list of the platform, under its own tenant. A price is never changed: a later one takes its place.
create table platform.model_prices (
  tenant_id uuid not null,
  price_id uuid not null,
  provider text not null check (provider in ('openai', 'anthropic')),
  model text not null check (octet_length(model) between 1 and 150),
  input bigint not null check (input >= 0),
  cached bigint not null check (cached >= 0),
  output bigint not null check (output >= 0),
  valid_from timestamptz not null,
  noted_at timestamptz not null default now(),
  primary key (tenant_id, price_id)
);

-- What was spent or is held, in millionths of a dollar: of a run, of a project on a day, of the tenant on a day.
create table platform.model_spend (
  tenant_id uuid not null,
  scope text not null check (octet_length(scope) between 1 and 100),
  micros bigint not null check (micros >= 0),
  primary key (tenant_id, scope)
)
with (fillfactor = 50);

-- One row for each call of a model. What is never settled stays spent as it was reserved.
create table platform.model_calls (
  tenant_id uuid not null,
  call_id uuid not null,
  scopes text[] not null,
  reserved bigint not null check (reserved >= 0),
  settled bigint check (settled >= 0),
  reserved_at timestamptz not null default now(),
  primary key (tenant_id, call_id)
);

alter table view.model_routings enable row level security;
alter table view.model_routings force row level security;
alter table platform.model_prices enable row level security;
alter table platform.model_prices force row level security;
alter table platform.model_spend enable row level security;
alter table platform.model_spend force row level security;
alter table platform.model_calls enable row level security;
alter table platform.model_calls force row level security;
