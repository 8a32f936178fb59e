-- What the migrations, functions and policies add up to. Written by npm run schema; never edited.

-- schemas

create schema ledger authorization loopledger_owner;

create schema platform authorization loopledger_owner;

create schema view authorization loopledger_owner;

-- tables

create table ledger.checkpoints (
  tenant_id uuid not null,
  "position" bigint not null,
  root bytea not null,
  chain_hash bytea not null,
  note text not null,
  signed_at timestamp with time zone not null
);
alter table ledger.checkpoints enable row level security;
alter table ledger.checkpoints force row level security;
alter table ledger.checkpoints add constraint checkpoints_chain_hash_check CHECK ((octet_length(chain_hash) = 32));
alter table ledger.checkpoints add constraint checkpoints_note_check CHECK ((octet_length(note) <= 4096));
alter table ledger.checkpoints add constraint checkpoints_position_check CHECK (("position" > 0));
alter table ledger.checkpoints add constraint checkpoints_root_check CHECK ((octet_length(root) = 32));
alter table ledger.checkpoints add constraint checkpoints_pkey PRIMARY KEY (tenant_id, "position");

create table ledger.consumers (
  tenant_id uuid not null,
  name text not null,
  consumer_id uuid not null,
  key_id uuid,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null
) with (fillfactor=50);
alter table ledger.consumers enable row level security;
alter table ledger.consumers force row level security;
alter table ledger.consumers add constraint consumers_name_check CHECK ((name ~ '^[a-z0-9-]{1,64}$'::text));
alter table ledger.consumers add constraint consumers_position_check CHECK (("position" >= 0));
alter table ledger.consumers add constraint consumers_version_check CHECK ((version > 0));
alter table ledger.consumers add constraint consumers_pkey PRIMARY KEY (tenant_id, name);

create table ledger.contents (
  tenant_id uuid not null,
  sha256 bytea not null,
  size integer not null,
  stored_at timestamp with time zone not null default now(),
  bytes bytea not null storage e
);
alter table ledger.contents enable row level security;
alter table ledger.contents force row level security;
alter table ledger.contents add constraint contents_check CHECK ((size = octet_length(bytes)));
alter table ledger.contents add constraint contents_check1 CHECK ((sha256(bytes) = sha256));
alter table ledger.contents add constraint contents_sha256_check CHECK ((octet_length(sha256) = 32));
alter table ledger.contents add constraint contents_pkey PRIMARY KEY (tenant_id, sha256);

create table ledger.events (
  tenant_id uuid not null,
  "position" bigint not null,
  event_id uuid not null,
  stream_type text not null,
  stream_id uuid not null,
  version integer not null,
  type text not null,
  schema smallint not null,
  project_id uuid,
  recorded_at timestamp with time zone not null,
  entry text not null,
  leaf_hash bytea not null,
  chain_hash bytea not null
);
alter table ledger.events enable row level security;
alter table ledger.events force row level security;
alter table ledger.events add constraint events_chain_hash_check CHECK ((octet_length(chain_hash) = 32));
alter table ledger.events add constraint events_entry_check CHECK ((octet_length(entry) <= 65536));
alter table ledger.events add constraint events_leaf_hash_check CHECK ((octet_length(leaf_hash) = 32));
alter table ledger.events add constraint events_position_check CHECK (("position" > 0));
alter table ledger.events add constraint events_schema_check CHECK ((schema > 0));
alter table ledger.events add constraint events_version_check CHECK ((version > 0));
alter table ledger.events add constraint events_pkey PRIMARY KEY (tenant_id, "position");
alter table ledger.events add constraint events_stream_version UNIQUE (tenant_id, stream_id, stream_type, version);

create table ledger.heads (
  tenant_id uuid not null,
  "position" bigint not null default 0,
  chain_hash bytea not null,
  recorded_at timestamp with time zone not null
) with (fillfactor=50, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=500, autovacuum_vacuum_cost_delay=0);
alter table ledger.heads enable row level security;
alter table ledger.heads force row level security;
alter table ledger.heads add constraint heads_chain_hash_check CHECK ((octet_length(chain_hash) = 32));
alter table ledger.heads add constraint heads_position_check CHECK (("position" >= 0));
alter table ledger.heads add constraint heads_tenant CHECK ((tenant_id <> '00000000-0000-0000-0000-000000000000'::uuid));
alter table ledger.heads add constraint heads_pkey PRIMARY KEY (tenant_id);

create table ledger.requests (
  tenant_id uuid not null,
  scope uuid not null,
  command_id text not null,
  request_hash bytea not null,
  status smallint not null,
  "position" bigint not null,
  version integer not null,
  recorded_at timestamp with time zone not null,
  body text not null
);
alter table ledger.requests enable row level security;
alter table ledger.requests force row level security;
alter table ledger.requests add constraint requests_command_id_check CHECK (((octet_length(command_id) >= 1) AND (octet_length(command_id) <= 255)));
alter table ledger.requests add constraint requests_request_hash_check CHECK ((octet_length(request_hash) = 32));
alter table ledger.requests add constraint requests_pkey PRIMARY KEY (tenant_id, scope, command_id);

create table ledger.seals (
  tenant_id uuid not null,
  origin text not null
);
alter table ledger.seals enable row level security;
alter table ledger.seals force row level security;
alter table ledger.seals add constraint seals_origin_check CHECK (((origin ~ '^[^\s+]+$'::text) AND (octet_length(origin) <= 300)));
alter table ledger.seals add constraint seals_pkey PRIMARY KEY (tenant_id);

create table ledger.tiles (
  tenant_id uuid not null,
  level smallint not null,
  tile bigint not null,
  root bytea not null,
  hashes bytea not null storage e
);
alter table ledger.tiles enable row level security;
alter table ledger.tiles force row level security;
alter table ledger.tiles add constraint tiles_hashes_check CHECK ((octet_length(hashes) = 8192));
alter table ledger.tiles add constraint tiles_level_check CHECK (((level >= 0) AND (level <= 6)));
alter table ledger.tiles add constraint tiles_root_check CHECK ((octet_length(root) = 32));
alter table ledger.tiles add constraint tiles_tile_check CHECK ((tile >= 0));
alter table ledger.tiles add constraint tiles_pkey PRIMARY KEY (tenant_id, level, tile);

create table platform.ceremonies (
  ceremony_id uuid not null,
  expires_at timestamp with time zone not null,
  sealed text not null
);
alter table platform.ceremonies enable row level security;
alter table platform.ceremonies force row level security;
alter table platform.ceremonies add constraint ceremonies_sealed_check CHECK (((octet_length(sealed) >= 40) AND (octet_length(sealed) <= 8192)));
alter table platform.ceremonies add constraint ceremonies_pkey PRIMARY KEY (ceremony_id);

create table platform.key_hashes (
  key_hash bytea not null,
  tenant_id uuid not null,
  key_id uuid not null,
  agent_id uuid,
  role text not null,
  lineage uuid[] not null default '{}'::uuid[],
  active boolean not null,
  tenant_active boolean not null default true,
  expires_at timestamp with time zone,
  story_id uuid
);
alter table platform.key_hashes enable row level security;
alter table platform.key_hashes force row level security;
alter table platform.key_hashes add constraint key_hashes_key_hash_check CHECK ((octet_length(key_hash) = 32));
alter table platform.key_hashes add constraint key_hashes_lineage CHECK (((cardinality(lineage) = 0) OR ((agent_id IS NOT NULL) AND (expires_at IS NOT NULL))));
alter table platform.key_hashes add constraint key_hashes_role_check CHECK ((role = ANY (ARRAY['agent'::text, 'orchestrator'::text, 'user'::text, 'superadmin'::text])));
alter table platform.key_hashes add constraint key_hashes_superadmin CHECK (((role <> 'superadmin'::text) OR (tenant_id = '00000000-0000-7000-8000-000000000000'::uuid)));
alter table platform.key_hashes add constraint key_hashes_pkey PRIMARY KEY (key_hash);

create table platform.migrations (
  name text not null,
  sha256 bytea not null,
  applied_at timestamp with time zone not null default now()
);
alter table platform.migrations add constraint migrations_sha256_check CHECK ((octet_length(sha256) = 32));
alter table platform.migrations add constraint migrations_pkey PRIMARY KEY (name);

create table platform.model_calls (
  tenant_id uuid not null,
  call_id uuid not null,
  scopes text[] not null,
  reserved bigint not null,
  settled bigint,
  reserved_at timestamp with time zone not null default now()
);
alter table platform.model_calls enable row level security;
alter table platform.model_calls force row level security;
alter table platform.model_calls add constraint model_calls_reserved_check CHECK ((reserved >= 0));
alter table platform.model_calls add constraint model_calls_settled_check CHECK ((settled >= 0));
alter table platform.model_calls add constraint model_calls_pkey PRIMARY KEY (tenant_id, call_id);

create table platform.model_prices (
  tenant_id uuid not null,
  price_id uuid not null,
  provider text not null,
  model text not null,
  input bigint not null,
  cached bigint not null,
  output bigint not null,
  valid_from timestamp with time zone not null,
  noted_at timestamp with time zone not null default now()
);
alter table platform.model_prices enable row level security;
alter table platform.model_prices force row level security;
alter table platform.model_prices add constraint model_prices_cached_check CHECK ((cached >= 0));
alter table platform.model_prices add constraint model_prices_input_check CHECK ((input >= 0));
alter table platform.model_prices add constraint model_prices_model_check CHECK (((octet_length(model) >= 1) AND (octet_length(model) <= 150)));
alter table platform.model_prices add constraint model_prices_output_check CHECK ((output >= 0));
alter table platform.model_prices add constraint model_prices_provider_check CHECK ((provider = ANY (ARRAY['openai'::text, 'anthropic'::text])));
alter table platform.model_prices add constraint model_prices_pkey PRIMARY KEY (tenant_id, price_id);

create table platform.model_secrets (
  tenant_id uuid not null,
  secret_id uuid not null,
  stored_at timestamp with time zone not null default now(),
  sealed text not null
);
alter table platform.model_secrets enable row level security;
alter table platform.model_secrets force row level security;
alter table platform.model_secrets add constraint model_secrets_sealed_check CHECK (((octet_length(sealed) >= 38) AND (octet_length(sealed) <= 3000)));
alter table platform.model_secrets add constraint model_secrets_pkey PRIMARY KEY (tenant_id, secret_id);

create table platform.model_spend (
  tenant_id uuid not null,
  scope text not null,
  micros bigint not null
) with (fillfactor=50);
alter table platform.model_spend enable row level security;
alter table platform.model_spend force row level security;
alter table platform.model_spend add constraint model_spend_micros_check CHECK ((micros >= 0));
alter table platform.model_spend add constraint model_spend_scope_check CHECK (((octet_length(scope) >= 1) AND (octet_length(scope) <= 100)));
alter table platform.model_spend add constraint model_spend_pkey PRIMARY KEY (tenant_id, scope);

create table platform.rate_leases (
  tenant_id uuid not null,
  subject_id uuid not null,
  opened_at timestamp with time zone not null,
  used integer not null,
  granted integer not null
) with (fillfactor=50);
alter table platform.rate_leases enable row level security;
alter table platform.rate_leases force row level security;
alter table platform.rate_leases add constraint rate_leases_used_check CHECK ((used >= 0));
alter table platform.rate_leases add constraint rate_leases_pkey PRIMARY KEY (tenant_id, subject_id);

create table platform.run_deltas (
  tenant_id uuid not null,
  run_id uuid not null,
  watcher uuid not null,
  delta_id uuid not null,
  told json not null,
  told_at timestamp with time zone not null default now()
);
alter table platform.run_deltas enable row level security;
alter table platform.run_deltas force row level security;
alter table platform.run_deltas add constraint run_deltas_pkey PRIMARY KEY (tenant_id, run_id, watcher, delta_id);

create table platform.run_leases (
  tenant_id uuid not null,
  run_id uuid not null,
  worker text not null,
  fence integer not null,
  claimed_until timestamp with time zone not null
);
alter table platform.run_leases enable row level security;
alter table platform.run_leases force row level security;
alter table platform.run_leases add constraint run_leases_pkey PRIMARY KEY (tenant_id, run_id);

create table platform.run_watches (
  tenant_id uuid not null,
  run_id uuid not null,
  watcher uuid not null,
  watched_until timestamp with time zone not null
);
alter table platform.run_watches enable row level security;
alter table platform.run_watches force row level security;
alter table platform.run_watches add constraint run_watches_pkey PRIMARY KEY (tenant_id, run_id, watcher);

create table platform.settings (
  name text not null,
  value text not null
);
alter table platform.settings enable row level security;
alter table platform.settings force row level security;
alter table platform.settings add constraint settings_name_check CHECK ((name <> ''::text));
alter table platform.settings add constraint settings_pkey PRIMARY KEY (name);

create table platform.stream_tickets (
  tenant_id uuid not null,
  ticket_hash bytea not null,
  key_hash bytea not null,
  expires_at timestamp with time zone not null
);
alter table platform.stream_tickets enable row level security;
alter table platform.stream_tickets force row level security;
alter table platform.stream_tickets add constraint stream_tickets_key_hash_check CHECK ((octet_length(key_hash) = 32));
alter table platform.stream_tickets add constraint stream_tickets_ticket_hash_check CHECK ((octet_length(ticket_hash) = 32));
alter table platform.stream_tickets add constraint stream_tickets_pkey PRIMARY KEY (tenant_id, ticket_hash);

create table platform.tenant_keys (
  tenant_id uuid not null,
  key_id uuid not null,
  purpose text not null,
  sealed text not null,
  created_at timestamp with time zone not null default now()
);
alter table platform.tenant_keys enable row level security;
alter table platform.tenant_keys force row level security;
alter table platform.tenant_keys add constraint tenant_keys_purpose_check CHECK ((purpose = ANY (ARRAY['log'::text, 'capability'::text, 'runner'::text, 'draw'::text])));
alter table platform.tenant_keys add constraint tenant_keys_sealed_check CHECK (((octet_length(sealed) >= 40) AND (octet_length(sealed) <= 1000)));
alter table platform.tenant_keys add constraint tenant_keys_pkey PRIMARY KEY (tenant_id, key_id);

create table platform.tenant_slugs (
  tenant_id uuid not null,
  slug text not null
);
alter table platform.tenant_slugs enable row level security;
alter table platform.tenant_slugs force row level security;
alter table platform.tenant_slugs add constraint tenant_slugs_pkey PRIMARY KEY (tenant_id);
alter table platform.tenant_slugs add constraint tenant_slugs_slug UNIQUE (slug);

create table platform.webhook_attempts (
  tenant_id uuid not null,
  delivery_id uuid not null,
  attempt integer not null,
  started_at timestamp with time zone not null,
  entry text not null
);
alter table platform.webhook_attempts enable row level security;
alter table platform.webhook_attempts force row level security;
alter table platform.webhook_attempts add constraint webhook_attempts_attempt_check CHECK ((attempt > 0));
alter table platform.webhook_attempts add constraint webhook_attempts_entry_check CHECK ((octet_length(entry) <= 32768));
alter table platform.webhook_attempts add constraint webhook_attempts_pkey PRIMARY KEY (tenant_id, delivery_id, attempt);

create table platform.webhook_deliveries (
  tenant_id uuid not null,
  delivery_id uuid not null,
  webhook_id uuid not null,
  "position" bigint,
  event_type text not null,
  stream_id uuid,
  status text not null,
  attempts integer not null default 0,
  tries integer not null default 0,
  created_at timestamp with time zone not null,
  due_at timestamp with time zone not null,
  ended_at timestamp with time zone
) with (fillfactor=70);
alter table platform.webhook_deliveries enable row level security;
alter table platform.webhook_deliveries force row level security;
alter table platform.webhook_deliveries add constraint webhook_deliveries_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'delivered'::text, 'failed'::text, 'held'::text])));
alter table platform.webhook_deliveries add constraint webhook_deliveries_pkey PRIMARY KEY (tenant_id, webhook_id, delivery_id);

create table platform.webhook_lanes (
  tenant_id uuid not null,
  webhook_id uuid not null,
  due_at timestamp with time zone,
  claimed_until timestamp with time zone not null default '-infinity'::timestamp with time zone,
  failures_in_row integer not null default 0,
  failing_since timestamp with time zone,
  closed_until timestamp with time zone,
  pause_s integer not null default 0,
  window_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
  window_tries integer not null default 0,
  window_failures integer not null default 0
) with (fillfactor=50);
alter table platform.webhook_lanes enable row level security;
alter table platform.webhook_lanes force row level security;
alter table platform.webhook_lanes add constraint webhook_lanes_pkey PRIMARY KEY (tenant_id, webhook_id);

create table platform.webhook_secrets (
  tenant_id uuid not null,
  secret_id uuid not null,
  stored_at timestamp with time zone not null default now(),
  sealed text not null
);
alter table platform.webhook_secrets enable row level security;
alter table platform.webhook_secrets force row level security;
alter table platform.webhook_secrets add constraint webhook_secrets_sealed_check CHECK (((octet_length(sealed) >= 40) AND (octet_length(sealed) <= 500)));
alter table platform.webhook_secrets add constraint webhook_secrets_pkey PRIMARY KEY (tenant_id, secret_id);

create table view.agents (
  tenant_id uuid not null,
  agent_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  name text not null,
  description text not null,
  status text not null
);
alter table view.agents enable row level security;
alter table view.agents force row level security;
alter table view.agents add constraint agents_status_check CHECK ((status = ANY (ARRAY['active'::text, 'archived'::text, 'deleted'::text])));
alter table view.agents add constraint agents_pkey PRIMARY KEY (tenant_id, agent_id);

create table view.alert_rules (
  tenant_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  rules json not null
);
alter table view.alert_rules enable row level security;
alter table view.alert_rules force row level security;
alter table view.alert_rules add constraint alert_rules_pkey PRIMARY KEY (tenant_id);

