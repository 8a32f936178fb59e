-- What is to be sent to webhooks, and what became of it.

-- One row for each webhook that ever had something to send: when it is next looked at, and how it fares.
create table platform.webhook_lanes (
  tenant_id uuid not null,
  webhook_id uuid not null,
  -- Null when nothing waits.
  due_at timestamptz,
  -- Whoever serves it keeps others away until then.
  claimed_until timestamptz not null default '-infinity',
  failures_in_row integer not null default 0,
  failing_since timestamptz,
  -- The breaker: nothing is sent before this, and the pause after which it was opened.
  closed_until timestamptz,
  pause_s integer not null default 0,
  window_at timestamptz not null default '-infinity',
  window_tries integer not null default 0,
  window_failures integer not null default 0,
  primary key (tenant_id, webhook_id)
)
with (fillfactor = 50);
create index webhook_lanes_due on platform.webhook_lanes (due_at) where due_at is not null;

create table platform.webhook_deliveries (
  tenant_id uuid not null,
  -- Made of the webhook and the event: a delivery exists once, however often it is thought of.
  delivery_id uuid not null,
  webhook_id uuid not null,
  -- Of the event in the log; null for a test.
  position bigint,
  event_type text not null,
  stream_id uuid,
  status text collate "C" not null check (status in ('pending', 'delivered', 'failed', 'held')),
  attempts integer not null default 0,
  -- Since it was made or last replayed: the place in the schedule.
  tries integer not null default 0,
  created_at timestamptz not null,
  due_at timestamptz not null,
  claimed_until timestamptz not null default '-infinity',
  ended_at timestamptz,
  primary key (tenant_id, delivery_id)
)
with (fillfactor = 70);
create index webhook_deliveries_waiting on platform.webhook_deliveries (tenant_id, webhook_id, due_at)
  where status = 'pending';
create index webhook_deliveries_order on platform.webhook_deliveries (tenant_id, webhook_id, stream_id, position)
  where status = 'pending';
create index webhook_deliveries_list on platform.webhook_deliveries (tenant_id, webhook_id, delivery_id);

create table platform.webhook_attempts (
  tenant_id uuid not null,
  delivery_id uuid not null,
  attempt integer not null check (attempt > 0),
  started_at timestamptz not null,
  -- Request, answer and timings, as people read them.
  entry text not null check (octet_length(entry) <= 32768),
  primary key (tenant_id, delivery_id, attempt)
);

alter table platform.webhook_lanes enable row level security;
alter table platform.webhook_lanes force row level security;
alter table platform.webhook_deliveries enable row level security;
alter table platform.webhook_deliveries force row level security;
alter table platform.webhook_attempts enable row level security;
alter table platform.webhook_attempts force row level security;
