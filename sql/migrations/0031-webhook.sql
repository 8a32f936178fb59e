-- Webhooks as people read them, and their secrets.

create table view.webhooks (
  tenant_id uuid not null,
  webhook_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  url text not null,
  event_types text[] not null check (cardinality(event_types) between 1 and 50),
  project_id uuid,
  description text not null,
  ordering text not null check (ordering in ('none', 'subject')),
  status text not null check (status in ('active', 'disabled', 'deleted')),
  disabled_by text check (disabled_by in ('operator', 'gone', 'failing')),
  on_trial boolean not null,
  secret_id uuid not null,
  former_secret_id uuid,
  former_until timestamptz,
  primary key (tenant_id, webhook_id),
  constraint webhooks_disabled check ((status = 'active') <= (disabled_by is null))
);

-- Beside the log: what is forgotten here is gone.
create table platform.webhook_secrets (
  tenant_id uuid not null,
  secret_id uuid not null,
  stored_at timestamptz not null default now(),
  sealed text not null check (octet_length(sealed) between 40 and 500),
  primary key (tenant_id, secret_id)
);

alter table view.webhooks enable row level security;
alter table view.webhooks force row level security;
alter table platform.webhook_secrets enable row level security;
alter table platform.webhook_secrets force row level security;
