-- Model endpoints as people read them, and their keys.

create table view.model_endpoints (
  tenant_id uuid not null,
  endpoint_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  name text not null,
  kind text not null check (kind in ('openai', 'anthropic', 'compatible', 'scripted')),
  base_url text,
  models jsonb not null check (jsonb_typeof(models) = 'array'),
  description text not null,
  secret_id uuid,
  secret_last_four text,
  status text not null check (status in ('active', 'disabled', 'deleted')),
  primary key (tenant_id, endpoint_id),
  constraint model_endpoints_address check ((kind = 'scripted') = (base_url is null))
);

create unique index model_endpoints_name on view.model_endpoints (tenant_id, name) where status <> 'deleted';

-- Beside the log: what is forgotten here is gone.
create table platform.model_secrets (
  tenant_id uuid not null,
  secret_id uuid not null,
  stored_at timestamptz not null default now(),
  sealed text not null check (octet_length(sealed) between 38 and 3000),
  primary key (tenant_id, secret_id)
);

alter table view.model_endpoints enable row level security;
alter table view.model_endpoints force row level security;
alter table platform.model_secrets enable row level security;
alter table platform.model_secrets force row level security;
