-- Who asked for a run, and which tools its models have, in rows that are older than those columns: from the event that each
-- run began with, as a replay would do it.
do $$
declare
  v_tenant uuid;
begin
  perform set_config('app.positions', 'all', true);
  for v_tenant in select h.tenant_id from ledger.heads h loop
    perform set_config('app.tenant_id', v_tenant::text, true);
    update view.runs r
       set agent_id = (e.entry::json -> 'actor' ->> 'agent_id')::uuid,
           shown = regexp_replace(
             case when r.shown -> 'asked_by' is not null then r.shown::text else
               regexp_replace(r.shown::text, '^(\{"kind":"[a-z]+",)', format(
                 '\1"asked_by":{"agent_id":%s,"role":%s},',
                 coalesce((e.entry::json -> 'actor' -> 'agent_id')::text, 'null'),
                 coalesce((e.entry::json -> 'actor' -> 'role')::text, 'null'))) end,
             '("classify":"[a-z]+",)(?!"tools":)', '\1"tools":[],')::json
      from ledger.events e
     where r.tenant_id = v_tenant and (r.shown -> 'asked_by' is null or r.shown -> 'tools' is null)
       and e.tenant_id = v_tenant and e.stream_type = 'run' and e.stream_id = r.run_id and e.version = 1;
  end loop;
  perform set_config('app.positions', '', true);
  perform set_config('app.tenant_id', '', true);
end
$$;