create table view.alerts (
  tenant_id uuid not null,
  alert_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  run_id uuid not null,
  rule text not null,
  measure text not null,
  above double precision not null,
  value double precision not null,
  project_id uuid,
  status text not null
);
alter table view.alerts enable row level security;
alter table view.alerts force row level security;
alter table view.alerts add constraint alerts_above_check CHECK ((above >= (0)::double precision));
alter table view.alerts add constraint alerts_check CHECK ((value > above));
alter table view.alerts add constraint alerts_measure_check CHECK ((measure = ANY (ARRAY['cost_micros'::text, 'turns'::text, 'tool_errors_percent'::text, 'seconds'::text])));
alter table view.alerts add constraint alerts_status_check CHECK ((status = ANY (ARRAY['raised'::text, 'acknowledged'::text])));
alter table view.alerts add constraint alerts_pkey PRIMARY KEY (tenant_id, alert_id);
alter table view.alerts add constraint alerts_once UNIQUE (tenant_id, run_id, rule);

create table view.authenticators (
  tenant_id uuid not null,
  authenticator_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  operator_id uuid not null,
  name text not null,
  credential_id text not null,
  public_key text not null,
  sign_count bigint not null,
  backup_eligible boolean not null,
  transports text[] not null,
  used_at timestamp with time zone,
  status text not null
);
alter table view.authenticators enable row level security;
alter table view.authenticators force row level security;
alter table view.authenticators add constraint authenticators_credential_id_check CHECK (((octet_length(credential_id) >= 1) AND (octet_length(credential_id) <= 1400)));
alter table view.authenticators add constraint authenticators_public_key_check CHECK (((octet_length(public_key) >= 1) AND (octet_length(public_key) <= 2000)));
alter table view.authenticators add constraint authenticators_sign_count_check CHECK (((sign_count >= 0) AND (sign_count <= '4294967295'::bigint)));
alter table view.authenticators add constraint authenticators_status_check CHECK ((status = ANY (ARRAY['active'::text, 'revoked'::text])));
alter table view.authenticators add constraint authenticators_operator FOREIGN KEY (tenant_id, operator_id) REFERENCES view.operators(tenant_id, operator_id);
alter table view.authenticators add constraint authenticators_pkey PRIMARY KEY (tenant_id, authenticator_id);
alter table view.authenticators add constraint authenticators_credential UNIQUE (tenant_id, credential_id);

create table view.benchmark_results (
  tenant_id uuid not null,
  benchmark_id uuid not null,
  version integer not null,
  recorded_at timestamp with time zone not null,
  run_id uuid not null,
  problem text not null,
  sample integer not null,
  shown json not null
);
alter table view.benchmark_results enable row level security;
alter table view.benchmark_results force row level security;
alter table view.benchmark_results add constraint benchmark_results_sample_check CHECK (((sample >= 1) AND (sample <= 100)));
alter table view.benchmark_results add constraint benchmark_results_version_check CHECK ((version > 1));
alter table view.benchmark_results add constraint benchmark_results_benchmark FOREIGN KEY (tenant_id, benchmark_id) REFERENCES view.benchmarks(tenant_id, benchmark_id);
alter table view.benchmark_results add constraint benchmark_results_pkey PRIMARY KEY (tenant_id, benchmark_id, version);
alter table view.benchmark_results add constraint benchmark_results_run UNIQUE (tenant_id, run_id);
alter table view.benchmark_results add constraint benchmark_results_sample UNIQUE (tenant_id, benchmark_id, problem, sample);

create table view.benchmarks (
  tenant_id uuid not null,
  benchmark_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  name text not null,
  problem_set text not null,
  status text not null,
  shown json not null
);
alter table view.benchmarks enable row level security;
alter table view.benchmarks force row level security;
alter table view.benchmarks add constraint benchmarks_status_check CHECK ((status = ANY (ARRAY['open'::text, 'finished'::text, 'abandoned'::text])));
alter table view.benchmarks add constraint benchmarks_pkey PRIMARY KEY (tenant_id, benchmark_id);

create table view.capabilities (
  tenant_id uuid not null,
  jti uuid not null,
  story_id uuid not null,
  act text not null,
  dispatch_id uuid not null,
  token_hash text not null,
  expires_at timestamp with time zone not null,
  granted_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  status text not null
);
alter table view.capabilities enable row level security;
alter table view.capabilities force row level security;
alter table view.capabilities add constraint capabilities_act_check CHECK ((act = ANY (ARRAY['start'::text, 'report'::text, 'review'::text, 'verify'::text])));
alter table view.capabilities add constraint capabilities_ended CHECK (((status = 'granted'::text) = (ended_at IS NULL)));
alter table view.capabilities add constraint capabilities_status_check CHECK ((status = ANY (ARRAY['granted'::text, 'consumed'::text, 'voided'::text])));
alter table view.capabilities add constraint capabilities_token_hash_check CHECK ((length(token_hash) = 64));
alter table view.capabilities add constraint capabilities_story FOREIGN KEY (tenant_id, story_id) REFERENCES view.stories(tenant_id, story_id);
alter table view.capabilities add constraint capabilities_pkey PRIMARY KEY (tenant_id, jti);

create table view.checkpoints (
  tenant_id uuid not null,
  projection text not null,
  "position" bigint not null
) with (fillfactor=50);
alter table view.checkpoints enable row level security;
alter table view.checkpoints force row level security;
alter table view.checkpoints add constraint checkpoints_position_check CHECK (("position" >= 0));
alter table view.checkpoints add constraint checkpoints_projection_check CHECK ((projection <> ''::text));
alter table view.checkpoints add constraint checkpoints_pkey PRIMARY KEY (tenant_id, projection);

create table view.dispatches (
  tenant_id uuid not null,
  dispatch_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  root_id uuid not null,
  parent_id uuid,
  lineage uuid[] not null,
  role text not null,
  agent_id uuid not null,
  story_id uuid,
  key_id uuid not null,
  expires_at timestamp with time zone not null,
  status text not null
);
alter table view.dispatches enable row level security;
alter table view.dispatches force row level security;
alter table view.dispatches add constraint dispatches_lineage CHECK ((((cardinality(lineage) >= 1) AND (cardinality(lineage) <= 16)) AND (array_ndims(lineage) = 1) AND (lineage[1] = root_id) AND (lineage[cardinality(lineage)] = dispatch_id) AND (NOT (parent_id IS DISTINCT FROM lineage[(cardinality(lineage) - 1)]))));
alter table view.dispatches add constraint dispatches_role_check CHECK ((role = ANY (ARRAY['agent'::text, 'orchestrator'::text])));
alter table view.dispatches add constraint dispatches_status_check CHECK ((status = ANY (ARRAY['active'::text, 'revoked'::text])));
alter table view.dispatches add constraint dispatches_agent FOREIGN KEY (tenant_id, agent_id) REFERENCES view.agents(tenant_id, agent_id);
alter table view.dispatches add constraint dispatches_parent FOREIGN KEY (tenant_id, parent_id) REFERENCES view.dispatches(tenant_id, dispatch_id);
alter table view.dispatches add constraint dispatches_pkey PRIMARY KEY (tenant_id, dispatch_id);

create table view.epic_dependencies (
  tenant_id uuid not null,
  dependency_id uuid not null,
  version integer not null,
  created_at timestamp with time zone not null,
  project_id uuid not null,
  epic_id uuid not null,
  needs_epic_id uuid not null
);
alter table view.epic_dependencies enable row level security;
alter table view.epic_dependencies force row level security;
alter table view.epic_dependencies add constraint epic_dependencies_self CHECK ((epic_id <> needs_epic_id));
alter table view.epic_dependencies add constraint epic_dependencies_epic FOREIGN KEY (tenant_id, epic_id) REFERENCES view.epics(tenant_id, epic_id);
alter table view.epic_dependencies add constraint epic_dependencies_needs FOREIGN KEY (tenant_id, needs_epic_id) REFERENCES view.epics(tenant_id, epic_id);
alter table view.epic_dependencies add constraint epic_dependencies_pkey PRIMARY KEY (tenant_id, project_id, dependency_id);
alter table view.epic_dependencies add constraint epic_dependencies_edge UNIQUE (tenant_id, epic_id, needs_epic_id);

create table view.epics (
  tenant_id uuid not null,
  epic_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  project_id uuid not null,
  number integer not null,
  title text not null,
  description text not null,
  status text not null,
  is_complete boolean not null default false
);
alter table view.epics enable row level security;
alter table view.epics force row level security;
alter table view.epics add constraint epics_status_check CHECK ((status = ANY (ARRAY['active'::text, 'archived'::text, 'deleted'::text])));
alter table view.epics add constraint epics_project FOREIGN KEY (tenant_id, project_id) REFERENCES view.projects(tenant_id, project_id);
alter table view.epics add constraint epics_pkey PRIMARY KEY (tenant_id, epic_id);
alter table view.epics add constraint epics_number UNIQUE (tenant_id, project_id, number);

create table view.evaluation_results (
  tenant_id uuid not null,
  evaluation_id uuid not null,
  version integer not null,
  recorded_at timestamp with time zone not null,
  run_id uuid not null,
  case_name text not null,
  sample integer not null,
  shown json not null
);
alter table view.evaluation_results enable row level security;
alter table view.evaluation_results force row level security;
alter table view.evaluation_results add constraint evaluation_results_sample_check CHECK (((sample >= 1) AND (sample <= 100)));
alter table view.evaluation_results add constraint evaluation_results_version_check CHECK ((version > 1));
alter table view.evaluation_results add constraint evaluation_results_evaluation FOREIGN KEY (tenant_id, evaluation_id) REFERENCES view.evaluations(tenant_id, evaluation_id);
alter table view.evaluation_results add constraint evaluation_results_pkey PRIMARY KEY (tenant_id, evaluation_id, version);
alter table view.evaluation_results add constraint evaluation_results_run UNIQUE (tenant_id, run_id);
alter table view.evaluation_results add constraint evaluation_results_sample UNIQUE (tenant_id, evaluation_id, case_name, sample);

create table view.evaluation_sets (
  tenant_id uuid not null,
  evaluation_set_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  name text not null,
  project_id uuid,
  status text not null,
  shown json not null,
  cases json not null
);
alter table view.evaluation_sets enable row level security;
alter table view.evaluation_sets force row level security;
alter table view.evaluation_sets add constraint evaluation_sets_status_check CHECK ((status = ANY (ARRAY['active'::text, 'archived'::text])));
alter table view.evaluation_sets add constraint evaluation_sets_pkey PRIMARY KEY (tenant_id, evaluation_set_id);
alter table view.evaluation_sets add constraint evaluation_sets_name UNIQUE (tenant_id, name);

create table view.evaluations (
  tenant_id uuid not null,
  evaluation_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  name text not null,
  evaluation_set_id uuid not null,
  project_id uuid,
  status text not null,
  shown json not null
);
alter table view.evaluations enable row level security;
alter table view.evaluations force row level security;
alter table view.evaluations add constraint evaluations_status_check CHECK ((status = ANY (ARRAY['open'::text, 'finished'::text, 'abandoned'::text])));
alter table view.evaluations add constraint evaluations_set FOREIGN KEY (tenant_id, evaluation_set_id) REFERENCES view.evaluation_sets(tenant_id, evaluation_set_id);
alter table view.evaluations add constraint evaluations_pkey PRIMARY KEY (tenant_id, evaluation_id);

create table view.keys (
  tenant_id uuid not null,
  key_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  name text not null,
  role text not null,
  agent_id uuid,
  prefix text not null,
  expires_at timestamp with time zone,
  status text not null,
  lineage uuid[] not null default '{}'::uuid[]
);
alter table view.keys enable row level security;
alter table view.keys force row level security;
alter table view.keys add constraint keys_holder CHECK (((role = ANY (ARRAY['user'::text, 'superadmin'::text])) = (agent_id IS NULL)));
alter table view.keys add constraint keys_lineage CHECK (((cardinality(lineage) = 0) OR ((agent_id IS NOT NULL) AND (expires_at IS NOT NULL))));
alter table view.keys add constraint keys_role_check CHECK (((role = ANY (ARRAY['agent'::text, 'orchestrator'::text, 'user'::text])) OR ((role = 'superadmin'::text) AND (tenant_id = '00000000-0000-7000-8000-000000000000'::uuid))));
alter table view.keys add constraint keys_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text, 'revoked'::text, 'expired'::text])));
alter table view.keys add constraint keys_agent FOREIGN KEY (tenant_id, agent_id) REFERENCES view.agents(tenant_id, agent_id);
alter table view.keys add constraint keys_pkey PRIMARY KEY (tenant_id, key_id);

create table view.model_endpoints (
  tenant_id uuid not null,
  endpoint_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  name text not null,
  kind text not null,
  base_url text,
  models jsonb not null,
  description text not null,
  secret_id uuid,
  secret_last_four text,
  status text not null
);
alter table view.model_endpoints enable row level security;
alter table view.model_endpoints force row level security;
alter table view.model_endpoints add constraint model_endpoints_address CHECK (((kind = 'scripted'::text) = (base_url IS NULL)));
alter table view.model_endpoints add constraint model_endpoints_kind_check CHECK ((kind = ANY (ARRAY['openai'::text, 'anthropic'::text, 'compatible'::text, 'scripted'::text])));
alter table view.model_endpoints add constraint model_endpoints_models_check CHECK ((jsonb_typeof(models) = 'array'::text));
alter table view.model_endpoints add constraint model_endpoints_status_check CHECK ((status = ANY (ARRAY['active'::text, 'disabled'::text, 'deleted'::text])));
alter table view.model_endpoints add constraint model_endpoints_pkey PRIMARY KEY (tenant_id, endpoint_id);

create table view.model_routings (
  tenant_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  settings jsonb not null
);
alter table view.model_routings enable row level security;
alter table view.model_routings force row level security;
alter table view.model_routings add constraint model_routings_pkey PRIMARY KEY (tenant_id);

create table view.model_usage (
  tenant_id uuid not null,
  run_id uuid not null,
  version integer not null,
  called_at timestamp with time zone not null,
  project_id uuid,
  purpose text not null,
  endpoint text not null,
  model text not null,
  error_class text,
  input_tokens bigint,
  cached_tokens bigint,
  output_tokens bigint,
  reasoning_tokens bigint,
  cost_micros bigint not null,
  latency_ms integer not null
);
alter table view.model_usage enable row level security;
alter table view.model_usage force row level security;
alter table view.model_usage add constraint model_usage_cached_tokens_check CHECK ((cached_tokens >= 0));
alter table view.model_usage add constraint model_usage_cost_micros_check CHECK ((cost_micros >= 0));
alter table view.model_usage add constraint model_usage_input_tokens_check CHECK ((input_tokens >= 0));
alter table view.model_usage add constraint model_usage_latency_ms_check CHECK ((latency_ms >= 0));
alter table view.model_usage add constraint model_usage_output_tokens_check CHECK ((output_tokens >= 0));
alter table view.model_usage add constraint model_usage_reasoning_tokens_check CHECK ((reasoning_tokens >= 0));
alter table view.model_usage add constraint model_usage_version_check CHECK ((version > 0));
alter table view.model_usage add constraint model_usage_pkey PRIMARY KEY (tenant_id, run_id, version);

create table view.operators (
  tenant_id uuid not null,
  operator_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  name text not null,
  email text not null
);
alter table view.operators enable row level security;
alter table view.operators force row level security;
alter table view.operators add constraint operators_pkey PRIMARY KEY (tenant_id, operator_id);

create table view.plan_states (
  tenant_id uuid not null,
  plan_state_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  project_id uuid not null,
  key text not null,
  state json not null,
  status text not null
);
alter table view.plan_states enable row level security;
alter table view.plan_states force row level security;
alter table view.plan_states add constraint plan_states_status_check CHECK ((status = ANY (ARRAY['active'::text, 'deleted'::text])));
alter table view.plan_states add constraint plan_states_project FOREIGN KEY (tenant_id, project_id) REFERENCES view.projects(tenant_id, project_id);
alter table view.plan_states add constraint plan_states_pkey PRIMARY KEY (tenant_id, plan_state_id);
alter table view.plan_states add constraint plan_states_key UNIQUE (tenant_id, project_id, key);

create table view.projects (
  tenant_id uuid not null,
  project_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  name text not null,
  slug text not null,
  description text not null,
  status text not null,
  verification json
);
alter table view.projects enable row level security;
alter table view.projects force row level security;
alter table view.projects add constraint projects_status_check CHECK ((status = ANY (ARRAY['active'::text, 'archived'::text, 'deleted'::text])));
alter table view.projects add constraint projects_pkey PRIMARY KEY (tenant_id, project_id);

create table view.runs (
  tenant_id uuid not null,
  run_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  kind text not null,
  status text not null,
  project_id uuid,
  story_id uuid,
  prompt text not null,
  labels jsonb not null,
  fence integer not null,
  rests_until timestamp with time zone,
  shown json not null,
  due_at timestamp with time zone generated always as (
CASE
    WHEN (status = ANY (ARRAY['queued'::text, 'running'::text, 'resting'::text])) THEN COALESCE(rests_until, created_at)
    ELSE NULL::timestamp with time zone
END) stored,
  agent_id uuid,
  sample_of text generated always as ((((((labels ->> 'benchmark'::text) || '/'::text) || (labels ->> 'sample'::text)) || '/'::text) || (labels ->> 'problem'::text))) stored
) with (fillfactor=70);
alter table view.runs enable row level security;
alter table view.runs force row level security;
alter table view.runs add constraint runs_kind_check CHECK ((kind = ANY (ARRAY['solve'::text, 'verify'::text])));
alter table view.runs add constraint runs_status_check CHECK ((status = ANY (ARRAY['awaiting_approval'::text, 'queued'::text, 'running'::text, 'resting'::text, 'succeeded'::text, 'failed'::text, 'cancelled'::text])));
alter table view.runs add constraint runs_pkey PRIMARY KEY (tenant_id, run_id);

create table view.search_documents (
  tenant_id uuid not null,
  kind text not null,
  document_id uuid not null,
  project_id uuid not null,
  number text,
  title text not null,
  description text not null,
  archived boolean not null,
  words tsvector not null
);
alter table view.search_documents enable row level security;
alter table view.search_documents force row level security;
alter table view.search_documents add constraint search_documents_kind_check CHECK ((kind = ANY (ARRAY['project'::text, 'epic'::text, 'story'::text])));
alter table view.search_documents add constraint search_documents_pkey PRIMARY KEY (tenant_id, kind, document_id);

