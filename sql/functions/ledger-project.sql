-- Every inline view by name. `p_times` holds null for a tenant that is not committed; its rows are left out.
create or replace function ledger.project(p_view text, p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  case p_view
    when 'story' then perform view.project_story(p_rows, p_tenants, p_times);
    when 'epic' then perform view.project_epic(p_rows, p_tenants, p_times);
    when 'project' then perform view.project_project(p_rows, p_tenants, p_times);
  end case;
end
$$;
