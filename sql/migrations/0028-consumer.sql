-- How far named followers have come, as they say themselves. It stands beside the log: in it, every step of a follower
-- would be one more event to follow.
create table ledger.consumers (
  tenant_id uuid not null,
  name text collate "C" not null check (name ~ '^[a-z0-9-]{1,64}$'),
  consumer_id uuid not null,
  -- The key that made it; null for whoever acts without one.
  key_id uuid,
  version integer not null check (version > 0),
  position bigint not null check (position >= 0),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, name)
)
with (fillfactor = 50);

alter table ledger.consumers enable row level security;
alter table ledger.consumers force row level security;
