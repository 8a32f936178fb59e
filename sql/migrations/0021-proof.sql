-- What proves a log: its origin, the checkpoints that were signed of it, and the full tiles of its tree.

-- The seal of a log: whoever signs a checkpoint holds this row. It never changes.
create table ledger.seals (
  tenant_id uuid not null,
  -- The name under which the log signs. It is part of every checkpoint, so it stays whatever address the server gets.
  origin text not null check (origin ~ '^[^\s+]+$' and octet_length(origin) <= 300),
  primary key (tenant_id)
);

create table ledger.checkpoints (
  tenant_id uuid not null,
  -- Of the last entry under it, and so the size of the tree.
  position bigint not null check (position > 0),
  root bytea not null check (octet_length(root) = 32),
  chain_hash bytea not null check (octet_length(chain_hash) = 32),
  note text not null check (octet_length(note) <= 4096),
  signed_at timestamptz not null,
  primary key (tenant_id, position)
);

create table ledger.tiles (
  tenant_id uuid not null,
  level smallint not null check (level between 0 and 6),
  tile bigint not null check (tile >= 0),
  -- Of the subtree that the tile is: its entry in the tile one level up.
  root bytea not null check (octet_length(root) = 32),
  hashes bytea not null check (octet_length(hashes) = 8192),
  primary key (tenant_id, level, tile)
);
-- Hashes cannot be compressed.
alter table ledger.tiles alter column hashes set storage external;

alter table ledger.seals enable row level security;
alter table ledger.seals force row level security;
alter table ledger.checkpoints enable row level security;
alter table ledger.checkpoints force row level security;
alter table ledger.tiles enable row level security;
alter table ledger.tiles force row level security;

create trigger seals_append_only before update or delete on ledger.seals
  for each row execute function ledger.refuse_change();
create trigger seals_no_truncate before truncate on ledger.seals
  for each statement execute function ledger.refuse_change();
create trigger checkpoints_append_only before update or delete on ledger.checkpoints
  for each row execute function ledger.refuse_change();
create trigger checkpoints_no_truncate before truncate on ledger.checkpoints
  for each statement execute function ledger.refuse_change();
create trigger tiles_append_only before update or delete on ledger.tiles
  for each row execute function ledger.refuse_change();
create trigger tiles_no_truncate before truncate on ledger.tiles
  for each statement execute function ledger.refuse_change();
