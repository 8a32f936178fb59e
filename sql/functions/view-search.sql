create or replace function view.project_search(p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
  v_gone record;
begin
  -- One by one, because a deletion finds its rows before it could set their context.
  for v_gone in
    select r.t, r.kind, r.id from json_to_recordset(p_rows) as r(t integer, kind text, id uuid, gone boolean) where r.gone
  loop
    perform set_config('app.tenant_id', p_tenants[v_gone.t]::text, true);
    delete from view.search_documents d
     where d.tenant_id = p_tenants[v_gone.t] and d.kind = v_gone.kind and d.document_id = v_gone.id;
  end loop;
  insert into view.search_documents (
    tenant_id, kind, document_id, project_id, number, title, description, archived, words
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.kind, r.id, r.project_id, r.number, r.title,
         r.description, r.archived,
         setweight(to_tsvector('simple', concat_ws(' ', r.number, r.title)), 'A')
         || setweight(to_tsvector('simple', r.description), 'C')
    from json_to_recordset(p_rows) as r(
      t integer, kind text, id uuid, project_id uuid, number text, title text, description text, archived boolean,
      gone boolean
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
   where r.gone is not true
  on conflict (tenant_id, kind, document_id) do update set
    title = excluded.title, description = excluded.description, archived = excluded.archived, words = excluded.words;
end
$$;
