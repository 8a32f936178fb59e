-- Every view by name, those of the commit and those of the workers. `p_times` holds null for a tenant that is not committed; its rows are left out.
create or replace function ledger.project(p_view text, p_rows json, p_tenants uuid[], p_times timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  case p_view
    when 'story' then perform view.project_story(p_rows, p_tenants, p_times);
    when 'capability' then perform view.project_capability(p_rows, p_tenants, p_times);
    when 'signal' then perform view.project_signal(p_rows, p_tenants, p_times);
    when 'epic' then perform view.project_epic(p_rows, p_tenants, p_times);
    when 'project' then perform view.project_project(p_rows, p_tenants, p_times);
    when 'story_dependency' then perform view.project_story_dependency(p_rows, p_tenants, p_times);
    when 'epic_dependency' then perform view.project_epic_dependency(p_rows, p_tenants, p_times);
    when 'tenant' then perform view.project_tenant(p_rows, p_tenants, p_times);
    when 'tenant_slug' then perform platform.project_tenant_slug(p_rows, p_tenants, p_times);
    when 'agent' then perform view.project_agent(p_rows, p_tenants, p_times);
    when 'key' then perform view.project_key(p_rows, p_tenants, p_times);
    when 'key_hash' then perform platform.project_key_hash(p_rows, p_tenants, p_times);
    when 'dispatch' then perform view.project_dispatch(p_rows, p_tenants, p_times);
    when 'operator' then perform view.project_operator(p_rows, p_tenants, p_times);
    when 'authenticator' then perform view.project_authenticator(p_rows, p_tenants, p_times);
    when 'session' then perform view.project_session(p_rows, p_tenants, p_times);
    when 'signing_key' then perform view.project_signing_key(p_rows, p_tenants, p_times);
    when 'plan_state' then perform view.project_plan_state(p_rows, p_tenants, p_times);
    when 'model_endpoint' then perform view.project_model_endpoint(p_rows, p_tenants, p_times);
    when 'model_routing' then perform view.project_model_routing(p_rows, p_tenants, p_times);
    when 'webhook' then perform view.project_webhook(p_rows, p_tenants, p_times);
    when 'alert' then perform view.project_alert(p_rows, p_tenants, p_times);
    when 'alert_rules' then perform view.project_alert_rules(p_rows, p_tenants, p_times);
    when 'run' then perform view.project_run(p_rows, p_tenants, p_times);
    when 'model_usage' then perform view.project_model_usage(p_rows, p_tenants, p_times);
    when 'benchmark' then perform view.project_benchmark(p_rows, p_tenants, p_times);
    when 'benchmark_result' then perform view.project_benchmark_result(p_rows, p_tenants, p_times);
    when 'evaluation_set' then perform view.project_evaluation_set(p_rows, p_tenants, p_times);
    when 'evaluation' then perform view.project_evaluation(p_rows, p_tenants, p_times);
    when 'evaluation_result' then perform view.project_evaluation_result(p_rows, p_tenants, p_times);
    when 'search' then perform view.project_search(p_rows, p_tenants, p_times);
  end case;
end
$$;
