create or replace function view.project_operator(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.operators (tenant_id, operator_id, version, position, created_at, updated_at, name, email)
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time,
         r.name, r.email
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, name text, email text
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, operator_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    name = excluded.name, email = excluded.email;
end
$$;

create or replace function view.project_authenticator(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.authenticators (
    tenant_id, authenticator_id, version, position, created_at, updated_at, operator_id, name, credential_id, public_key,
    sign_count, backup_eligible, transports, used_at, status
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time,
         r.operator_id, r.name, r.credential_id, r.public_key, r.sign_count, r.backup_eligible, r.transports, r.used_at,
         r.status
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, operator_id uuid, name text, credential_id text,
      public_key text, sign_count bigint, backup_eligible boolean, transports text[], used_at timestamptz, status text
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, authenticator_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    sign_count = excluded.sign_count, used_at = excluded.used_at, status = excluded.status;
end
$$;

create or replace function view.project_session(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.sessions (
    tenant_id, session_id, version, position, created_at, updated_at, operator_id, authenticator_id, expires_at, status
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time,
         r.operator_id, r.authenticator_id, r.expires_at, r.status
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, operator_id uuid, authenticator_id uuid,
      expires_at timestamptz, status text
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, session_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at, status = excluded.status;
end
$$;
