-- Which agent asked for a run. Rows from before are filled by a replay.
alter table view.runs add column agent_id uuid;
create index runs_of_agent on view.runs (tenant_id, agent_id, run_id) where agent_id is not null;