create table view.sessions (
  tenant_id uuid not null,
  session_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  operator_id uuid not null,
  authenticator_id uuid not null,
  expires_at timestamp with time zone not null,
  status text not null
);
alter table view.sessions enable row level security;
alter table view.sessions force row level security;
alter table view.sessions add constraint sessions_status_check CHECK ((status = ANY (ARRAY['active'::text, 'ended'::text])));
alter table view.sessions add constraint sessions_authenticator FOREIGN KEY (tenant_id, authenticator_id) REFERENCES view.authenticators(tenant_id, authenticator_id);
alter table view.sessions add constraint sessions_pkey PRIMARY KEY (tenant_id, session_id);

create table view.signals (
  tenant_id uuid not null,
  story_id uuid not null,
  version integer not null,
  tool_calls integer,
  tokens integer,
  tests_run integer,
  seconds integer
);
alter table view.signals enable row level security;
alter table view.signals force row level security;
alter table view.signals add constraint signals_seconds_check CHECK ((seconds >= 0));
alter table view.signals add constraint signals_tests_run_check CHECK ((tests_run >= 0));
alter table view.signals add constraint signals_tokens_check CHECK ((tokens >= 0));
alter table view.signals add constraint signals_tool_calls_check CHECK ((tool_calls >= 0));
alter table view.signals add constraint signals_version_check CHECK ((version > 0));
alter table view.signals add constraint signals_story FOREIGN KEY (tenant_id, story_id) REFERENCES view.stories(tenant_id, story_id);
alter table view.signals add constraint signals_pkey PRIMARY KEY (tenant_id, story_id, version);

create table view.signing_keys (
  tenant_id uuid not null,
  signing_key_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  purpose text not null,
  public_key text not null,
  status text not null,
  replaced_by uuid
);
alter table view.signing_keys enable row level security;
alter table view.signing_keys force row level security;
alter table view.signing_keys add constraint signing_keys_public_key_check CHECK ((octet_length(public_key) = 43));
alter table view.signing_keys add constraint signing_keys_purpose_check CHECK ((purpose = ANY (ARRAY['log'::text, 'capability'::text, 'runner'::text])));
alter table view.signing_keys add constraint signing_keys_retired CHECK (((status = 'retired'::text) = (replaced_by IS NOT NULL)));
alter table view.signing_keys add constraint signing_keys_status_check CHECK ((status = ANY (ARRAY['active'::text, 'retired'::text])));
alter table view.signing_keys add constraint signing_keys_pkey PRIMARY KEY (tenant_id, signing_key_id);

create table view.stories (
  tenant_id uuid not null,
  story_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  project_id uuid not null,
  epic_id uuid not null,
  number text not null,
  title text not null,
  description text not null,
  priority smallint not null,
  estimate integer,
  criteria json not null,
  criteria_revision integer not null,
  agent_status text not null,
  verified_status text not null,
  status text not null,
  number_order text not null generated always as ((((lpad(split_part(number, '.'::text, 1), 6, '0'::text) || lpad(split_part(number, '.'::text, 2), 6, '0'::text)) || lpad(split_part(number, '.'::text, 3), 6, '0'::text)) || lpad(split_part(number, '.'::text, 4), 6, '0'::text))) stored,
  verified_method text,
  custody json,
  lease_until timestamp with time zone,
  implementer_id uuid,
  implementer_lineage uuid[],
  reporter_id uuid,
  reporter_lineage uuid[],
  reviewer_id uuid,
  reviewer_lineage uuid[],
  verifier_id uuid,
  verifier_lineage uuid[]
);
alter table view.stories enable row level security;
alter table view.stories force row level security;
alter table view.stories add constraint stories_agent_status CHECK ((agent_status = ANY (ARRAY['pending'::text, 'contracted'::text, 'assigned'::text, 'implementing'::text, 'in_review'::text, 'reported_done'::text])));
alter table view.stories add constraint stories_evidence CHECK (((verified_status <> 'verified'::text) OR ((agent_status = 'reported_done'::text) AND (((verified_method = 'backfilled'::text) AND (implementer_id IS NULL)) OR ((verified_method <> 'backfilled'::text) AND (implementer_id IS NOT NULL) AND (reporter_id IS NOT NULL) AND (reviewer_id IS NOT NULL) AND (verifier_id IS NOT NULL))))));
alter table view.stories add constraint stories_executed CHECK (((verified_method IS DISTINCT FROM 'executed'::text) OR (COALESCE(((custody -> 'verification_run'::text) ->> 'status'::text), 'none'::text) = 'passed'::text)));
alter table view.stories add constraint stories_implementer CHECK (((agent_status = ANY (ARRAY['pending'::text, 'contracted'::text])) OR (implementer_id IS NOT NULL) OR ((agent_status = 'reported_done'::text) AND (NOT (verified_method IS DISTINCT FROM 'backfilled'::text)))));
alter table view.stories add constraint stories_lease CHECK (((agent_status <> ALL (ARRAY['assigned'::text, 'implementing'::text])) OR (lease_until IS NOT NULL)));
alter table view.stories add constraint stories_lineages CHECK (((COALESCE(cardinality(implementer_lineage), 1) > 0) AND ((implementer_lineage IS NULL) = (implementer_id IS NULL)) AND (COALESCE(cardinality(reporter_lineage), 1) > 0) AND ((reporter_lineage IS NULL) = (reporter_id IS NULL)) AND (COALESCE(cardinality(reviewer_lineage), 1) > 0) AND ((reviewer_lineage IS NULL) = (reviewer_id IS NULL)) AND (COALESCE(cardinality(verifier_lineage), 1) > 0) AND ((verifier_lineage IS NULL) = (verifier_id IS NULL))));
alter table view.stories add constraint stories_reporter CHECK (((reporter_id IS NULL) OR (((reporter_id <> implementer_id) AND (NOT (reporter_lineage && implementer_lineage))) IS TRUE)));
alter table view.stories add constraint stories_reviewer CHECK (((reviewer_id IS NULL) OR (((reviewer_id <> implementer_id) AND (NOT (reviewer_lineage && implementer_lineage))) IS TRUE)));
alter table view.stories add constraint stories_second_review CHECK (((verified_status <> 'verified'::text) OR (COALESCE(((custody -> 'second_review'::text) ->> 'status'::text), 'none'::text) <> ALL (ARRAY['due'::text, 'open'::text]))));
alter table view.stories add constraint stories_second_reviewer CHECK (((verifier_id IS NULL) OR (((((custody -> 'second_review'::text) -> 'review'::text) -> 'by'::text) ->> 'agent_id'::text) IS DISTINCT FROM (verifier_id)::text)));
alter table view.stories add constraint stories_status_check CHECK ((status = ANY (ARRAY['active'::text, 'archived'::text, 'deleted'::text])));
alter table view.stories add constraint stories_verified_method CHECK ((((verified_status = 'verified'::text) = (verified_method IS NOT NULL)) AND ((verified_method IS NULL) OR (verified_method = ANY (ARRAY['executed'::text, 'attested'::text, 'backfilled'::text])))));
alter table view.stories add constraint stories_verified_status CHECK ((verified_status = ANY (ARRAY['unverified'::text, 'verified'::text, 'rejected'::text])));
alter table view.stories add constraint stories_verifier CHECK (((verifier_id IS NULL) OR (((verifier_id <> implementer_id) AND (verifier_id <> reporter_id) AND (verifier_id <> reviewer_id) AND (NOT (verifier_lineage && implementer_lineage)) AND (NOT (verifier_lineage && reporter_lineage)) AND (NOT (verifier_lineage && reviewer_lineage))) IS TRUE)));
alter table view.stories add constraint stories_pkey PRIMARY KEY (tenant_id, story_id);
alter table view.stories add constraint stories_number UNIQUE (tenant_id, project_id, number_order);

create table view.story_dependencies (
  tenant_id uuid not null,
  dependency_id uuid not null,
  version integer not null,
  created_at timestamp with time zone not null,
  project_id uuid not null,
  epic_id uuid not null,
  story_id uuid not null,
  needs_story_id uuid not null
);
alter table view.story_dependencies enable row level security;
alter table view.story_dependencies force row level security;
alter table view.story_dependencies add constraint story_dependencies_self CHECK ((story_id <> needs_story_id));
alter table view.story_dependencies add constraint story_dependencies_needs FOREIGN KEY (tenant_id, needs_story_id) REFERENCES view.stories(tenant_id, story_id);
alter table view.story_dependencies add constraint story_dependencies_story FOREIGN KEY (tenant_id, story_id) REFERENCES view.stories(tenant_id, story_id);
alter table view.story_dependencies add constraint story_dependencies_pkey PRIMARY KEY (tenant_id, project_id, dependency_id);
alter table view.story_dependencies add constraint story_dependencies_edge UNIQUE (tenant_id, epic_id, story_id, needs_story_id);

create table view.tenants (
  tenant_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  name text not null,
  slug text not null,
  status text not null,
  halted_by text,
  max_stories integer,
  max_dispatches integer,
  requests_per_key integer,
  requests_per_tenant integer,
  max_runs integer
);
alter table view.tenants enable row level security;
alter table view.tenants force row level security;
alter table view.tenants add constraint tenants_halted_by_check CHECK ((halted_by ~ '^[0-9a-f]{64}$'::text));
alter table view.tenants add constraint tenants_max_dispatches_check CHECK ((max_dispatches >= 0));
alter table view.tenants add constraint tenants_max_runs_check CHECK ((max_runs >= 0));
alter table view.tenants add constraint tenants_max_stories_check CHECK ((max_stories >= 0));
alter table view.tenants add constraint tenants_requests_per_key_check CHECK ((requests_per_key > 0));
alter table view.tenants add constraint tenants_requests_per_tenant_check CHECK ((requests_per_tenant > 0));
alter table view.tenants add constraint tenants_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text])));
alter table view.tenants add constraint tenants_pkey PRIMARY KEY (tenant_id);

create table view.webhooks (
  tenant_id uuid not null,
  webhook_id uuid not null,
  version integer not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  url text not null,
  event_types text[] not null,
  project_id uuid,
  description text not null,
  ordering text not null,
  status text not null,
  disabled_by text,
  on_trial boolean not null,
  secret_id uuid not null,
  former_secret_id uuid,
  former_until timestamp with time zone
);
alter table view.webhooks enable row level security;
alter table view.webhooks force row level security;
alter table view.webhooks add constraint webhooks_disabled CHECK (((status = 'active'::text) <= (disabled_by IS NULL)));
alter table view.webhooks add constraint webhooks_disabled_by_check CHECK ((disabled_by = ANY (ARRAY['operator'::text, 'gone'::text, 'failing'::text])));
alter table view.webhooks add constraint webhooks_event_types_check CHECK (((cardinality(event_types) >= 1) AND (cardinality(event_types) <= 50)));
alter table view.webhooks add constraint webhooks_ordering_check CHECK ((ordering = ANY (ARRAY['none'::text, 'subject'::text])));
alter table view.webhooks add constraint webhooks_status_check CHECK ((status = ANY (ARRAY['active'::text, 'disabled'::text, 'deleted'::text])));
alter table view.webhooks add constraint webhooks_pkey PRIMARY KEY (tenant_id, webhook_id);

-- indexes

CREATE INDEX ceremonies_expiry ON platform.ceremonies USING btree (expires_at);

CREATE INDEX key_hashes_key ON platform.key_hashes USING btree (tenant_id, key_id);

CREATE INDEX run_leases_live ON platform.run_leases USING btree (claimed_until);

CREATE UNIQUE INDEX tenant_keys_draw ON platform.tenant_keys USING btree (tenant_id) WHERE (purpose = 'draw'::text);

CREATE INDEX webhook_deliveries_order ON platform.webhook_deliveries USING btree (tenant_id, webhook_id, stream_id, "position") WHERE ((status = 'pending'::text) AND (stream_id IS NOT NULL));

CREATE INDEX webhook_deliveries_waiting ON platform.webhook_deliveries USING btree (tenant_id, webhook_id, due_at) WHERE (status = 'pending'::text);

CREATE INDEX webhook_lanes_due ON platform.webhook_lanes USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE UNIQUE INDEX agents_name ON view.agents USING btree (tenant_id, name) WHERE (status <> 'deleted'::text);

CREATE UNIQUE INDEX benchmarks_name ON view.benchmarks USING btree (tenant_id, name) WHERE (status = 'open'::text);

CREATE INDEX capabilities_of_dispatch ON view.capabilities USING btree (tenant_id, dispatch_id);

CREATE INDEX capabilities_of_story ON view.capabilities USING btree (tenant_id, story_id);

CREATE INDEX dispatches_children ON view.dispatches USING btree (tenant_id, parent_id);

CREATE INDEX dispatches_family ON view.dispatches USING btree (tenant_id, root_id) WHERE (status = 'active'::text);

CREATE INDEX epic_dependencies_needed ON view.epic_dependencies USING btree (tenant_id, needs_epic_id, dependency_id);

CREATE UNIQUE INDEX evaluations_name ON view.evaluations USING btree (tenant_id, name) WHERE (status = 'open'::text);

CREATE INDEX evaluations_of_set ON view.evaluations USING btree (tenant_id, evaluation_set_id, evaluation_id);

CREATE UNIQUE INDEX keys_seat ON view.keys USING btree (tenant_id, agent_id, role) WHERE (status = ANY (ARRAY['active'::text, 'suspended'::text]));

CREATE UNIQUE INDEX model_endpoints_name ON view.model_endpoints USING btree (tenant_id, name) WHERE (status <> 'deleted'::text);

CREATE INDEX model_usage_called ON view.model_usage USING btree (tenant_id, called_at);

CREATE UNIQUE INDEX projects_slug ON view.projects USING btree (tenant_id, slug) WHERE (status <> 'deleted'::text);

CREATE INDEX runs_due ON view.runs USING btree (tenant_id, due_at, run_id) WHERE (due_at IS NOT NULL);

CREATE INDEX runs_of_agent ON view.runs USING btree (tenant_id, agent_id, run_id) WHERE (agent_id IS NOT NULL);

CREATE INDEX runs_of_sample ON view.runs USING btree (tenant_id, sample_of) WHERE (sample_of IS NOT NULL);

CREATE INDEX runs_of_story ON view.runs USING btree (tenant_id, story_id, run_id) WHERE (story_id IS NOT NULL);

CREATE INDEX sessions_live ON view.sessions USING btree (tenant_id, expires_at) WHERE (status = 'active'::text);

CREATE UNIQUE INDEX signing_keys_in_force ON view.signing_keys USING btree (tenant_id, purpose) WHERE (status = 'active'::text);

CREATE INDEX stories_lease_until ON view.stories USING btree (tenant_id, lease_until) WHERE (lease_until IS NOT NULL);

CREATE INDEX story_dependencies_needed ON view.story_dependencies USING btree (tenant_id, needs_story_id, dependency_id);

-- policies

create policy adding on ledger.checkpoints as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on ledger.checkpoints as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on ledger.checkpoints as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on ledger.consumers as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on ledger.consumers as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on ledger.consumers as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy removing on ledger.consumers as permissive for delete to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on ledger.consumers as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on ledger.contents as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on ledger.contents as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on ledger.contents as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on ledger.events as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on ledger.events as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on ledger.events as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on ledger.heads as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on ledger.heads as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy overseeing on ledger.heads as permissive for select to loopledger_owner using (((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) OR (current_setting('app.positions'::text, true) = 'all'::text)));

create policy reading on ledger.heads as permissive for select to loopledger_app, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on ledger.heads as restrictive for all to public using (((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) OR (current_setting('app.positions'::text, true) = 'all'::text))) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on ledger.requests as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on ledger.requests as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy removing on ledger.requests as permissive for delete to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on ledger.requests as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on ledger.seals as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on ledger.seals as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on ledger.seals as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on ledger.seals as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on ledger.tiles as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on ledger.tiles as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on ledger.tiles as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on platform.ceremonies as permissive for insert to loopledger_owner with check ((ceremony_id = (NULLIF(current_setting('app.ceremony_id'::text, true), ''::text))::uuid));

create policy reading on platform.ceremonies as permissive for select to loopledger_owner using (((ceremony_id = (NULLIF(current_setting('app.ceremony_id'::text, true), ''::text))::uuid) OR (expires_at < clock_timestamp())));

create policy removing on platform.ceremonies as permissive for delete to loopledger_owner using (((ceremony_id = (NULLIF(current_setting('app.ceremony_id'::text, true), ''::text))::uuid) OR (expires_at < clock_timestamp())));

create policy adding on platform.key_hashes as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on platform.key_hashes as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on platform.key_hashes as permissive for select to loopledger_owner using (((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) OR (encode(key_hash, 'hex'::text) = NULLIF(current_setting('app.key_hash'::text, true), ''::text))));

create policy removing on platform.key_hashes as permissive for delete to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on platform.key_hashes as restrictive for all to public using (((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) OR (encode(key_hash, 'hex'::text) = NULLIF(current_setting('app.key_hash'::text, true), ''::text)))) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on platform.model_calls as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on platform.model_calls as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on platform.model_calls as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy removing on platform.model_calls as permissive for delete to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on platform.model_calls as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on platform.model_prices as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on platform.model_prices as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on platform.model_prices as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on platform.model_secrets as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on platform.model_secrets as permissive for select to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy removing on platform.model_secrets as permissive for delete to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on platform.model_secrets as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on platform.model_spend as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on platform.model_spend as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on platform.model_spend as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy removing on platform.model_spend as permissive for delete to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on platform.model_spend as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on platform.rate_leases as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on platform.rate_leases as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on platform.rate_leases as permissive for select to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on platform.rate_leases as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on platform.run_deltas as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on platform.run_deltas as permissive for select to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy removing on platform.run_deltas as permissive for delete to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on platform.run_deltas as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on platform.run_leases as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on platform.run_leases as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy overseeing on platform.run_leases as permissive for select to loopledger_owner using (((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) OR (current_setting('app.runs'::text, true) = 'all'::text)));

