-- The people of a tenant: operators, what they prove themselves with, their sessions, and ceremonies under way.

create table view.operators (
  tenant_id uuid not null,
  operator_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  name text not null,
  email text not null,
  primary key (tenant_id, operator_id)
);

create table view.authenticators (
  tenant_id uuid not null,
  authenticator_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  operator_id uuid not null,
  name text not null,
  credential_id text not null check (octet_length(credential_id) between 1 and 1400),
  public_key text not null check (octet_length(public_key) between 1 and 2000),
  sign_count bigint not null check (sign_count between 0 and 4294967295),
  backup_eligible boolean not null,
  transports text[] not null,
  used_at timestamptz,
  status text not null check (status in ('active', 'revoked')),
  primary key (tenant_id, authenticator_id),
  -- A credential that was revoked never comes back as another one.
  constraint authenticators_credential unique (tenant_id, credential_id),
  constraint authenticators_operator foreign key (tenant_id, operator_id) references view.operators (tenant_id, operator_id)
);

create table view.sessions (
  tenant_id uuid not null,
  session_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  operator_id uuid not null,
  authenticator_id uuid not null,
  expires_at timestamptz not null,
  status text not null check (status in ('active', 'ended')),
  primary key (tenant_id, session_id),
  constraint sessions_authenticator foreign key (tenant_id, authenticator_id)
    references view.authenticators (tenant_id, authenticator_id)
);
create index sessions_live on view.sessions (tenant_id, expires_at) where status = 'active';

-- A ceremony may begin before there is a tenant, or before it is known which one. What it holds is sealed by the server,
-- and shows itself only to whoever names it.
create table platform.ceremonies (
  ceremony_id uuid not null,
  expires_at timestamptz not null,
  sealed text not null check (octet_length(sealed) between 40 and 8192),
  primary key (ceremony_id)
);
create index ceremonies_expiry on platform.ceremonies (expires_at);

alter table view.operators enable row level security;
alter table view.operators force row level security;
alter table view.authenticators enable row level security;
alter table view.authenticators force row level security;
alter table view.sessions enable row level security;
alter table view.sessions force row level security;
alter table platform.ceremonies enable row level security;
alter table platform.ceremonies force row level security;
