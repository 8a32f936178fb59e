-- Keys that a tenant signs and draws with: private ones sealed by the master key, public ones as people read them.

create table platform.tenant_keys (
  tenant_id uuid not null,
  key_id uuid not null,
  purpose text not null check (purpose in ('log', 'capability', 'runner', 'draw')),
  -- Sealed with the tenant, the key and the purpose as associated data: copied to another row, it does not open.
  sealed text not null check (octet_length(sealed) between 40 and 1000),
  created_at timestamptz not null default now(),
  primary key (tenant_id, key_id)
);
-- Seeds follow from one secret for ever, so a second one would break every commitment.
create unique index tenant_keys_draw on platform.tenant_keys (tenant_id) where purpose = 'draw';

create trigger tenant_keys_no_change before update or delete on platform.tenant_keys
  for each row execute function ledger.refuse_change();
create trigger tenant_keys_no_truncate before truncate on platform.tenant_keys
  for each statement execute function ledger.refuse_change();

create table view.signing_keys (
  tenant_id uuid not null,
  signing_key_id uuid not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  purpose text not null check (purpose in ('log', 'capability', 'runner')),
  public_key text not null check (octet_length(public_key) = 43),
  status text not null check (status in ('active', 'retired')),
  replaced_by uuid,
  primary key (tenant_id, signing_key_id),
  constraint signing_keys_retired check ((status = 'retired') = (replaced_by is not null))
);
create unique index signing_keys_in_force on view.signing_keys (tenant_id, purpose) where status = 'active';

alter table platform.tenant_keys enable row level security;
alter table platform.tenant_keys force row level security;
alter table view.signing_keys enable row level security;
alter table view.signing_keys force row level security;
