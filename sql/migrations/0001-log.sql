-- The tenant's log: head, events, requests (idempotency) and content. Closed until policies/log.sql opens them.

create table ledger.heads (
  tenant_id uuid not null,
  position bigint not null default 0 check (position >= 0),
  chain_hash bytea not null check (octet_length(chain_hash) = 32),
  recorded_at timestamptz not null,
  primary key (tenant_id)
)
-- The only hot row of a tenant: room for updates in its own page, and vacuum that never lags behind.
with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);

create table ledger.events (
  tenant_id uuid not null,
  position bigint not null check (position > 0),
  event_id uuid not null,
  stream_type text not null,
  stream_id uuid not null,
  version integer not null check (version > 0),
  type text not null,
  schema smallint not null check (schema > 0),
  project_id uuid,
  recorded_at timestamptz not null,
  -- Canonical JSON as text: jsonb would reorder and rewrite the bytes that are hashed, and json would parse them again.
  entry text not null check (octet_length(entry) <= 65536),
  leaf_hash bytea not null check (octet_length(leaf_hash) = 32),
  chain_hash bytea not null check (octet_length(chain_hash) = 32),
  primary key (tenant_id, position),
  constraint events_stream_version unique (tenant_id, stream_id, stream_type, version)
);

create table ledger.requests (
  tenant_id uuid not null,
  -- The key that sent the request: two credentials of a tenant never see each other's answers.
  scope uuid not null,
  command_id text not null check (octet_length(command_id) between 1 and 255),
  request_hash bytea not null check (octet_length(request_hash) = 32),
  status smallint not null,
  position bigint not null,
  version integer not null,
  recorded_at timestamptz not null,
  body text not null,
  primary key (tenant_id, scope, command_id)
);

create table ledger.contents (
  tenant_id uuid not null,
  sha256 bytea not null check (octet_length(sha256) = 32),
  size integer not null check (size = octet_length(bytes)),
  stored_at timestamptz not null default now(),
  bytes bytea not null check (sha256(bytes) = sha256),
  primary key (tenant_id, sha256)
);
-- Content is mostly compressed or short-lived: inline compression costs more than it saves.
alter table ledger.contents alter column bytes set storage external;

alter table ledger.heads enable row level security;
alter table ledger.heads force row level security;
alter table ledger.events enable row level security;
alter table ledger.events force row level security;
alter table ledger.requests enable row level security;
alter table ledger.requests force row level security;
alter table ledger.contents enable row level security;
alter table ledger.contents force row level security;

create function ledger.refuse_change() returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
  raise exception 'the log is append-only: % on %.% is refused', tg_op, tg_table_schema, tg_table_name
    using errcode = 'restrict_violation';
end
$$;

create trigger events_append_only before update or delete on ledger.events
  for each row execute function ledger.refuse_change();
create trigger events_no_truncate before truncate on ledger.events
  for each statement execute function ledger.refuse_change();
create trigger contents_append_only before update on ledger.contents
  for each row execute function ledger.refuse_change();
create trigger heads_no_delete before delete on ledger.heads
  for each row execute function ledger.refuse_change();
create trigger heads_no_truncate before truncate on ledger.heads
  for each statement execute function ledger.refuse_change();

create function ledger.refuse_rewind() returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
  if new.tenant_id <> old.tenant_id or new.position <= old.position then
    raise exception 'a head only moves forward' using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;

create trigger heads_forward before update on ledger.heads
  for each row execute function ledger.refuse_rewind();
