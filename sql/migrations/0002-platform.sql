-- The platform's own tables: which key belongs to whom, what each caller has left to spend, and settings of the server.

create table platform.key_hashes (
  -- The hash comes first and alone: at look-up time it is the only thing known, and it tells the tenant.
  key_hash bytea not null check (octet_length(key_hash) = 32),
  tenant_id uuid not null,
  key_id uuid not null,
  agent_id uuid,
  role text not null check (role in ('agent', 'orchestrator', 'user', 'superadmin')),
  lineage uuid[] not null default '{}',
  active boolean not null,
  tenant_active boolean not null default true,
  expires_at timestamptz,
  primary key (key_hash),
  constraint key_hashes_key unique (tenant_id, key_id)
);

-- Unlogged: after a crash every caller simply starts a new window, and a lease never waits for a disk.
create unlogged table platform.rate_leases (
  tenant_id uuid not null,
  -- A key, or the tenant itself.
  subject_id uuid not null,
  opened_at timestamptz not null,
  used integer not null check (used >= 0),
  granted integer not null,
  primary key (tenant_id, subject_id)
)
with (fillfactor = 50);

create table platform.settings (
  name text not null check (name <> ''),
  value text not null,
  primary key (name)
);

-- Cursors of the feed carry the epoch: history that is restored from elsewhere gets a new one.
insert into platform.settings (name, value) values ('feed_epoch', substr(replace(gen_random_uuid()::text, '-', ''), 1, 12));

alter table platform.key_hashes enable row level security;
alter table platform.key_hashes force row level security;
alter table platform.rate_leases enable row level security;
alter table platform.rate_leases force row level security;
alter table platform.settings enable row level security;
alter table platform.settings force row level security;
