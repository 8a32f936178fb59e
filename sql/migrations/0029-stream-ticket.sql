-- Tickets that open one socket each. Unlogged: after a crash whoever had one asks for another.
create unlogged table platform.stream_tickets (
  tenant_id uuid not null,
  ticket_hash bytea not null check (octet_length(ticket_hash) = 32),
  key_hash bytea not null check (octet_length(key_hash) = 32),
  expires_at timestamptz not null,
  primary key (tenant_id, ticket_hash)
);

alter table platform.stream_tickets enable row level security;
alter table platform.stream_tickets force row level security;
