create or replace function view.project_webhook(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  insert into view.webhooks (
    tenant_id, webhook_id, version, position, created_at, updated_at, url, event_types, project_id, description,
    ordering, status, disabled_by, on_trial, secret_id, former_secret_id, former_until
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time,
         r.url, r.event_types, r.project_id, r.description, r.ordering, r.status, r.disabled_by, r.on_trial,
         r.secret_id, r.former_secret_id, r.former_until
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, url text, event_types text[], project_id uuid,
      description text, ordering text, status text, disabled_by text, on_trial boolean, secret_id uuid,
      former_secret_id uuid, former_until timestamptz
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, webhook_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    url = excluded.url, event_types = excluded.event_types, project_id = excluded.project_id,
    description = excluded.description, ordering = excluded.ordering, status = excluded.status,
    disabled_by = excluded.disabled_by, on_trial = excluded.on_trial, secret_id = excluded.secret_id,
    former_secret_id = excluded.former_secret_id, former_until = excluded.former_until;
end
$$;
