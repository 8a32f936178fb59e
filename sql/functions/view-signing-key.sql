-- A key that retires makes room for the one that takes over, so it is written first.
create or replace function view.project_signing_key(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.signing_keys (
    tenant_id, signing_key_id, version, position, created_at, updated_at, purpose, public_key, status, replaced_by
  )
  select set_config('app.tenant_id', r.tenant::text, true)::uuid, r.id, r.version, r.position, r.time, r.time,
         r.purpose, r.public_key, r.status, r.replaced_by
    from (
      select d.tenant, d.time, r.*
        from json_to_recordset(p_rows) as r(
          t integer, id uuid, version integer, position bigint, purpose text, public_key text, status text,
          replaced_by uuid
        )
        join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place)
          on d.place = r.t and d.time is not null
       order by r.status desc
    ) r
  on conflict (tenant_id, signing_key_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    status = excluded.status, replaced_by = excluded.replaced_by;
end
$$;