create policy removing on platform.run_leases as permissive for delete to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on platform.run_leases as restrictive for all to public using (((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) OR (current_setting('app.runs'::text, true) = 'all'::text))) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on platform.run_watches as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on platform.run_watches as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on platform.run_watches as permissive for select to loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy removing on platform.run_watches as permissive for delete to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on platform.run_watches as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on platform.settings as permissive for insert to loopledger_owner with check ((name <> ''::text));

create policy changing on platform.settings as permissive for update to loopledger_owner using ((name <> ''::text)) with check ((name <> ''::text));

create policy reading on platform.settings as permissive for select to loopledger_owner using ((name <> ''::text));

create policy adding on platform.stream_tickets as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on platform.stream_tickets as permissive for select to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy removing on platform.stream_tickets as permissive for delete to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on platform.stream_tickets as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on platform.tenant_keys as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on platform.tenant_keys as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on platform.tenant_keys as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on platform.tenant_slugs as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on platform.tenant_slugs as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on platform.tenant_slugs as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on platform.webhook_attempts as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on platform.webhook_attempts as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy removing on platform.webhook_attempts as permissive for delete to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on platform.webhook_attempts as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on platform.webhook_deliveries as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on platform.webhook_deliveries as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on platform.webhook_deliveries as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy removing on platform.webhook_deliveries as permissive for delete to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on platform.webhook_deliveries as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on platform.webhook_lanes as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on platform.webhook_lanes as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy overseeing on platform.webhook_lanes as permissive for select to loopledger_owner using (((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) OR (current_setting('app.lanes'::text, true) = 'all'::text)));

create policy tenant on platform.webhook_lanes as restrictive for all to public using (((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) OR (current_setting('app.lanes'::text, true) = 'all'::text))) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on platform.webhook_secrets as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on platform.webhook_secrets as permissive for select to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy removing on platform.webhook_secrets as permissive for delete to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on platform.webhook_secrets as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.agents as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.agents as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.agents as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.agents as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.alert_rules as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.alert_rules as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.alert_rules as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.alert_rules as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.alerts as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.alerts as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.alerts as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.alerts as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.authenticators as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.authenticators as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.authenticators as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.authenticators as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.benchmark_results as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.benchmark_results as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.benchmark_results as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.benchmarks as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.benchmarks as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.benchmarks as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.benchmarks as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.capabilities as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.capabilities as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.capabilities as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.capabilities as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.checkpoints as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.checkpoints as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.checkpoints as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.checkpoints as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.dispatches as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.dispatches as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.dispatches as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.dispatches as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.epic_dependencies as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.epic_dependencies as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy removing on view.epic_dependencies as permissive for delete to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.epic_dependencies as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.epics as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.epics as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.epics as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.epics as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.evaluation_results as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.evaluation_results as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.evaluation_results as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.evaluation_sets as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.evaluation_sets as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.evaluation_sets as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.evaluation_sets as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.evaluations as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.evaluations as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.evaluations as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.evaluations as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.keys as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.keys as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.keys as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.keys as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.model_endpoints as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.model_endpoints as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.model_endpoints as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.model_endpoints as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.model_routings as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.model_routings as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.model_routings as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.model_routings as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.model_usage as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.model_usage as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.model_usage as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.operators as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.operators as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.operators as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.operators as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.plan_states as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.plan_states as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.plan_states as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.plan_states as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.projects as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.projects as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.projects as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.projects as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.runs as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.runs as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy overseeing on view.runs as permissive for select to loopledger_owner using (((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) OR (current_setting('app.runs'::text, true) = 'all'::text)));

create policy reading on view.runs as permissive for select to loopledger_app, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.runs as restrictive for all to public using (((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) OR (current_setting('app.runs'::text, true) = 'all'::text))) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.search_documents as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.search_documents as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.search_documents as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy removing on view.search_documents as permissive for delete to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.search_documents as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.sessions as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.sessions as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.sessions as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.sessions as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.signals as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.signals as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.signals as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.signing_keys as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.signing_keys as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.signing_keys as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.signing_keys as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.stories as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.stories as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.stories as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.stories as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.story_dependencies as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.story_dependencies as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy removing on view.story_dependencies as permissive for delete to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.story_dependencies as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.tenants as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.tenants as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.tenants as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.tenants as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy adding on view.webhooks as permissive for insert to loopledger_owner with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy changing on view.webhooks as permissive for update to loopledger_owner using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy reading on view.webhooks as permissive for select to loopledger_app, loopledger_owner, loopledger_worker using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

create policy tenant on view.webhooks as restrictive for all to public using ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)) with check ((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid));

-- triggers

CREATE TRIGGER checkpoints_append_only BEFORE DELETE OR UPDATE ON ledger.checkpoints FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();

CREATE TRIGGER checkpoints_no_truncate BEFORE TRUNCATE ON ledger.checkpoints FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

CREATE TRIGGER contents_append_only BEFORE UPDATE ON ledger.contents FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();

CREATE TRIGGER contents_no_truncate BEFORE TRUNCATE ON ledger.contents FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

CREATE TRIGGER events_append_only BEFORE DELETE OR UPDATE ON ledger.events FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();

CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON ledger.events FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

CREATE TRIGGER heads_forward BEFORE UPDATE ON ledger.heads FOR EACH ROW EXECUTE FUNCTION ledger.refuse_rewind();

CREATE TRIGGER heads_no_delete BEFORE DELETE ON ledger.heads FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();

CREATE TRIGGER heads_no_truncate BEFORE TRUNCATE ON ledger.heads FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

CREATE TRIGGER seals_append_only BEFORE DELETE OR UPDATE ON ledger.seals FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();

CREATE TRIGGER seals_no_truncate BEFORE TRUNCATE ON ledger.seals FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

CREATE TRIGGER tiles_append_only BEFORE DELETE OR UPDATE ON ledger.tiles FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();

CREATE TRIGGER tiles_no_truncate BEFORE TRUNCATE ON ledger.tiles FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

CREATE TRIGGER tenant_keys_no_change BEFORE DELETE OR UPDATE ON platform.tenant_keys FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();

CREATE TRIGGER tenant_keys_no_truncate BEFORE TRUNCATE ON platform.tenant_keys FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- functions

CREATE OR REPLACE FUNCTION ledger.add_checkpoint(p_tenant uuid, p_after bigint, p_position bigint, p_root bytea, p_note text, p_levels smallint[], p_tiles bigint[], p_roots bytea[], p_hashes bytea[])
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_last ledger.checkpoints;
  v_chain bytea;
  v_now timestamptz := date_trunc('milliseconds', clock_timestamp());
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  perform from ledger.seals s where s.tenant_id = p_tenant for update;
  select * into v_last from ledger.checkpoints c where c.tenant_id = p_tenant order by c.position desc limit 1;
  select e.chain_hash into v_chain from ledger.events e where e.tenant_id = p_tenant and e.position = p_position;
  if v_chain is null or p_position <= p_after or coalesce(v_last.position, 0) <> p_after then
    raise exception 'a checkpoint follows the one before it' using errcode = 'invalid_parameter_value';
  end if;
  if v_now < v_last.signed_at + interval '1 second' then
    raise exception 'a log is signed at most once a second' using errcode = 'invalid_parameter_value';
  end if;
  insert into ledger.tiles (tenant_id, level, tile, root, hashes)
    select p_tenant, n.level, n.tile, n.root, n.hashes
      from unnest(p_levels, p_tiles, p_roots, p_hashes) as n(level, tile, root, hashes);
  insert into ledger.checkpoints (tenant_id, position, root, chain_hash, note, signed_at)
    values (p_tenant, p_position, p_root, v_chain, p_note, v_now);
  perform set_config('app.tenant_id', '', true);
  return v_now;
end
$function$;

CREATE OR REPLACE FUNCTION ledger.commit(p_tenants uuid[], p_expected bigint[], p_events text, p_requests text, p_views text)
 RETURNS TABLE(tenant_id uuid, outcome text, committed_at timestamp with time zone, detail json)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
#variable_conflict use_column
declare
  c_line constant text := chr(30);
  c_field constant text := chr(31);
  f text[];
  v_line text;
  v_known uuid[] := '{}';
  v_accepted boolean := false;
  v_place int := 0;
  v_tenant uuid;
  v_position bigint;
  v_chain bytea;
  v_leaf bytea;
  v_now timestamptz;
  v_stamp text;
  v_entry text;
  -- In step with p_tenants; null for a tenant that is not committed.
  v_times timestamptz[] := array_fill(null::timestamptz, array[cardinality(p_tenants)]);
  v_chains bytea[] := array_fill(null::bytea, array[cardinality(p_tenants)]);
  v_heads ledger.heads[] := '{}';
  v_events ledger.events[] := '{}';
  v_requests ledger.requests[] := '{}';
  v_views text[];
begin
  if p_requests <> '' then
    v_requests := array(
      select row(p_tenants[l.f[1]::int], l.f[2]::uuid, l.f[3], decode(l.f[4], 'hex'), l.f[5]::smallint, l.f[6]::bigint,
                 l.f[7]::integer, null, l.f[8])::ledger.requests
        from (select string_to_array(line, c_field) as f from unnest(string_to_array(p_requests, c_line)) line offset 0) l);
    for tenant_id, detail in select k.tenant, k.requests from ledger.known_requests(v_requests) k loop
      v_known := v_known || tenant_id;
      outcome := 'known'; committed_at := null;
      return next;
    end loop;
  end if;

  for v_place, v_position, v_chain, v_now in
    select l.place, l.head, l.chain, l.moved_at from ledger.lock_heads(p_tenants, p_expected, v_known, p_events = '') l
  loop
    tenant_id := p_tenants[v_place];
    if v_position = p_expected[v_place] then
      v_accepted := true;
      committed_at := greatest(v_now, date_trunc('milliseconds', clock_timestamp()));
      v_times[v_place] := committed_at;
      v_chains[v_place] := v_chain;
      outcome := 'done'; detail := null;
    else
      perform set_config('app.tenant_id', tenant_id::text, true);
      -- What is in the log up to here stays there, whether or not the head is held.
      select h.position, h.recorded_at into v_position, v_now from ledger.heads h where h.tenant_id = p_tenants[v_place];
      outcome := 'moved'; committed_at := v_now;
      detail := ledger.missed_entries(tenant_id, p_expected[v_place], v_position);
    end if;
    return next;
  end loop;
  if not v_accepted then
    perform set_config('app.tenant_id', '', true);
    return;
  end if;

  v_place := 0;
  foreach v_line in array string_to_array(p_events, c_line) loop
    f := string_to_array(v_line, c_field, '');
    if f[1]::int <> v_place then
      if v_now is not null and v_place > 0 then
        v_heads := v_heads || row(v_tenant, v_position, v_chain, v_now)::ledger.heads;
      end if;
      if f[1]::int not between v_place + 1 and cardinality(p_tenants) then
        raise exception 'a line of a batch belongs to no tenant' using errcode = 'invalid_parameter_value';
      end if;
      v_place := f[1]::int;
      v_tenant := p_tenants[v_place];
      v_position := p_expected[v_place];
      v_chain := v_chains[v_place];
      v_now := v_times[v_place];
      v_stamp := to_char(v_now at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
    end if;
    continue when v_now is null;
    v_position := v_position + 1;
    -- Built from the columns themselves, so that bytes and columns cannot disagree. Keys stand in the order of
    -- RFC 8785; actor, ids of command and correlation, and data arrive as canonical JSON and are kept byte for byte.
    v_entry := format(
      '{"actor":%s,"causation_id":%s,"command_id":%s,"correlation_id":%s,"data":%s,"id":"%s","position":%s'
      ',"project_id":%s,"recorded_at":"%s","schema":%s,"stream":{"id":"%s","type":"%s"},"tenant_id":"%s"'
      ',"type":"%s","version":%s}',
      f[9], f[12], f[10], f[11], f[13], f[2], v_position,
      coalesce('"' || f[8] || '"', 'null'), v_stamp, f[7], f[4], f[3], v_tenant, f[6], f[5]);
    v_leaf := sha256('\x00'::bytea || convert_to(v_entry, 'UTF8'));
    v_chain := sha256(v_chain || v_leaf);
    v_events := v_events || row(
      v_tenant, v_position, f[2]::uuid, f[3], f[4]::uuid, f[5]::integer, f[6], f[7]::smallint, f[8]::uuid,
      v_now, v_entry, v_leaf, v_chain)::ledger.events;
  end loop;
  if v_now is not null and v_place > 0 then
    v_heads := v_heads || row(v_tenant, v_position, v_chain, v_now)::ledger.heads;
  end if;

  if cardinality(v_events) > 0 then
    -- Every head is there and held. An upsert, because an update from a join would look for the rows of all tenants
    -- under the context of one.
    insert into ledger.heads (tenant_id, position, chain_hash, recorded_at)
    select set_config('app.tenant_id', m.tenant_id::text, true)::uuid, m.position, m.chain_hash, m.recorded_at
      from unnest(v_heads) m
    on conflict (tenant_id) do update set
      position = excluded.position, chain_hash = excluded.chain_hash, recorded_at = excluded.recorded_at;

      insert into ledger.events (
      tenant_id, position, event_id, stream_type, stream_id, version, type, schema, project_id, recorded_at,
      entry, leaf_hash, chain_hash
    )
    select set_config('app.tenant_id', n.tenant_id::text, true)::uuid, n.position, n.event_id, n.stream_type, n.stream_id,
           n.version, n.type, n.schema, n.project_id, n.recorded_at, n.entry, n.leaf_hash, n.chain_hash
      from unnest(v_events) n;
  end if;

  if p_views <> '' then
    v_views := string_to_array(p_views, c_line);
    for v_view in 1 .. cardinality(v_views) by 2 loop
      perform ledger.project(v_views[v_view], v_views[v_view + 1]::json, p_tenants, v_times);
    end loop;
  end if;

  if cardinality(v_requests) > 0 then
    insert into ledger.requests (tenant_id, scope, command_id, request_hash, status, position, version, recorded_at, body)
    select set_config('app.tenant_id', r.tenant_id::text, true)::uuid, r.scope, r.command_id, r.request_hash, r.status,
           r.position, r.version, d.time, replace(r.body, '"\u0001recorded_at"', d.stamp)
      from unnest(v_requests) r
      join (
        select tenant, time, to_char(time at time zone 'UTC', '\"YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\"') as stamp
          from unnest(p_tenants, v_times) as c(tenant, time) where time is not null offset 0
      ) d on d.tenant = r.tenant_id;
  end if;

  -- Nothing after this call may inherit the context of the last tenant.
  perform set_config('app.tenant_id', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION ledger.consumer_lags(p_tenants uuid[])
 RETURNS TABLE(consumer_id uuid, lag bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
#variable_conflict use_column
begin
  return query
    select c.consumer_id, c.lag
      from unnest(p_tenants) as wanted(tenant)
     cross join lateral (select set_config('app.tenant_id', wanted.tenant::text, true) as tenant offset 0) context
     cross join lateral (
       select k.consumer_id, h.position - k.position as lag
         from ledger.consumers k
         join ledger.heads h on h.tenant_id = context.tenant::uuid
        where k.tenant_id = context.tenant::uuid offset 0
     ) c;
  perform set_config('app.tenant_id', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION ledger.drop_consumer(p_tenant uuid, p_name text, p_by jsonb)
 RETURNS TABLE(outcome text, version integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
#variable_conflict use_column
declare
  v_old ledger.consumers;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  select * into v_old from ledger.consumers c where c.tenant_id = p_tenant and c.name = p_name for update;
  if v_old.name is null then
    return query select 'missing', 0;
  elsif v_old.key_id is distinct from (p_by ->> 'key')::uuid and not (p_by ->> 'any')::boolean then
    return query select 'foreign', v_old.version;
  elsif v_old.version <> coalesce((p_by ->> 'version')::integer, v_old.version) then
    return query select 'stale', v_old.version;
  else
    delete from ledger.consumers c where c.tenant_id = p_tenant and c.name = p_name;
    return query select 'done', v_old.version;
  end if;
  perform set_config('app.tenant_id', '', true);
end
$function$;

CREATE OR REPLACE PROCEDURE ledger.guard(IN p_table regclass, IN p_owner_may text[])
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $procedure$
declare
  c_tenant constant text := 'tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid';
  v_policy name;
begin
  for v_policy in select polname from pg_policy where polrelid = p_table loop
    execute format('drop policy %I on %s', v_policy, p_table);
  end loop;
  execute format('create policy tenant on %s as restrictive for all to public using (%s) with check (%s)',
    p_table, c_tenant, c_tenant);
  execute format('create policy reading on %s for select to loopledger_owner, loopledger_app, loopledger_worker using (%s)',
    p_table, c_tenant);
  if 'insert' = any (p_owner_may) then
    execute format('create policy adding on %s for insert to loopledger_owner with check (%s)', p_table, c_tenant);
  end if;
  if 'update' = any (p_owner_may) then
    execute format('create policy changing on %s for update to loopledger_owner using (%s) with check (%s)',
      p_table, c_tenant, c_tenant);
  end if;
  if 'delete' = any (p_owner_may) then
    execute format('create policy removing on %s for delete to loopledger_owner using (%s)', p_table, c_tenant);
  end if;
  execute format('revoke all on %s from public, loopledger_app, loopledger_worker', p_table);
  execute format('grant select on %s to loopledger_app, loopledger_worker', p_table);
end
$procedure$;

CREATE OR REPLACE PROCEDURE ledger.guard_found(IN p_table regclass, IN p_setting text)
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $procedure$
declare
  c_tenant constant text := 'tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid';
  v_found constant text := format('%s or current_setting(%L, true) = ''all''', c_tenant, p_setting);
begin
  execute format('drop policy tenant on %s', p_table);
  execute format('create policy tenant on %s as restrictive for all to public using (%s) with check (%s)',
    p_table, v_found, c_tenant);
  execute format('alter policy reading on %s to loopledger_app, loopledger_worker', p_table);
  execute format('create policy overseeing on %s for select to loopledger_owner using (%s)', p_table, v_found);
end
$procedure$;

CREATE OR REPLACE FUNCTION ledger.known_requests(p_asked ledger.requests[])
 RETURNS TABLE(tenant uuid, requests json)
 LANGUAGE sql
 SET search_path TO 'pg_catalog'
AS $function$
  select a.tenant_id, json_agg(json_build_object(
      's', r.scope, 'k', r.command_id, 'h', encode(r.request_hash, 'hex'), 'c', r.status, 'p', r.position,
      'v', r.version, 'b', r.body))
    from unnest(p_asked) a
   -- The fences keep the order: first the row's context, then one probe of the key for each command.
   cross join lateral (select set_config('app.tenant_id', a.tenant_id::text, true) as tenant offset 0) context
   cross join lateral (
     select * from ledger.requests q
      where q.tenant_id = context.tenant::uuid and q.scope = a.scope and q.command_id = a.command_id offset 0
   ) r
   group by a.tenant_id
$function$;

CREATE OR REPLACE FUNCTION ledger.lock_heads(p_tenants uuid[], p_expected bigint[], p_known uuid[], p_anywhere boolean)
 RETURNS TABLE(place integer, head bigint, chain bytea, moved_at timestamp with time zone)
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  for v_place in 1 .. cardinality(p_tenants) loop
    -- Two calls that lock the same tenants in another order would wait for each other for ever.
    if p_tenants[v_place] <= p_tenants[v_place - 1] then
      raise exception 'batches must come in the order of their tenants' using errcode = 'invalid_parameter_value';
    end if;
    -- The first commit of a tenant. Of two at once, one inserts the head and the other waits for it here, before it
    -- holds any other.
    if p_expected[v_place] = 0 and p_tenants[v_place] <> all (p_known) then
      perform set_config('app.tenant_id', p_tenants[v_place]::text, true);
      insert into ledger.heads (tenant_id, position, chain_hash, recorded_at)
        values (p_tenants[v_place], 0, decode(repeat('00', 32), 'hex'), date_trunc('milliseconds', clock_timestamp()))
        on conflict (tenant_id) do nothing;
    end if;
  end loop;
  return query
    select c.place::int, h.position, h.chain_hash, h.recorded_at
      -- The fences keep the order: first the context of a row, then its head.
      from (
        select p.place, p.expected, set_config('app.tenant_id', p.tenant::text, true)::uuid as tenant
          from unnest(p_tenants, p_expected) with ordinality as p(tenant, expected, place)
         where p.tenant <> all (p_known) offset 0
      ) c
      left join lateral (
        select l.position, l.chain_hash, l.recorded_at from ledger.heads l
         where l.tenant_id = c.tenant and (p_anywhere or l.position = c.expected) for update offset 0
      ) h on true;
end
$function$;

CREATE OR REPLACE FUNCTION ledger.missed_entries(p_tenant uuid, p_after bigint, p_head bigint)
 RETURNS json
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog'
AS $function$
  -- Bounded, or the planner takes a third of the log for what may have been missed, and reads all of it.
  select json_agg(m.entry::json order by m.position)
    from (
      select e.entry, e.position from ledger.events e
       where e.tenant_id = p_tenant and e.position > p_after and e.position <= p_after + 1000
         and p_head - p_after between 1 and 1000
       order by e.position limit 1000
    ) m
  having p_head - p_after between 1 and 1000
$function$;

CREATE OR REPLACE FUNCTION ledger.moved_positions(p_within interval)
 RETURNS TABLE(tenant_id uuid, head bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
#variable_conflict use_column
begin
  perform set_config('app.positions', 'all', true);
  return query
    select h.tenant_id, h.position from ledger.heads h
     where p_within is null or h.recorded_at >= clock_timestamp() - p_within;
  perform set_config('app.positions', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION ledger.positions(p_tenants uuid[])
 RETURNS TABLE(tenant_id uuid, head bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
#variable_conflict use_column
begin
  return query
    select wanted.tenant, h.position
      from unnest(p_tenants) as wanted(tenant)
     -- The fences keep the order: first the row's context, then one probe of the key.
     cross join lateral (select set_config('app.tenant_id', wanted.tenant::text, true) as tenant offset 0) context
     cross join lateral (select q.position from ledger.heads q where q.tenant_id = context.tenant::uuid offset 0) h;
  perform set_config('app.tenant_id', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION ledger.project(p_view text, p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION ledger.purge_requests(p_tenant uuid, p_scope uuid, p_command text, p_rows integer)
 RETURNS TABLE(scope uuid, command_id text, removed integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
#variable_conflict use_column
declare
  v_scope uuid;
  v_command text;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  select s.scope, s.command_id into v_scope, v_command
    from (
      select r.scope, r.command_id from ledger.requests r
       where r.tenant_id = p_tenant and (r.scope, r.command_id) > (p_scope, p_command)
       order by r.scope, r.command_id limit least(p_rows, 10000)
    ) s
   order by s.scope desc, s.command_id desc limit 1;
  if v_scope is not null then
    return query
      with gone as (
        delete from ledger.requests r
         where r.tenant_id = p_tenant
           and (r.scope, r.command_id) > (p_scope, p_command) and (r.scope, r.command_id) <= (v_scope, v_command)
           and r.recorded_at < clock_timestamp() - interval '48 hours'
        returning 1
      )
      select v_scope, v_command, count(*)::integer from gone;
  end if;
  perform set_config('app.tenant_id', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION ledger.put_consumer(p_tenant uuid, p_name text, p_position bigint, p_by jsonb)
 RETURNS TABLE(outcome text, version integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
#variable_conflict use_column
declare
  v_old ledger.consumers;
  v_expected integer := (p_by ->> 'version')::integer;
  v_key uuid := (p_by ->> 'key')::uuid;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  if p_position > coalesce((select h.position from ledger.heads h where h.tenant_id = p_tenant), 0) then
    raise exception 'a consumer cannot be ahead of its log' using errcode = 'invalid_parameter_value';
  end if;
  select * into v_old from ledger.consumers c where c.tenant_id = p_tenant and c.name = p_name for update;
  if v_old.name is null then
    if v_expected is not null then
      return query select 'stale', 0;
    elsif (select count(*) from ledger.consumers c where c.tenant_id = p_tenant) >= (p_by ->> 'most')::integer then
      return query select 'full', 0;
    else
      return query
        insert into ledger.consumers as c (tenant_id, name, consumer_id, key_id, version, position, created_at, updated_at)
        values (p_tenant, p_name, (p_by ->> 'id')::uuid, v_key, 1, p_position, clock_timestamp(), clock_timestamp())
        -- Two first steps at one moment: the later one counts as the second.
        on conflict (tenant_id, name) do update
          set version = c.version + 1, position = excluded.position, updated_at = excluded.updated_at
          where c.key_id is not distinct from v_key or (p_by ->> 'any')::boolean
        returning 'done', c.version;
      if not found then
        return query select 'foreign', 0;
      end if;
    end if;
  elsif v_old.key_id is distinct from v_key and not (p_by ->> 'any')::boolean then
    return query select 'foreign', v_old.version;
  elsif v_expected is not null and v_expected <> v_old.version then
    return query select 'stale', v_old.version;
  else
    return query
      update ledger.consumers c set version = c.version + 1, position = p_position, updated_at = clock_timestamp()
       where c.tenant_id = p_tenant and c.name = p_name
      returning 'done', c.version;
  end if;
  perform set_config('app.tenant_id', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION ledger.put_content(p_tenant uuid, p_bytes bytea)
 RETURNS bytea
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_sha256 bytea := sha256(p_bytes);
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  insert into ledger.contents (tenant_id, sha256, size, bytes)
    values (p_tenant, v_sha256, octet_length(p_bytes), p_bytes)
    on conflict (tenant_id, sha256) do nothing;
  perform set_config('app.tenant_id', '', true);
  return v_sha256;
end
$function$;

CREATE OR REPLACE FUNCTION ledger.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  raise exception 'the log is append-only: % on %.% is refused', tg_op, tg_table_schema, tg_table_name
    using errcode = 'restrict_violation';
end
$function$;

CREATE OR REPLACE FUNCTION ledger.refuse_rewind()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  if new.tenant_id <> old.tenant_id or new.position <= old.position then
    raise exception 'a head only moves forward' using errcode = 'restrict_violation';
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION ledger.take_seal(p_tenant uuid, p_origin text)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_origin text;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  insert into ledger.seals (tenant_id, origin)
    select p_tenant, p_origin
     where not exists (select from ledger.seals s where s.tenant_id = p_tenant)
    on conflict do nothing;
  select s.origin into v_origin from ledger.seals s where s.tenant_id = p_tenant for update skip locked;
  perform set_config('app.tenant_id', '', true);
  return v_origin;
end
$function$;

CREATE OR REPLACE FUNCTION platform.add_model_price(p_tenant uuid, p_price uuid, p_provider text, p_model text, p_rates bigint[], p_valid_from timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  insert into platform.model_prices (tenant_id, price_id, provider, model, input, cached, output, valid_from)
    values (p_tenant, p_price, p_provider, p_model, p_rates[1], p_rates[2], p_rates[3], p_valid_from);
  perform set_config('app.tenant_id', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION platform.claim_deliveries(p_tenant uuid, p_webhook uuid, p_deliveries integer, p_seconds integer)
 RETURNS TABLE(lane json, webhook json, deliveries json)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_now constant timestamptz := clock_timestamp();
  v_until constant timestamptz := v_now + make_interval(secs => p_seconds);
  v_lane platform.webhook_lanes;
  v_webhook view.webhooks;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  -- A claim that a crash takes back is made again by whoever comes next.
  perform set_config('synchronous_commit', 'off', true);
  select l.* into v_lane from platform.webhook_lanes l
   where l.tenant_id = p_tenant and l.webhook_id = p_webhook and l.due_at <= v_now and l.claimed_until <= v_now
     for update skip locked;
  if not found then
    perform set_config('app.tenant_id', '', true);
    return;
  end if;
  select w.* into v_webhook from view.webhooks w where w.tenant_id = p_tenant and w.webhook_id = p_webhook;
  if v_webhook.status is distinct from 'active' then
    -- What is left of a deleted webhook waits for nobody.
    update platform.webhook_deliveries d
       set status = case when v_webhook.status = 'disabled' then 'held' else 'failed' end, ended_at = v_now
     where d.tenant_id = p_tenant and d.webhook_id = p_webhook and d.status = 'pending';
    update platform.webhook_lanes l set due_at = null where l.tenant_id = p_tenant and l.webhook_id = p_webhook;
    perform set_config('app.tenant_id', '', true);
    return;
  end if;
  update platform.webhook_lanes l set claimed_until = v_until where l.tenant_id = p_tenant and l.webhook_id = p_webhook;
  return query
    with taken as (
      select d.delivery_id, d.position, d.attempts, d.tries, d.created_at from platform.webhook_deliveries d
       where d.tenant_id = p_tenant and d.webhook_id = p_webhook and d.status = 'pending' and d.due_at <= v_now
         -- A test goes through while the breaker is open.
         and (d.position is null or v_lane.closed_until is null or v_lane.closed_until <= v_now)
         and (d.stream_id is null or not exists (
           select from platform.webhook_deliveries b
            where b.tenant_id = p_tenant and b.webhook_id = p_webhook and b.status = 'pending'
              and b.stream_id = d.stream_id and b.position < d.position))
       order by d.due_at
       -- After the breaker was open, one delivery finds out.
       limit case when v_lane.pause_s > 0 then 1 else p_deliveries end
    )
    select row_to_json(v_lane),
           json_build_object(
             'url', v_webhook.url, 'on_trial', v_webhook.on_trial,
             'secrets', (
               select json_agg(json_build_object('id', s.secret_id, 'sealed', s.sealed) order by s.secret_id = v_webhook.secret_id desc)
                 from platform.webhook_secrets s
                where s.tenant_id = p_tenant
                  and (s.secret_id = v_webhook.secret_id
                       or (s.secret_id = v_webhook.former_secret_id and v_webhook.former_until > v_now)))),
           (select coalesce(json_agg(json_build_object(
                     'delivery_id', t.delivery_id, 'attempts', t.attempts, 'tries', t.tries, 'entry', e.entry,
                     'type', e.type,
                     'recorded_at', to_char(e.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                     'is_test', t.position is null, 'waited_ms', extract(epoch from v_now - t.created_at) * 1000)
                   order by t.delivery_id), '[]')
              from taken t left join ledger.events e on e.tenant_id = p_tenant and e.position = t.position);
  perform set_config('app.tenant_id', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION platform.claim_master_key(p_fingerprint text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into platform.settings (name, value) values ('master_key', p_fingerprint) on conflict (name) do nothing;
  return exists (select from platform.settings s where s.name = 'master_key' and s.value = p_fingerprint);
end
$function$;

CREATE OR REPLACE FUNCTION platform.claim_runs(p_worker text, p_most integer, p_seconds integer)
 RETURNS TABLE(tenant_id uuid, run_id uuid, fence integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
#variable_conflict use_column
declare
  -- For whom the platform says nothing else.
  c_usual constant integer := 4;
  v_now timestamptz;
  v_found record;
  v_taken boolean := true;
begin
  perform pg_advisory_xact_lock(hashtext('platform.run_leases'));
  -- After the lock: what ran out while it was waited for has run out.
  v_now := clock_timestamp();
  for v_nth in 1 .. least(p_most, 100) loop
    exit when not v_taken;
    v_taken := false;
    perform set_config('app.runs', 'all', true);
    for v_found in
      with recursive tenants as (
        (select r.tenant_id from view.runs r where r.due_at is not null order by r.tenant_id limit 1)
        union all
        select (select r.tenant_id from view.runs r
                 where r.due_at is not null and r.tenant_id > t.tenant_id order by r.tenant_id limit 1)
          from tenants t where t.tenant_id is not null
      )
      select f.*, h.held
        from tenants t
       cross join lateral (
         select count(*) as held from platform.run_leases l where l.tenant_id = t.tenant_id and l.claimed_until > v_now
       ) h
       cross join lateral (
         (select r.tenant_id, r.run_id, greatest(r.fence, l.fence) + 1 as fence, r.due_at, true as is_left
            from platform.run_leases l
            join view.runs r on r.tenant_id = l.tenant_id and r.run_id = l.run_id
           where l.tenant_id = t.tenant_id and l.claimed_until > '-infinity' and l.claimed_until <= v_now
             and r.due_at <= v_now
           order by l.claimed_until limit 1)
          union all
         (select r.tenant_id, r.run_id, greatest(r.fence, coalesce(l.fence, 0)) + 1, r.due_at, false
            from view.runs r
            left join platform.run_leases l on l.tenant_id = r.tenant_id and l.run_id = r.run_id
           where r.tenant_id = t.tenant_id and r.due_at <= v_now and (l.claimed_until is null or l.claimed_until <= v_now)
           order by r.due_at, r.run_id limit 1)
       ) f
       order by f.is_left desc, h.held, f.due_at, f.run_id
    loop
      perform set_config('app.tenant_id', v_found.tenant_id::text, true);
      continue when v_found.held >= coalesce(
        (select n.max_runs from view.tenants n where n.tenant_id = v_found.tenant_id), c_usual);
      insert into platform.run_leases as l (tenant_id, run_id, worker, fence, claimed_until)
        values (v_found.tenant_id, v_found.run_id, p_worker, v_found.fence, v_now + make_interval(secs => p_seconds))
        on conflict (tenant_id, run_id) do update set
          worker = excluded.worker, fence = excluded.fence, claimed_until = excluded.claimed_until;
      tenant_id := v_found.tenant_id;
      run_id := v_found.run_id;
      fence := v_found.fence;
      v_taken := true;
      return next;
      exit;
    end loop;
  end loop;
  perform set_config('app.tenant_id', '', true);
  perform set_config('app.runs', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION platform.due_lanes(p_lanes integer)
 RETURNS TABLE(tenant_id uuid, webhook_id uuid, late_ms double precision)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
#variable_conflict use_column
begin
  perform set_config('app.lanes', 'all', true);
  return query
    select l.tenant_id, l.webhook_id, extract(epoch from clock_timestamp() - l.due_at)::double precision * 1000
      from platform.webhook_lanes l
     where l.due_at <= clock_timestamp() and l.claimed_until <= clock_timestamp()
     order by l.due_at limit least(p_lanes, 1000);
  perform set_config('app.lanes', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION platform.fan_out(p_tenant uuid, p_positions integer)
 RETURNS TABLE(reached bigint, head bigint, webhooks uuid[])
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
#variable_conflict use_column
declare
  c_name constant text := 'webhooks';
  v_now constant timestamptz := clock_timestamp();
  v_position bigint;
  v_next bigint;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  -- What a crash takes back is made again under the same ids, and what was sent of it is durable by its record.
  perform set_config('synchronous_commit', 'off', true);
  insert into view.checkpoints (tenant_id, projection, position)
    select p_tenant, c_name, 0
     where not exists (select from view.checkpoints c where c.tenant_id = p_tenant and c.projection = c_name)
    on conflict do nothing;
  select c.position into v_position from view.checkpoints c
   where c.tenant_id = p_tenant and c.projection = c_name for update skip locked;
  if v_position is not null then
    -- Before the webhooks are looked at: one that is made in between is for what comes after.
    select h.position into head from ledger.heads h where h.tenant_id = p_tenant;
    head := coalesce(head, 0);
    if exists (select from view.webhooks w where w.tenant_id = p_tenant and w.status <> 'deleted') then
      v_next := least(v_position + p_positions, head);
    else
      v_next := head;
    end if;
    if v_next > v_position then
      with made as (
        insert into platform.webhook_deliveries (
          tenant_id, delivery_id, webhook_id, position, event_type, stream_id, status, created_at, due_at
        )
        -- The id is made of both, begins with the time of the event, and has the form of every other id.
        select p_tenant,
               (substr(e.event_id::text, 1, 13) || '-7' || substr(m.digest, 1, 3) || '-8' || substr(m.digest, 4, 3)
                 || '-' || substr(m.digest, 7, 12))::uuid,
               w.webhook_id, e.position, e.type, case when w.ordering = 'subject' then e.stream_id end,
               case when w.status = 'active' then 'pending' else 'held' end, v_now, v_now
          from ledger.events e
          join view.webhooks w on w.tenant_id = p_tenant and w.status <> 'deleted' and e.recorded_at >= w.created_at
           and (w.project_id is null or w.project_id = e.project_id)
           and exists (
             select from unnest(w.event_types) as t(name)
              where t.name in ('*', e.type) or (right(t.name, 2) = '.*' and starts_with(e.type, left(t.name, -1))))
         cross join lateral (
           select encode(sha256(convert_to(w.webhook_id::text || e.event_id::text, 'UTF8')), 'hex') as digest
         ) m
         where e.tenant_id = p_tenant and e.position > v_position and e.position <= v_next
        on conflict do nothing
        returning webhook_id, status
      ), woken as (
        insert into platform.webhook_lanes as l (tenant_id, webhook_id, due_at)
        select distinct p_tenant, m.webhook_id, v_now from made m where m.status = 'pending'
        on conflict (tenant_id, webhook_id) do update set due_at = greatest(l.closed_until, least(l.due_at, v_now))
        returning webhook_id
      )
      select array_agg(w.webhook_id) into webhooks from woken w;
      update view.checkpoints c set position = v_next where c.tenant_id = p_tenant and c.projection = c_name;
    end if;
    reached := v_next;
    return next;
  end if;
  perform set_config('app.tenant_id', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION platform.feed_epoch()
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
  select s.value from platform.settings s where s.name = 'feed_epoch'
$function$;

CREATE OR REPLACE FUNCTION platform.find_keys(p_hashes bytea[])
 RETURNS TABLE(key_hash text, tenant_id uuid, key_id uuid, agent_id uuid, role text, lineage uuid[], story_id uuid, expires_in_ms double precision)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
#variable_conflict use_column
begin
  perform set_config('app.tenant_id', '', true);
  return query
    select encode(k.key_hash, 'hex'), k.tenant_id, k.key_id, k.agent_id, k.role, k.lineage, k.story_id,
           extract(epoch from k.expires_at - clock_timestamp())::double precision * 1000
      -- The fences keep the order: first a hash is presented, then its row is looked for.
      from (
        select presented.hash, set_config('app.key_hash', coalesce(encode(presented.hash, 'hex'), ''), true)
          from unnest(p_hashes) as presented(hash) offset 0
      ) p
     cross join lateral (
       select * from platform.key_hashes h where h.key_hash = p.hash offset 0
     ) k
     where k.active and k.tenant_active and (k.expires_at is null or k.expires_at > clock_timestamp());
  perform set_config('app.key_hash', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION platform.hear_runs(p_watcher uuid, p_tenants uuid[], p_runs uuid[])
 RETURNS TABLE(place integer, told text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
begin
  perform set_config('synchronous_commit', 'off', true);
  for v_at in 1 .. least(cardinality(p_tenants), 500) loop
    perform set_config('app.tenant_id', p_tenants[v_at]::text, true);
    return query
      with gone as (
        delete from platform.run_deltas d
         where d.tenant_id = p_tenants[v_at] and d.run_id = p_runs[v_at] and d.watcher = p_watcher
        returning d.delta_id, d.told
      )
      select v_at, g.told::text from gone g order by g.delta_id;
  end loop;
  perform set_config('app.tenant_id', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION platform.keep_model_secret(p_tenant uuid, p_secret uuid, p_sealed text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  delete from platform.model_secrets s
   where s.tenant_id = p_tenant and s.stored_at < clock_timestamp() - interval '1 hour'
     and not exists (select from view.model_endpoints e where e.tenant_id = p_tenant and e.secret_id = s.secret_id);
  insert into platform.model_secrets (tenant_id, secret_id, sealed) values (p_tenant, p_secret, p_sealed);
  perform set_config('app.tenant_id', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION platform.keep_webhook_secret(p_tenant uuid, p_secret uuid, p_sealed text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  delete from platform.webhook_secrets s
   where s.tenant_id = p_tenant and s.stored_at < clock_timestamp() - interval '1 hour'
     and not exists (
       select from view.webhooks w
        where w.tenant_id = p_tenant and w.status <> 'deleted'
          and (w.secret_id = s.secret_id
               or (w.former_secret_id = s.secret_id and w.former_until > clock_timestamp())));
  insert into platform.webhook_secrets (tenant_id, secret_id, sealed) values (p_tenant, p_secret, p_sealed);
  perform set_config('app.tenant_id', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION platform.lease_rates(p_tenants uuid[], p_subjects uuid[], p_quotas integer[], p_wanted integer[])
 RETURNS TABLE(granted integer, remaining integer, reset_ms integer, quota integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
#variable_conflict use_column
declare
  v_window constant interval := interval '1 minute';
  v_opened timestamptz;
  v_used integer;
  v_wanted integer;
begin
  for v_at in 1 .. cardinality(p_tenants) loop
    perform set_config('app.tenant_id', p_tenants[v_at]::text, true);
    quota := coalesce(
      (select case when p_subjects[v_at] = p_tenants[v_at] then t.requests_per_tenant else t.requests_per_key end
         from view.tenants t where t.tenant_id = p_tenants[v_at]),
      p_quotas[v_at]);
    -- A caller that does not know the quota yet must not take most of a small one.
    v_wanted := least(p_wanted[v_at], greatest(quota / 50, 1));
    insert into platform.rate_leases as l (tenant_id, subject_id, opened_at, used, granted)
    values (
      p_tenants[v_at], p_subjects[v_at], clock_timestamp(),
      greatest(least(v_wanted, quota), 0), greatest(least(v_wanted, quota), 0)
    )
    on conflict (tenant_id, subject_id) do update set
      opened_at = case when l.opened_at + v_window <= excluded.opened_at then excluded.opened_at else l.opened_at end,
      used = case when l.opened_at + v_window <= excluded.opened_at then excluded.used
                  else greatest(l.used + least(v_wanted, greatest(quota - l.used, 0)), 0) end,
      granted = case when l.opened_at + v_window <= excluded.opened_at then excluded.granted
                     else least(v_wanted, greatest(quota - l.used, 0)) end
    returning l.granted, l.opened_at, l.used into granted, v_opened, v_used;
    remaining := greatest(quota - v_used, 0);
    reset_ms := greatest(ceil(extract(epoch from v_opened + v_window - clock_timestamp()) * 1000), 0);
    return next;
  end loop;
  perform set_config('app.tenant_id', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION platform.model_secret(p_tenant uuid, p_secret uuid)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_sealed text;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  select s.sealed into v_sealed from platform.model_secrets s where s.tenant_id = p_tenant and s.secret_id = p_secret;
  perform set_config('app.tenant_id', '', true);
  return v_sealed;
end
$function$;

CREATE OR REPLACE FUNCTION platform.open_ceremony(p_id uuid, p_sealed text, p_seconds integer)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_expires_at timestamptz := clock_timestamp() + make_interval(secs => least(p_seconds, 900));
begin
  perform set_config('app.ceremony_id', p_id::text, true);
  insert into platform.ceremonies (ceremony_id, expires_at, sealed) values (p_id, v_expires_at, p_sealed);
  perform set_config('app.ceremony_id', '', true);
  return v_expires_at;
end
$function$;

CREATE OR REPLACE FUNCTION platform.project_key_hash(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into platform.key_hashes (
    key_hash, tenant_id, key_id, agent_id, role, lineage, story_id, active, expires_at
  )
  select decode(r.secret_hash, 'hex'), set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id,
         r.agent_id, r.role, r.lineage, r.story_id, r.active, r.expires_at
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, secret_hash text, agent_id uuid, role text, lineage uuid[], story_id uuid, active boolean,
      expires_at timestamptz
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (key_hash) do update set active = excluded.active, expires_at = excluded.expires_at;
end
$function$;

CREATE OR REPLACE FUNCTION platform.project_tenant_slug(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into platform.tenant_slugs (tenant_id, slug)
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.slug
    from json_to_recordset(p_rows) as r(t integer, slug text)
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id) do nothing;
end
$function$;

CREATE OR REPLACE FUNCTION platform.purge_ceremonies()
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_gone integer;
begin
  delete from platform.ceremonies c
   where c.ceremony_id in (select o.ceremony_id from platform.ceremonies o where o.expires_at < clock_timestamp() limit 5000);
  get diagnostics v_gone = row_count;
  return v_gone;
end
$function$;

CREATE OR REPLACE FUNCTION platform.purge_deliveries(p_tenant uuid, p_webhook uuid, p_delivery uuid, p_rows integer, p_days integer)
 RETURNS TABLE(webhook_id uuid, delivery_id uuid, removed integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
#variable_conflict use_column
declare
  v_before constant timestamptz := clock_timestamp() - make_interval(days => greatest(p_days, 1));
  v_webhook uuid;
  v_delivery uuid;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  select s.webhook_id, s.delivery_id into v_webhook, v_delivery
    from (
      select d.webhook_id, d.delivery_id from platform.webhook_deliveries d
       where d.tenant_id = p_tenant and (d.webhook_id, d.delivery_id) > (p_webhook, p_delivery)
       order by d.webhook_id, d.delivery_id limit least(p_rows, 10000)
    ) s
   order by s.webhook_id desc, s.delivery_id desc limit 1;
  if v_webhook is not null then
    return query
      with gone as (
        delete from platform.webhook_deliveries d
         where d.tenant_id = p_tenant
           and (d.webhook_id, d.delivery_id) > (p_webhook, p_delivery)
           and (d.webhook_id, d.delivery_id) <= (v_webhook, v_delivery)
           and ((d.status in ('delivered', 'failed') and d.ended_at < v_before)
                or (d.status = 'held' and d.created_at < v_before and exists (
                  select from view.webhooks w
                   where w.tenant_id = p_tenant and w.webhook_id = d.webhook_id and w.status = 'deleted')))
        returning d.delivery_id
      ), tried as (
        delete from platform.webhook_attempts a using gone g
         where a.tenant_id = p_tenant and a.delivery_id = g.delivery_id
      )
      select v_webhook, v_delivery, count(*)::integer from gone;
  end if;
  perform set_config('app.tenant_id', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION platform.purge_model_spend(p_tenant uuid, p_days integer, p_rows integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_before constant timestamptz := clock_timestamp() - make_interval(days => greatest(p_days, 2));
  v_day constant text := to_char(v_before at time zone 'UTC', 'YYYY-MM-DD');
  v_removed integer;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  delete from platform.model_calls c
   where c.tenant_id = p_tenant and c.reserved_at < v_before and c.call_id in (
     select o.call_id from platform.model_calls o
      where o.tenant_id = p_tenant order by o.call_id limit least(p_rows, 10000));
  get diagnostics v_removed = row_count;
  delete from platform.model_spend s
   where s.tenant_id = p_tenant and s.scope ~ '^(tenant|project .*) \d{4}-\d\d-\d\d$' and right(s.scope, 10) < v_day;
  delete from platform.model_spend s
   using view.runs r
   where s.tenant_id = p_tenant and r.tenant_id = p_tenant and s.scope = 'run ' || r.run_id
     and r.status in ('succeeded', 'failed', 'cancelled') and r.updated_at < v_before;
  perform set_config('app.tenant_id', '', true);
  return v_removed;
end
$function$;

CREATE OR REPLACE FUNCTION platform.purge_run_deltas(p_tenant uuid)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_removed integer;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  delete from platform.run_watches w where w.tenant_id = p_tenant and w.watched_until < clock_timestamp();
  delete from platform.run_deltas d where d.tenant_id = p_tenant and d.told_at < clock_timestamp() - interval '1 minute';
  get diagnostics v_removed = row_count;
  perform set_config('app.tenant_id', '', true);
  return v_removed;
end
$function$;

CREATE OR REPLACE FUNCTION platform.put_tenant_keys(p_tenant uuid, p_ids uuid[], p_purposes text[], p_sealed text[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  insert into platform.tenant_keys (tenant_id, key_id, purpose, sealed)
    select p_tenant, k.id, k.purpose, k.sealed from unnest(p_ids, p_purposes, p_sealed) as k(id, purpose, sealed);
  perform set_config('app.tenant_id', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION platform.put_test_delivery(p_tenant uuid, p_webhook uuid, p_delivery uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_now constant timestamptz := clock_timestamp();
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  insert into platform.webhook_deliveries (
    tenant_id, delivery_id, webhook_id, position, event_type, stream_id, status, created_at, due_at
  )
  select p_tenant, p_delivery, w.webhook_id, null, 'webhook.test', null, 'pending', v_now, v_now
    from view.webhooks w where w.tenant_id = p_tenant and w.webhook_id = p_webhook and w.status = 'active';
  if found then
    insert into platform.webhook_lanes as l (tenant_id, webhook_id, due_at) values (p_tenant, p_webhook, v_now)
    on conflict (tenant_id, webhook_id) do update set due_at = v_now;
  end if;
  perform set_config('app.tenant_id', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION platform.put_ticket(p_tenant uuid, p_hash bytea, p_key_hash bytea, p_seconds integer)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_expires_at timestamptz := clock_timestamp() + make_interval(secs => p_seconds);
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  delete from platform.stream_tickets t where t.tenant_id = p_tenant and t.expires_at < clock_timestamp();
  insert into platform.stream_tickets (tenant_id, ticket_hash, key_hash, expires_at)
  values (p_tenant, p_hash, p_key_hash, v_expires_at);
  perform set_config('app.tenant_id', '', true);
  return v_expires_at;
end
$function$;

CREATE OR REPLACE FUNCTION platform.record_deliveries(p_tenant uuid, p_webhook uuid, p_results json, p_lane json)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_now constant timestamptz := clock_timestamp();
  v_due timestamptz;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  -- Before anything is looked at: a fan-out that is under way has its deliveries seen below, or finds the lane as it is
  -- left here. Without the lock the lane could be put to rest over a delivery that was just made.
  perform 1 from platform.webhook_lanes l where l.tenant_id = p_tenant and l.webhook_id = p_webhook for update;
  insert into platform.webhook_attempts (tenant_id, delivery_id, attempt, started_at, entry)
  select p_tenant, r.delivery_id, r.attempt, r.started_at, r.entry
    from json_to_recordset(p_results) as r(delivery_id uuid, attempt integer, started_at timestamptz, entry text)
   where r.attempt is not null
  on conflict do nothing;
  update platform.webhook_deliveries d
     set status = r.status, attempts = coalesce(r.attempt, d.attempts),
         tries = d.tries + case when r.attempt is null then 0 else 1 end,
         due_at = v_now + make_interval(secs => r.retry_s),
         ended_at = case when r.status = 'pending' then null else v_now end
    from json_to_recordset(p_results) as r(
      delivery_id uuid, attempt integer, status text, retry_s double precision
    )
   where d.tenant_id = p_tenant and d.webhook_id = p_webhook and d.delivery_id = r.delivery_id and d.status = 'pending'
     and d.attempts < coalesce(r.attempt, d.attempts + 1);
  if p_lane ->> 'claim_s' is not null then
    update platform.webhook_lanes l set claimed_until = v_now + make_interval(secs => (p_lane ->> 'claim_s')::integer)
     where l.tenant_id = p_tenant and l.webhook_id = p_webhook;
    perform set_config('app.tenant_id', '', true);
    return;
  end if;
  -- What waits for another of its stream does not make the lane due.
  select d.due_at into v_due from platform.webhook_deliveries d
   where d.tenant_id = p_tenant and d.webhook_id = p_webhook and d.status = 'pending'
     and (d.stream_id is null or not exists (
       select from platform.webhook_deliveries b
        where b.tenant_id = p_tenant and b.webhook_id = p_webhook and b.status = 'pending'
          and b.stream_id = d.stream_id and b.position < d.position))
   order by d.due_at limit 1;
  update platform.webhook_lanes l
     set claimed_until = '-infinity', failures_in_row = s.failures_in_row, failing_since = s.failing_since,
         closed_until = s.closed_until, pause_s = s.pause_s, window_at = s.window_at, window_tries = s.window_tries,
         window_failures = s.window_failures,
         -- Null when nothing waits.
         due_at = case when v_due is not null then greatest(s.closed_until, v_due) end
    from json_to_record(p_lane) as s(
      failures_in_row integer, failing_since timestamptz, closed_until timestamptz, pause_s integer,
      window_at timestamptz, window_tries integer, window_failures integer
    )
   where l.tenant_id = p_tenant and l.webhook_id = p_webhook;
  perform set_config('app.tenant_id', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION platform.release_run(p_tenant uuid, p_run uuid, p_fence integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_held boolean;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  if exists (select from view.runs r where r.tenant_id = p_tenant and r.run_id = p_run and r.due_at is null) then
    delete from platform.run_leases l where l.tenant_id = p_tenant and l.run_id = p_run and l.fence = p_fence;
  else
    update platform.run_leases l set claimed_until = '-infinity'
     where l.tenant_id = p_tenant and l.run_id = p_run and l.fence = p_fence;
  end if;
  v_held := found;
  perform set_config('app.tenant_id', '', true);
  return v_held;
end
$function$;

CREATE OR REPLACE FUNCTION platform.renew_run(p_tenant uuid, p_run uuid, p_fence integer, p_seconds integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_kept boolean;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  -- Shared with others of its kind; a claim counts what is in hand while nobody renews.
  perform pg_advisory_xact_lock_shared(hashtext('platform.run_leases'));
  update platform.run_leases l set claimed_until = clock_timestamp() + make_interval(secs => p_seconds)
   where l.tenant_id = p_tenant and l.run_id = p_run and l.fence = p_fence and l.claimed_until > clock_timestamp();
  v_kept := found;
  perform set_config('app.tenant_id', '', true);
  return v_kept;
end
$function$;

CREATE OR REPLACE FUNCTION platform.replay_deliveries(p_tenant uuid, p_webhook uuid, p_delivery uuid, p_since timestamp with time zone, p_until timestamp with time zone, p_statuses text[], p_dry boolean)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_now constant timestamptz := clock_timestamp();
  v_ids uuid[];
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  v_ids := array(
    select d.delivery_id from platform.webhook_deliveries d
     where d.tenant_id = p_tenant and d.webhook_id = p_webhook and d.position is not null
       and (p_delivery is null or d.delivery_id = p_delivery)
       and (p_since is null or d.created_at >= p_since) and (p_until is null or d.created_at < p_until)
       and d.status = any (p_statuses)
     order by d.delivery_id limit 10000);
  if not p_dry and cardinality(v_ids) > 0 then
    update platform.webhook_deliveries d
       set status = 'pending', tries = 0, due_at = v_now, ended_at = null
     where d.tenant_id = p_tenant and d.webhook_id = p_webhook and d.delivery_id = any (v_ids);
    insert into platform.webhook_lanes as l (tenant_id, webhook_id, due_at) values (p_tenant, p_webhook, v_now)
    on conflict (tenant_id, webhook_id) do update set due_at = greatest(l.closed_until, least(l.due_at, v_now));
  end if;
  perform set_config('app.tenant_id', '', true);
  return cardinality(v_ids);
end
$function$;

CREATE OR REPLACE FUNCTION platform.reserve_spend(p_tenant uuid, p_call uuid, p_run uuid, p_project uuid, p_micros bigint, p_caps bigint[])
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_day constant text := to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD');
  v_names constant text[] := array['run', 'project', 'tenant'];
  v_scopes text[] := array['run ' || p_run, 'project ' || p_project || ' ' || v_day, 'tenant ' || v_day];
  v_full text;
begin
  if p_micros is null or p_micros < 0 or cardinality(p_caps) is distinct from 4 then
    raise exception 'a reservation needs an amount and four caps';
  end if;
  perform set_config('app.tenant_id', p_tenant::text, true);
  if p_micros > p_caps[1] then
    v_full := 'call';
  else
    insert into platform.model_spend (tenant_id, scope, micros)
      select p_tenant, s.scope, 0 from unnest(v_scopes) as s(scope) where s.scope is not null order by s.scope
      on conflict (tenant_id, scope) do nothing;
    perform from platform.model_spend m
      where m.tenant_id = p_tenant and m.scope = any (v_scopes) order by m.scope for update;
    select s.name into v_full
      from unnest(v_names, v_scopes, p_caps[2:4]) as s(name, scope, cap)
      join platform.model_spend m on m.tenant_id = p_tenant and m.scope = s.scope
     where m.micros + p_micros > s.cap
     limit 1;
    if v_full is null then
      update platform.model_spend m set micros = m.micros + p_micros
       where m.tenant_id = p_tenant and m.scope = any (v_scopes);
      insert into platform.model_calls (tenant_id, call_id, scopes, reserved)
        values (p_tenant, p_call, array_remove(v_scopes, null), p_micros);
    end if;
  end if;
  perform set_config('app.tenant_id', '', true);
  return v_full;
end
$function$;

CREATE OR REPLACE FUNCTION platform.settle_spend(p_tenant uuid, p_call uuid, p_micros bigint)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_call platform.model_calls;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  select * into v_call from platform.model_calls c
   where c.tenant_id = p_tenant and c.call_id = p_call for update;
  if v_call.call_id is not null and v_call.settled is null then
    v_call.settled := coalesce(p_micros, v_call.reserved);
    update platform.model_calls c set settled = v_call.settled where c.tenant_id = p_tenant and c.call_id = p_call;
    perform from platform.model_spend m
      where m.tenant_id = p_tenant and m.scope = any (v_call.scopes) order by m.scope for update;
    update platform.model_spend m set micros = m.micros - v_call.reserved + v_call.settled
     where m.tenant_id = p_tenant and m.scope = any (v_call.scopes);
  end if;
  perform set_config('app.tenant_id', '', true);
  return v_call.settled;
end
$function$;

CREATE OR REPLACE FUNCTION platform.take_ceremony(p_id uuid)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_sealed text;
  v_expires_at timestamptz;
begin
  perform set_config('app.ceremony_id', p_id::text, true);
  delete from platform.ceremonies c where c.ceremony_id = p_id returning c.sealed, c.expires_at into v_sealed, v_expires_at;
  perform set_config('app.ceremony_id', '', true);
  return case when v_expires_at > clock_timestamp() then v_sealed end;
end
$function$;

CREATE OR REPLACE FUNCTION platform.take_ticket(p_tenant uuid, p_hash bytea)
 RETURNS bytea
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_key_hash bytea;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  delete from platform.stream_tickets t
   where t.tenant_id = p_tenant and t.ticket_hash = p_hash and t.expires_at > clock_timestamp()
  returning t.key_hash into v_key_hash;
  perform set_config('app.tenant_id', '', true);
  return v_key_hash;
end
$function$;

CREATE OR REPLACE FUNCTION platform.tell_run(p_tenant uuid, p_run uuid, p_but uuid, p_delta uuid, p_told json)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  c_most_waiting constant integer := 40;
  v_got integer;
begin
  perform set_config('synchronous_commit', 'off', true);
  perform set_config('app.tenant_id', p_tenant::text, true);
  insert into platform.run_deltas (tenant_id, run_id, watcher, delta_id, told)
    select w.tenant_id, w.run_id, w.watcher, p_delta, p_told
      from platform.run_watches w
     where w.tenant_id = p_tenant and w.run_id = p_run and w.watcher <> p_but and w.watched_until > clock_timestamp()
       and c_most_waiting > (
         select count(*) from platform.run_deltas d
          where d.tenant_id = w.tenant_id and d.run_id = w.run_id and d.watcher = w.watcher);
  get diagnostics v_got = row_count;
  perform set_config('app.tenant_id', '', true);
  return v_got;
end
$function$;

CREATE OR REPLACE FUNCTION platform.watch_runs(p_watcher uuid, p_tenants uuid[], p_runs uuid[], p_seconds integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
begin
  perform set_config('synchronous_commit', 'off', true);
  for v_at in 1 .. least(cardinality(p_tenants), 500) loop
    perform set_config('app.tenant_id', p_tenants[v_at]::text, true);
    delete from platform.run_watches w where w.tenant_id = p_tenants[v_at] and w.watched_until < clock_timestamp();
    delete from platform.run_deltas d
     where d.tenant_id = p_tenants[v_at] and d.told_at < clock_timestamp() - interval '1 minute';
    insert into platform.run_watches as w (tenant_id, run_id, watcher, watched_until)
      values (p_tenants[v_at], p_runs[v_at], p_watcher, clock_timestamp() + make_interval(secs => p_seconds))
      on conflict (tenant_id, run_id, watcher) do update set watched_until = excluded.watched_until;
  end loop;
  perform set_config('app.tenant_id', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION platform.webhook_health(p_tenant uuid)
 RETURNS TABLE(head bigint, health json)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
#variable_conflict use_column
declare
  c_form constant text := 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';
  v_now constant timestamptz := clock_timestamp();
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  return query
    select coalesce((select h.position from ledger.heads h where h.tenant_id = p_tenant), 0),
           coalesce(json_agg(json_build_object(
             'webhook_id', w.webhook_id,
             'breaker', case when coalesce(l.pause_s, 0) = 0 then 'closed'
                             when l.closed_until > v_now then 'open' else 'probing' end,
             'probe_at', case when l.pause_s > 0 then to_char(l.closed_until at time zone 'UTC', c_form) end,
             'failures_in_row', coalesce(l.failures_in_row, 0),
             'failing_since', to_char(l.failing_since at time zone 'UTC', c_form),
             'recent', r.counts) order by w.webhook_id), '[]')
      from view.webhooks w
      left join platform.webhook_lanes l on l.tenant_id = p_tenant and l.webhook_id = w.webhook_id
     cross join lateral (
       select json_build_object(
                'delivered', count(*) filter (where d.status = 'delivered'),
                'failed', count(*) filter (where d.status = 'failed'),
                'held', count(*) filter (where d.status = 'held'),
                'pending', count(*) filter (where d.status = 'pending')) as counts
         from (
           select n.status from platform.webhook_deliveries n
            where n.tenant_id = p_tenant and n.webhook_id = w.webhook_id order by n.delivery_id desc limit 200
         ) d
     ) r
     where w.tenant_id = p_tenant and w.status <> 'deleted';
  perform set_config('app.tenant_id', '', true);
end
$function$;

CREATE OR REPLACE FUNCTION view.advance(p_projection text, p_tenant uuid, p_expected bigint, p_next bigint, p_rounds json)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_position bigint;
  v_round json;
  v_times timestamptz[];
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  insert into view.checkpoints (tenant_id, projection, position)
    select p_tenant, p_projection, 0
     where not exists (
       select from view.checkpoints c where c.tenant_id = p_tenant and c.projection = p_projection)
    on conflict do nothing;
  select c.position into v_position from view.checkpoints c
   where c.tenant_id = p_tenant and c.projection = p_projection for update skip locked;
  if v_position = p_expected and p_next > p_expected then
    if not exists (select from ledger.heads h where h.tenant_id = p_tenant and h.position >= p_next) then
      raise exception 'a projection cannot be ahead of its log' using errcode = 'invalid_parameter_value';
    end if;
    for v_round in select r.value from json_array_elements(p_rounds) r loop
      v_times := array(select t.value::timestamptz from json_array_elements_text(v_round -> 'times') t);
      perform ledger.project(
        p_projection, v_round -> 'rows', array_fill(p_tenant, array[cardinality(v_times)]), v_times);
    end loop;
    update view.checkpoints c set position = p_next where c.tenant_id = p_tenant and c.projection = p_projection;
    v_position := p_next;
  end if;
  perform set_config('app.tenant_id', '', true);
  return v_position;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_agent(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.agents (
    tenant_id, agent_id, version, position, created_at, updated_at, name, description, status
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time,
         r.name, r.description, r.status
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, name text, description text, status text
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, agent_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    name = excluded.name, description = excluded.description, status = excluded.status;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_alert(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.alerts (
    tenant_id, alert_id, version, position, created_at, updated_at, run_id, rule, measure, above, value, project_id,
    status
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time, r.run_id,
         r.rule, r.measure, r.above, r.value, r.project_id, r.status
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, run_id uuid, rule text, measure text, above double precision,
      value double precision, project_id uuid, status text
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, alert_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    status = excluded.status;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_alert_rules(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.alert_rules (tenant_id, version, position, created_at, updated_at, rules)
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.version, r.position, d.time, d.time, r.rules
    from json_to_recordset(p_rows) as r(t integer, id uuid, version integer, position bigint, rules json)
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at, rules = excluded.rules;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_authenticator(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION view.project_benchmark(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.benchmarks (
    tenant_id, benchmark_id, version, position, created_at, updated_at, name, problem_set, status, shown
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time, r.name,
         r.problem_set, r.status, r.shown
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, name text, problem_set text, status text, shown json
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, benchmark_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    status = excluded.status, shown = excluded.shown;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_benchmark_result(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.benchmark_results (tenant_id, benchmark_id, version, recorded_at, run_id, problem, sample, shown)
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, d.time, r.run_id, r.problem,
         r.sample, r.shown
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, run_id uuid, problem text, sample integer, shown json
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_capability(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_ended record;
begin
  insert into view.capabilities (
    tenant_id, jti, story_id, act, dispatch_id, token_hash, expires_at, granted_at, status
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.story_id, r.act, r.dispatch_id, r.token_hash,
         r.expires_at, d.time, 'granted'
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, story_id uuid, act text, dispatch_id uuid, token_hash text, expires_at timestamptz, status text
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
   where r.status = 'granted';
  -- One by one, because an update finds its rows before it could set their context.
  for v_ended in
    select r.t, r.id, r.status
      from json_to_recordset(p_rows) as r(t integer, id uuid, status text)
     where r.status <> 'granted' and p_times[r.t] is not null
  loop
    perform set_config('app.tenant_id', p_tenants[v_ended.t]::text, true);
    update view.capabilities c set status = v_ended.status, ended_at = p_times[v_ended.t]
     where c.tenant_id = p_tenants[v_ended.t] and c.jti = v_ended.id and c.status = 'granted';
    if not found then
      raise exception 'the capability was never granted or has ended'
        using errcode = 'unique_violation', constraint = 'capabilities_once';
    end if;
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_dispatch(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.dispatches (
    tenant_id, dispatch_id, version, position, created_at, updated_at, root_id, parent_id, lineage, role, agent_id,
    story_id, key_id, expires_at, status
  )
  select set_config('app.tenant_id', r.tenant::text, true)::uuid, r.id, r.version, r.position, r.time, r.time,
         r.lineage[1], r.parent_id, r.lineage, r.role, r.agent_id, r.story_id, r.key_id, r.expires_at, r.status
    from (
      select d.tenant, d.time, r.*
        from json_to_recordset(p_rows) as r(
          t integer, id uuid, version integer, position bigint, parent_id uuid, lineage uuid[], role text,
          agent_id uuid, story_id uuid, key_id uuid, expires_at timestamptz, status text
        )
        join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place)
          on d.place = r.t and d.time is not null
       order by cardinality(r.lineage)
    ) r
  on conflict (tenant_id, dispatch_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at, status = excluded.status;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_epic(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.epics (
    tenant_id, epic_id, version, position, created_at, updated_at, project_id, number, title, description,
    is_complete, status
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time,
         r.project_id, r.number, r.title, r.description, r.is_complete, r.status
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, project_id uuid, number integer, title text, description text,
      is_complete boolean, status text
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, epic_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    title = excluded.title, description = excluded.description, is_complete = excluded.is_complete,
    status = excluded.status;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_epic_dependency(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_gone record;
begin
  for v_gone in
    select r.t, r.id, r.project_id
      from json_to_recordset(p_rows) as r(t integer, id uuid, project_id uuid, gone boolean)
     where r.gone and p_times[r.t] is not null
  loop
    perform set_config('app.tenant_id', p_tenants[v_gone.t]::text, true);
    delete from view.epic_dependencies d
     where d.tenant_id = p_tenants[v_gone.t] and d.project_id = v_gone.project_id and d.dependency_id = v_gone.id;
  end loop;
  insert into view.epic_dependencies (tenant_id, dependency_id, version, created_at, project_id, epic_id, needs_epic_id)
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, d.time, r.project_id, r.epic_id,
         r.needs_epic_id
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, project_id uuid, epic_id uuid, needs_epic_id uuid, gone boolean
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
   where r.gone is not true;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_evaluation(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.evaluations (
    tenant_id, evaluation_id, version, position, created_at, updated_at, name, evaluation_set_id, project_id, status,
    shown
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time, r.name,
         r.evaluation_set_id, r.project_id, r.status, r.shown
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, name text, evaluation_set_id uuid, project_id uuid,
      status text, shown json
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, evaluation_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    status = excluded.status, shown = excluded.shown;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_evaluation_result(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.evaluation_results (
    tenant_id, evaluation_id, version, recorded_at, run_id, case_name, sample, shown
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, d.time, r.run_id, r.case_name,
         r.sample, r.shown
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, run_id uuid, case_name text, sample integer, shown json
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_evaluation_set(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.evaluation_sets (
    tenant_id, evaluation_set_id, version, position, created_at, updated_at, name, project_id, status, shown, cases
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time, r.name,
         r.project_id, r.status, r.shown, r.cases
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, name text, project_id uuid, status text, shown json, cases json
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, evaluation_set_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    status = excluded.status, shown = excluded.shown, cases = excluded.cases;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_key(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.keys (
    tenant_id, key_id, version, position, created_at, updated_at, name, role, agent_id, prefix, expires_at,
    lineage, status
  )
  select set_config('app.tenant_id', r.tenant::text, true)::uuid, r.id, r.version, r.position, r.time, r.time,
         r.name, r.role, r.agent_id, r.prefix, r.expires_at, r.lineage, r.status
    from (
      select d.tenant, d.time, r.*
        from json_to_recordset(p_rows) as r(
          t integer, id uuid, version integer, position bigint, name text, role text, agent_id uuid, prefix text,
          expires_at timestamptz, lineage uuid[], status text
        )
        join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place)
          on d.place = r.t and d.time is not null
       -- An ended key leaves its place before the next one takes it: the index looks at each row by itself.
       order by r.status in ('active', 'suspended')
    ) r
  on conflict (tenant_id, key_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    name = excluded.name, prefix = excluded.prefix, status = excluded.status;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_model_endpoint(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.model_endpoints (
    tenant_id, endpoint_id, version, position, created_at, updated_at, name, kind, base_url, models, description,
    secret_id, secret_last_four, status
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time,
         r.name, r.kind, r.base_url, r.models, r.description, r.secret_id, r.secret_last_four, r.status
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, name text, kind text, base_url text, models jsonb,
      description text, secret_id uuid, secret_last_four text, status text
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, endpoint_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    base_url = excluded.base_url, models = excluded.models, description = excluded.description,
    secret_id = excluded.secret_id, secret_last_four = excluded.secret_last_four, status = excluded.status;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_model_routing(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.model_routings (tenant_id, version, position, created_at, updated_at, settings)
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.version, r.position, d.time, d.time, r.settings
    from json_to_recordset(p_rows) as r(t integer, id uuid, version integer, position bigint, settings jsonb)
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    settings = excluded.settings;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_model_usage(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.model_usage (
    tenant_id, run_id, version, called_at, project_id, purpose, endpoint, model, error_class, input_tokens,
    cached_tokens, output_tokens, reasoning_tokens, cost_micros, latency_ms
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, d.time, r.project_id, r.purpose,
         r.endpoint, r.model, r.error_class, r.input_tokens, r.cached_tokens, r.output_tokens, r.reasoning_tokens,
         r.cost_micros, r.latency_ms
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, project_id uuid, purpose text, endpoint text, model text, error_class text,
      input_tokens bigint, cached_tokens bigint, output_tokens bigint, reasoning_tokens bigint, cost_micros bigint,
      latency_ms integer
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_operator(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION view.project_plan_state(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.plan_states (
    tenant_id, plan_state_id, version, position, created_at, updated_at, project_id, key, state, status
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time,
         r.project_id, r.key, r.state, r.status
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, project_id uuid, key text, state json, status text
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, plan_state_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    state = excluded.state, status = excluded.status;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_project(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.projects (
    tenant_id, project_id, version, position, created_at, updated_at, name, slug, description, verification, status
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time,
         r.name, r.slug, r.description, r.verification, r.status
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, name text, slug text, description text,
      verification json, status text
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, project_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    name = excluded.name, slug = excluded.slug, description = excluded.description,
    verification = excluded.verification, status = excluded.status;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_run(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.runs (
    tenant_id, run_id, version, position, created_at, updated_at, kind, status, project_id, story_id, agent_id, prompt,
    labels, fence, rests_until, shown
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time,
         r.kind, r.status, r.project_id, r.story_id, r.agent_id, r.prompt, r.labels, r.fence, r.rests_until, r.shown
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, kind text, status text, project_id uuid, story_id uuid,
      agent_id uuid, prompt text, labels jsonb, fence integer, rests_until timestamptz, shown json
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, run_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    status = excluded.status, fence = excluded.fence, rests_until = excluded.rests_until, shown = excluded.shown;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_search(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION view.project_session(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION view.project_signal(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.signals (tenant_id, story_id, version, tool_calls, tokens, tests_run, seconds)
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.tool_calls, r.tokens, r.tests_run,
         r.seconds
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, tool_calls integer, tokens integer, tests_run integer, seconds integer
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_signing_key(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION view.project_story(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.stories (
    tenant_id, story_id, version, position, created_at, updated_at, project_id, epic_id, number, title, description,
    priority, estimate, criteria, criteria_revision, agent_status, verified_status, status,
    verified_method, custody, lease_until, implementer_id, implementer_lineage, reporter_id, reporter_lineage,
    reviewer_id, reviewer_lineage, verifier_id, verifier_lineage
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, r.position, d.time, d.time,
         r.project_id, r.epic_id, r.number, r.title, r.description,
         r.priority, r.estimate, r.criteria, r.criteria_revision, r.agent_status, r.verified_status, r.status,
         r.verified_method, r.custody, r.lease_until, r.implementer_id, r.implementer_lineage, r.reporter_id,
         r.reporter_lineage, r.reviewer_id, r.reviewer_lineage, r.verifier_id, r.verifier_lineage
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, project_id uuid, epic_id uuid, number text, title text,
      description text, priority smallint, estimate integer, criteria json, criteria_revision integer,
      agent_status text, verified_status text, status text,
      verified_method text, custody json, lease_until timestamptz, implementer_id uuid, implementer_lineage uuid[],
      reporter_id uuid, reporter_lineage uuid[], reviewer_id uuid, reviewer_lineage uuid[], verifier_id uuid,
      verifier_lineage uuid[]
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id, story_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    title = excluded.title, description = excluded.description, priority = excluded.priority,
    estimate = excluded.estimate, criteria = excluded.criteria, criteria_revision = excluded.criteria_revision,
    agent_status = excluded.agent_status, verified_status = excluded.verified_status, status = excluded.status,
    verified_method = excluded.verified_method, custody = excluded.custody, lease_until = excluded.lease_until,
    implementer_id = excluded.implementer_id, implementer_lineage = excluded.implementer_lineage,
    reporter_id = excluded.reporter_id, reporter_lineage = excluded.reporter_lineage,
    reviewer_id = excluded.reviewer_id, reviewer_lineage = excluded.reviewer_lineage,
    verifier_id = excluded.verifier_id, verifier_lineage = excluded.verifier_lineage;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_story_dependency(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
declare
  v_gone record;
begin
  -- One by one, because a deletion finds its rows before it could set their context.
  for v_gone in
    select r.t, r.id, r.project_id
      from json_to_recordset(p_rows) as r(t integer, id uuid, project_id uuid, gone boolean)
     where r.gone and p_times[r.t] is not null
  loop
    perform set_config('app.tenant_id', p_tenants[v_gone.t]::text, true);
    delete from view.story_dependencies d
     where d.tenant_id = p_tenants[v_gone.t] and d.project_id = v_gone.project_id and d.dependency_id = v_gone.id;
  end loop;
  insert into view.story_dependencies (
    tenant_id, dependency_id, version, created_at, project_id, epic_id, story_id, needs_story_id
  )
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.id, r.version, d.time, r.project_id, r.epic_id,
         r.story_id, r.needs_story_id
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, project_id uuid, epic_id uuid, story_id uuid, needs_story_id uuid, gone boolean
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
   where r.gone is not true;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_tenant(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  insert into view.tenants (tenant_id, version, position, created_at, updated_at, name, slug, status, halted_by, max_stories, max_dispatches, max_runs,
                            requests_per_key, requests_per_tenant)
  select set_config('app.tenant_id', d.tenant::text, true)::uuid, r.version, r.position, d.time, d.time,
         r.name, r.slug, r.status, r.halted_by, r.max_stories, r.max_dispatches, r.max_runs,
         r.requests_per_key, r.requests_per_tenant
    from json_to_recordset(p_rows) as r(
      t integer, id uuid, version integer, position bigint, name text, slug text, status text, halted_by text,
      max_stories integer, max_dispatches integer, max_runs integer, requests_per_key integer, requests_per_tenant integer
    )
    join unnest(p_tenants, p_times) with ordinality as d(tenant, time, place) on d.place = r.t and d.time is not null
  on conflict (tenant_id) do update set
    version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
    name = excluded.name, status = excluded.status, halted_by = excluded.halted_by,
    max_stories = excluded.max_stories, max_dispatches = excluded.max_dispatches, max_runs = excluded.max_runs,
    requests_per_key = excluded.requests_per_key, requests_per_tenant = excluded.requests_per_tenant;
end
$function$;

CREATE OR REPLACE FUNCTION view.project_webhook(p_rows json, p_tenants uuid[], p_times timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION view.reached(p_projection text, p_tenants uuid[])
 RETURNS TABLE(tenant_id uuid, reached bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
#variable_conflict use_column
begin
  return query
    select wanted.tenant, c.position
      from unnest(p_tenants) as wanted(tenant)
     cross join lateral (select set_config('app.tenant_id', wanted.tenant::text, true) as tenant offset 0) context
     cross join lateral (
       select k.position from view.checkpoints k
        where k.tenant_id = context.tenant::uuid and k.projection = p_projection offset 0
     ) c;
  perform set_config('app.tenant_id', '', true);
end
$function$;

-- rights

grant execute on function ledger.add_checkpoint(uuid,bigint,bigint,bytea,text,smallint[],bigint[],bytea[],bytea[]) to loopledger_app;

grant execute on function ledger.add_checkpoint(uuid,bigint,bigint,bytea,text,smallint[],bigint[],bytea[],bytea[]) to loopledger_worker;

grant execute on function ledger.commit(uuid[],bigint[],text,text,text) to loopledger_app;

grant execute on function ledger.commit(uuid[],bigint[],text,text,text) to loopledger_worker;

grant execute on function ledger.consumer_lags(uuid[]) to loopledger_app;

grant execute on function ledger.consumer_lags(uuid[]) to loopledger_worker;

grant execute on function ledger.drop_consumer(uuid,text,jsonb) to loopledger_app;

grant execute on function ledger.drop_consumer(uuid,text,jsonb) to loopledger_worker;

grant execute on function ledger.moved_positions(interval) to loopledger_app;

grant execute on function ledger.moved_positions(interval) to loopledger_worker;

grant execute on function ledger.positions(uuid[]) to loopledger_app;

grant execute on function ledger.positions(uuid[]) to loopledger_worker;

grant execute on function ledger.purge_requests(uuid,uuid,text,integer) to loopledger_app;

grant execute on function ledger.purge_requests(uuid,uuid,text,integer) to loopledger_worker;

grant execute on function ledger.put_consumer(uuid,text,bigint,jsonb) to loopledger_app;

grant execute on function ledger.put_consumer(uuid,text,bigint,jsonb) to loopledger_worker;

grant execute on function ledger.put_content(uuid,bytea) to loopledger_app;

grant execute on function ledger.put_content(uuid,bytea) to loopledger_worker;

grant execute on function ledger.take_seal(uuid,text) to loopledger_app;

grant execute on function ledger.take_seal(uuid,text) to loopledger_worker;

grant execute on function platform.add_model_price(uuid,uuid,text,text,bigint[],timestamp with time zone) to loopledger_app;

grant execute on function platform.add_model_price(uuid,uuid,text,text,bigint[],timestamp with time zone) to loopledger_worker;

grant execute on function platform.claim_deliveries(uuid,uuid,integer,integer) to loopledger_worker;

grant execute on function platform.claim_master_key(text) to loopledger_app;

grant execute on function platform.claim_master_key(text) to loopledger_worker;

grant execute on function platform.claim_runs(text,integer,integer) to loopledger_worker;

grant execute on function platform.due_lanes(integer) to loopledger_worker;

grant execute on function platform.fan_out(uuid,integer) to loopledger_worker;

grant execute on function platform.feed_epoch() to loopledger_app;

grant execute on function platform.feed_epoch() to loopledger_worker;

grant execute on function platform.find_keys(bytea[]) to loopledger_app;

grant execute on function platform.find_keys(bytea[]) to loopledger_worker;

grant execute on function platform.hear_runs(uuid,uuid[],uuid[]) to loopledger_app;

grant execute on function platform.hear_runs(uuid,uuid[],uuid[]) to loopledger_worker;

grant execute on function platform.keep_model_secret(uuid,uuid,text) to loopledger_app;

grant execute on function platform.keep_model_secret(uuid,uuid,text) to loopledger_worker;

grant execute on function platform.keep_webhook_secret(uuid,uuid,text) to loopledger_app;

grant execute on function platform.keep_webhook_secret(uuid,uuid,text) to loopledger_worker;

grant execute on function platform.lease_rates(uuid[],uuid[],integer[],integer[]) to loopledger_app;

grant execute on function platform.lease_rates(uuid[],uuid[],integer[],integer[]) to loopledger_worker;

grant execute on function platform.model_secret(uuid,uuid) to loopledger_app;

grant execute on function platform.model_secret(uuid,uuid) to loopledger_worker;

grant execute on function platform.open_ceremony(uuid,text,integer) to loopledger_app;

grant execute on function platform.open_ceremony(uuid,text,integer) to loopledger_worker;

grant execute on function platform.purge_ceremonies() to loopledger_app;

grant execute on function platform.purge_ceremonies() to loopledger_worker;

grant execute on function platform.purge_deliveries(uuid,uuid,uuid,integer,integer) to loopledger_worker;

grant execute on function platform.purge_model_spend(uuid,integer,integer) to loopledger_worker;

grant execute on function platform.purge_run_deltas(uuid) to loopledger_worker;

grant execute on function platform.put_tenant_keys(uuid,uuid[],text[],text[]) to loopledger_app;

grant execute on function platform.put_tenant_keys(uuid,uuid[],text[],text[]) to loopledger_worker;

grant execute on function platform.put_test_delivery(uuid,uuid,uuid) to loopledger_app;

grant execute on function platform.put_test_delivery(uuid,uuid,uuid) to loopledger_worker;

grant execute on function platform.put_ticket(uuid,bytea,bytea,integer) to loopledger_app;

grant execute on function platform.put_ticket(uuid,bytea,bytea,integer) to loopledger_worker;

grant execute on function platform.record_deliveries(uuid,uuid,json,json) to loopledger_worker;

grant execute on function platform.release_run(uuid,uuid,integer) to loopledger_worker;

grant execute on function platform.renew_run(uuid,uuid,integer,integer) to loopledger_worker;

grant execute on function platform.replay_deliveries(uuid,uuid,uuid,timestamp with time zone,timestamp with time zone,text[],boolean) to loopledger_app;

grant execute on function platform.replay_deliveries(uuid,uuid,uuid,timestamp with time zone,timestamp with time zone,text[],boolean) to loopledger_worker;

grant execute on function platform.reserve_spend(uuid,uuid,uuid,uuid,bigint,bigint[]) to loopledger_app;

grant execute on function platform.reserve_spend(uuid,uuid,uuid,uuid,bigint,bigint[]) to loopledger_worker;

grant execute on function platform.settle_spend(uuid,uuid,bigint) to loopledger_app;

grant execute on function platform.settle_spend(uuid,uuid,bigint) to loopledger_worker;

grant execute on function platform.take_ceremony(uuid) to loopledger_app;

grant execute on function platform.take_ceremony(uuid) to loopledger_worker;

grant execute on function platform.take_ticket(uuid,bytea) to loopledger_app;

grant execute on function platform.take_ticket(uuid,bytea) to loopledger_worker;

grant execute on function platform.tell_run(uuid,uuid,uuid,uuid,json) to loopledger_worker;

grant execute on function platform.watch_runs(uuid,uuid[],uuid[],integer) to loopledger_app;

grant execute on function platform.watch_runs(uuid,uuid[],uuid[],integer) to loopledger_worker;

grant execute on function platform.webhook_health(uuid) to loopledger_app;

grant execute on function platform.webhook_health(uuid) to loopledger_worker;

grant execute on function view.advance(text,uuid,bigint,bigint,json) to loopledger_app;

grant execute on function view.advance(text,uuid,bigint,bigint,json) to loopledger_worker;

grant execute on function view.reached(text,uuid[]) to loopledger_app;

grant execute on function view.reached(text,uuid[]) to loopledger_worker;

grant usage on schema ledger to loopledger_app;

grant usage on schema ledger to loopledger_worker;

grant usage on schema platform to loopledger_app;

grant usage on schema platform to loopledger_worker;

grant usage on schema view to loopledger_app;

grant usage on schema view to loopledger_worker;

grant select on table ledger.checkpoints to loopledger_app;

grant select on table ledger.checkpoints to loopledger_worker;

grant select on table ledger.consumers to loopledger_app;

grant select on table ledger.consumers to loopledger_worker;

grant select on table ledger.contents to loopledger_app;

grant select on table ledger.contents to loopledger_worker;

grant select on table ledger.events to loopledger_app;

grant select on table ledger.events to loopledger_worker;

grant select on table ledger.heads to loopledger_app;

grant select on table ledger.heads to loopledger_worker;

grant select on table ledger.requests to loopledger_app;

grant select on table ledger.requests to loopledger_worker;

grant select on table ledger.seals to loopledger_app;

grant select on table ledger.seals to loopledger_worker;

grant select on table ledger.tiles to loopledger_app;

grant select on table ledger.tiles to loopledger_worker;

grant select on table platform.migrations to loopledger_app;

grant select on table platform.migrations to loopledger_worker;

grant select on table platform.model_calls to loopledger_app;

grant select on table platform.model_calls to loopledger_worker;

grant select on table platform.model_prices to loopledger_app;

grant select on table platform.model_prices to loopledger_worker;

grant select on table platform.model_spend to loopledger_app;

grant select on table platform.model_spend to loopledger_worker;

grant select on table platform.run_watches to loopledger_worker;

grant select on table platform.tenant_keys to loopledger_app;

grant select on table platform.tenant_keys to loopledger_worker;

grant select on table platform.webhook_attempts to loopledger_app;

grant select on table platform.webhook_attempts to loopledger_worker;

grant select on table platform.webhook_deliveries to loopledger_app;

grant select on table platform.webhook_deliveries to loopledger_worker;

grant select on table view.agents to loopledger_app;

grant select on table view.agents to loopledger_worker;

grant select on table view.alert_rules to loopledger_app;

grant select on table view.alert_rules to loopledger_worker;

grant select on table view.alerts to loopledger_app;

grant select on table view.alerts to loopledger_worker;

grant select on table view.authenticators to loopledger_app;

grant select on table view.authenticators to loopledger_worker;

grant select on table view.benchmark_results to loopledger_app;

grant select on table view.benchmark_results to loopledger_worker;

grant select on table view.benchmarks to loopledger_app;

grant select on table view.benchmarks to loopledger_worker;

grant select on table view.capabilities to loopledger_app;

grant select on table view.capabilities to loopledger_worker;

grant select on table view.checkpoints to loopledger_app;

grant select on table view.checkpoints to loopledger_worker;

grant select on table view.dispatches to loopledger_app;

grant select on table view.dispatches to loopledger_worker;

grant select on table view.epic_dependencies to loopledger_app;

grant select on table view.epic_dependencies to loopledger_worker;

grant select on table view.epics to loopledger_app;

grant select on table view.epics to loopledger_worker;

grant select on table view.evaluation_results to loopledger_app;

grant select on table view.evaluation_results to loopledger_worker;

grant select on table view.evaluation_sets to loopledger_app;

grant select on table view.evaluation_sets to loopledger_worker;

grant select on table view.evaluations to loopledger_app;

grant select on table view.evaluations to loopledger_worker;

grant select on table view.keys to loopledger_app;

grant select on table view.keys to loopledger_worker;

grant select on table view.model_endpoints to loopledger_app;

grant select on table view.model_endpoints to loopledger_worker;

grant select on table view.model_routings to loopledger_app;

grant select on table view.model_routings to loopledger_worker;

grant select on table view.model_usage to loopledger_app;

grant select on table view.model_usage to loopledger_worker;

grant select on table view.operators to loopledger_app;

grant select on table view.operators to loopledger_worker;

grant select on table view.plan_states to loopledger_app;

grant select on table view.plan_states to loopledger_worker;

grant select on table view.projects to loopledger_app;

grant select on table view.projects to loopledger_worker;

grant select on table view.runs to loopledger_app;

grant select on table view.runs to loopledger_worker;

grant select on table view.search_documents to loopledger_app;

grant select on table view.search_documents to loopledger_worker;

grant select on table view.sessions to loopledger_app;

grant select on table view.sessions to loopledger_worker;

grant select on table view.signals to loopledger_app;

grant select on table view.signals to loopledger_worker;

grant select on table view.signing_keys to loopledger_app;

grant select on table view.signing_keys to loopledger_worker;

grant select on table view.stories to loopledger_app;

grant select on table view.stories to loopledger_worker;

grant select on table view.story_dependencies to loopledger_app;

grant select on table view.story_dependencies to loopledger_worker;

grant select on table view.tenants to loopledger_app;

grant select on table view.tenants to loopledger_worker;

grant select on table view.webhooks to loopledger_app;

grant select on table view.webhooks to loopledger_worker;
