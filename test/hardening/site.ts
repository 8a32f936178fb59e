// Two tenants of the same shape on one database: every id that a caller may choose is the same in both.
import { createHash } from 'node:crypto';
import { createEpic } from '../../commands/epic.ts';
import { savePlanState } from '../../commands/plan-state.ts';
import { createProject } from '../../commands/project.ts';
import { createStory } from '../../commands/story.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import { newId } from '../../kernel/id.ts';
import type { Database } from '../../sql/database.ts';
import type { Ledger } from '../../sql/ledger.ts';
import { administer, type Teardown, type TestDatabase } from '../support/database.ts';
import { keyActor, openTestLedger, request } from '../support/ledger.ts';

export interface Site {
  readonly urls: TestDatabase;
  readonly a: string;
  readonly b: string;
  /** Objects of both tenants under the same ids. */
  readonly shared: Plan;
}

export interface OpenSite extends Site {
  readonly database: Database;
  readonly ledger: Ledger;
}

export interface Plan {
  readonly project: string;
  readonly epic: string;
  readonly story: string;
}

export async function openSite(t: Teardown): Promise<OpenSite> {
  const { urls, database, ledger } = await openTestLedger(t);
  const [a, b] = [newId(), newId()].sort() as [string, string];
  const shared = newPlan();
  for (const tenantId of [a, b]) {
    await fill(ledger, tenantId, shared);
    // And one of its own, so that there is something that the other tenant could point at.
    await fill(ledger, tenantId, newPlan());
    await fillBesideTheLedger(urls, tenantId, shared);
  }
  return { urls, database, ledger, a, b, shared };
}

function newPlan(): Plan {
  return { project: newId(), epic: newId(), story: newId() };
}

async function fill(ledger: Ledger, tenantId: string, { project, epic, story }: Plan): Promise<void> {
  const actor = keyActor('user', project);
  const run = <Command>(definition: CommandDefinition<Command>, command: Command, key: string) =>
    ledger.execute(request(tenantId, definition, command, { actor, key }));
  const named = (what: string): string => `${what} of ${tenantId}`;
  await run(createProject, { project_id: project, name: named('Project'), slug: `p-${project}` }, 'project');
  await run(createEpic, { epic_id: epic, project_id: project, title: named('Epic') }, 'epic');
  await run(createStory, { story_id: story, epic_id: epic, title: named('Story') }, 'story');
  const place = { plan_state_id: story, project_id: project, key: 'planner' };
  await run(savePlanState, { ...place, state: { of: named('State') } }, 'plan state');
}

/** A tenant with its slug, an agent, a key and a dispatch. */
const tenancy: readonly string[] = [
  `insert into view.tenants (tenant_id, version, position, created_at, updated_at, name, slug, status)
   select $1::uuid, 1, 1, now(), now(), 'Tenant', $1::text, 'active' where $2::uuid is not null`,
  `insert into platform.tenant_slugs (tenant_id, slug) select $1::uuid, $1::text where $2::uuid is not null`,
  `insert into view.agents (tenant_id, agent_id, version, position, created_at, updated_at, name, description, status)
   select $1::uuid, agent_id, 1, 1, now(), now(), agent_id::text, '', 'active'
     from (values ($2::uuid), (gen_random_uuid())) as a(agent_id)`,
  `insert into view.keys (tenant_id, key_id, version, position, created_at, updated_at, name, role, agent_id, prefix, status)
   select $1::uuid, $2::uuid, 1, 1, now(), now(), 'Key', 'agent', $2::uuid, 'll_live_xxxx', 'active'`,
  `insert into view.dispatches
     (tenant_id, dispatch_id, version, position, created_at, updated_at, root_id, lineage, role, agent_id, key_id, expires_at, status)
   select $1::uuid, d.id, 1, 1, now(), now(), d.id, array[d.id], 'agent', $2::uuid, $2::uuid, now(), 'active'
     from (values ($2::uuid), (gen_random_uuid())) as d(id)`,
];

/** An operator, its authenticator and a session, and one more of what is pointed at. */
const people: readonly string[] = [
  `insert into view.operators (tenant_id, operator_id, version, position, created_at, updated_at, name, email)
   select $1::uuid, o.id, 1, 1, now(), now(), 'Ada', 'ada@example.org' from (values ($2::uuid), (gen_random_uuid())) as o(id)`,
  `insert into view.authenticators
     (tenant_id, authenticator_id, version, position, created_at, updated_at, operator_id, name, credential_id, public_key,
      sign_count, backup_eligible, transports, status)
   select $1::uuid, a.id, 1, 1, now(), now(), $2::uuid, 'laptop', a.id::text, 'xxxx', 0, false, '{}', 'active'
     from (values ($2::uuid), (gen_random_uuid())) as a(id)`,
  `insert into view.sessions
     (tenant_id, session_id, version, position, created_at, updated_at, operator_id, authenticator_id, expires_at, status)
   values ($1, $2, 1, 1, now(), now(), $2, $2, now(), 'active')`,
];

/** What the tenant signs with, sealed and public. */
const signing: readonly string[] = [
  `insert into platform.tenant_keys (tenant_id, key_id, purpose, sealed) values ($1, $2, 'log', repeat('x', 60))`,
  `insert into view.signing_keys
     (tenant_id, signing_key_id, version, position, created_at, updated_at, purpose, public_key, status)
   values ($1, $2, 1, 1, now(), now(), 'log', repeat('x', 43), 'active')`,
];

/** Of the shared story: what was granted for it, and what it took. */
const capability: readonly string[] = [
  `insert into view.signals (tenant_id, story_id, version, tokens)
   select $1::uuid, s.story_id, 1, 1 from view.stories s where s.tenant_id = $1::uuid and $2::uuid is not null`,
  `insert into view.capabilities
     (tenant_id, jti, story_id, act, dispatch_id, token_hash, expires_at, granted_at, status)
   select $1::uuid, gen_random_uuid(), s.story_id, 'start', $2::uuid, repeat('x', 64), now(), now(), 'granted'
     from view.stories s where s.tenant_id = $1::uuid`,
];

/** A checkpoint an hour old, its tile, and the seal of the log. */
const proof: readonly string[] = [
  `insert into ledger.seals (tenant_id, origin) select $1::uuid, 'ledger.example/log/' || $2::text`,
  `insert into ledger.checkpoints (tenant_id, position, root, chain_hash, note, signed_at)
   select $1::uuid, 1, sha256(''), sha256(''), $2::text, now() - interval '1 hour'`,
  `insert into ledger.tiles (tenant_id, level, tile, root, hashes)
   select $1::uuid, 0, 0, sha256(''), convert_to(repeat('x', 8192), 'UTF8') where $2::uuid is not null`,
];

/** An endpoint and its secret. */
const webhooks: readonly string[] = [
  `insert into view.webhooks
     (tenant_id, webhook_id, version, position, created_at, updated_at, url, event_types, description, ordering, status, on_trial, secret_id)
   select $1::uuid, $2::uuid, 1, 1, now(), now(), 'https://hooks.example.org', '{*}', '', 'none', 'active', false, $2::uuid`,
  `insert into platform.webhook_secrets (tenant_id, secret_id, sealed) select $1::uuid, $2::uuid, repeat('x', 64)`,
  `insert into platform.webhook_lanes (tenant_id, webhook_id, due_at) select $1::uuid, $2::uuid, now() - interval '1 hour'`,
  `insert into platform.webhook_deliveries
     (tenant_id, delivery_id, webhook_id, position, event_type, stream_id, status, created_at, due_at)
   select $1::uuid, $2::uuid, $2::uuid, 1, 'project.created', $2::uuid, 'pending', now(), now() - interval '1 hour'`,
  `insert into platform.webhook_attempts (tenant_id, delivery_id, attempt, started_at, entry)
   select $1::uuid, $2::uuid, 1, now(), '{}'`,
];

/** A run that is due, and one in hand whose time ran out. */
const runs: readonly string[] = [
  `insert into view.runs
     (tenant_id, run_id, version, position, created_at, updated_at, kind, status, prompt, labels, fence, shown)
   select $1::uuid, $2::uuid, 1, 1, now() - interval '1 hour', now(), 'solve', 'queued', 'Do it', '{}', 0, '{}'`,
  `insert into view.model_usage
     (tenant_id, run_id, version, called_at, purpose, endpoint, model, cost_micros, latency_ms)
   select $1::uuid, $2::uuid, 1, now(), 'code', 'a', 'b', 1, 1`,
  `insert into view.benchmarks
     (tenant_id, benchmark_id, version, position, created_at, updated_at, name, problem_set, status, shown)
   select $1::uuid, b.id, 1, 1, now(), now(), b.id::text, 'custom', 'open', '{}'
     from (values ($2::uuid), (gen_random_uuid())) as b(id)`,
  `insert into view.benchmark_results
     (tenant_id, benchmark_id, version, recorded_at, run_id, problem, sample, shown)
   select $1::uuid, $2::uuid, 2, now(), $2::uuid, 'a', 1, '{}'`,
  `insert into view.evaluation_sets
     (tenant_id, evaluation_set_id, version, position, created_at, updated_at, name, status, shown, cases)
   select $1::uuid, s.id, 1, 1, now(), now(), s.id::text, 'active', '{}', '[]'
     from (values ($2::uuid), (gen_random_uuid())) as s(id)`,
  `insert into view.evaluations
     (tenant_id, evaluation_id, version, position, created_at, updated_at, name, evaluation_set_id, status, shown)
   select $1::uuid, e.id, 1, 1, now(), now(), e.id::text, $2::uuid, 'open', '{}'
     from (values ($2::uuid), (gen_random_uuid())) as e(id)`,
  `insert into view.evaluation_results
     (tenant_id, evaluation_id, version, recorded_at, run_id, case_name, sample, shown)
   select $1::uuid, $2::uuid, 2, now(), $2::uuid, 'a', 1, '{}'`,
  `insert into view.alert_rules (tenant_id, version, position, created_at, updated_at, rules)
   select $1::uuid, 1, 1, now(), now(), '[]' where $2::uuid is not null`,
  `insert into view.alerts
     (tenant_id, alert_id, version, position, created_at, updated_at, run_id, rule, measure, above, value, status)
   select $1::uuid, $2::uuid, 1, 1, now(), now(), $2::uuid, 'costly', 'cost_micros', 1, 2, 'raised'`,
  `insert into platform.run_leases (tenant_id, run_id, worker, fence, claimed_until)
   select $1::uuid, $2::uuid, 'nobody', 1, now() - interval '1 hour'`,
  `insert into platform.run_watches (tenant_id, run_id, watcher, watched_until)
   select $1::uuid, '00000000-0000-4000-8000-000000000007'::uuid, '00000000-0000-4000-8000-000000000007'::uuid, now() + interval '1 hour' where $2::uuid is not null`,
  `insert into platform.run_deltas (tenant_id, run_id, watcher, delta_id, told, told_at)
   select $1::uuid, '00000000-0000-4000-8000-000000000007'::uuid, '00000000-0000-4000-8000-000000000007'::uuid, $2::uuid, to_json($1::text), now() + interval '1 hour'`,
];

/** Where models are asked, and the key for it. */
const models: readonly string[] = [
  `insert into view.model_endpoints
     (tenant_id, endpoint_id, version, position, created_at, updated_at, name, kind, base_url, models, description, secret_id, status)
   select $1::uuid, $2::uuid, 1, 1, now(), now(), 'a', 'openai', 'https://models.example.org/v1', '[]', '', $2::uuid, 'active'`,
  `insert into platform.model_secrets (tenant_id, secret_id, sealed) select $1::uuid, $2::uuid, repeat('x', 64)`,
  `insert into view.model_routings (tenant_id, version, position, created_at, updated_at, settings)
   select $1::uuid, 1, 1, now(), now(), '{}' where $2::uuid is not null`,
  `insert into platform.model_prices (tenant_id, price_id, provider, model, input, cached, output, valid_from)
   select $1::uuid, $2::uuid, 'openai', 'm-1', 1, 1, 1, now()`,
  `insert into platform.model_spend (tenant_id, scope, micros) select $1::uuid, 'run ' || $2::text, 1`,
  `insert into platform.model_calls (tenant_id, call_id, scopes, reserved) select $1::uuid, $2::uuid, '{}', 1`,
];

/** How far search and another follower have come, a document that was found, and a ticket to follow by. */
const search: readonly string[] = [
  `insert into view.checkpoints (tenant_id, projection, position) select $1::uuid, 'search', 1 where $2::uuid is not null`,
  `insert into view.search_documents
     (tenant_id, kind, document_id, project_id, number, title, description, archived, words)
   select $1::uuid, 'project', $2::uuid, $2::uuid, null, 'Project', '', false, to_tsvector('simple', 'project')`,
  `insert into ledger.consumers (tenant_id, name, consumer_id, key_id, version, position, created_at, updated_at)
   select $1::uuid, 'shared', $2::uuid, $2::uuid, 1, 1, now(), now()`,
  `insert into platform.stream_tickets (tenant_id, ticket_hash, key_hash, expires_at)
   select $1::uuid, sha256('shared'), sha256('key'), now() + interval '1 hour' where $2::uuid is not null`,
];

/** One dependency of each level, from the shared object to the tenant's own. */
const dependencies: readonly string[] = [
  `insert into view.story_dependencies
     (tenant_id, dependency_id, version, created_at, project_id, epic_id, story_id, needs_story_id)
   select s.tenant_id, gen_random_uuid(), 1, now(), s.project_id, s.epic_id, s.story_id, o.story_id
     from view.stories s join view.stories o on o.tenant_id = s.tenant_id and o.project_id <> s.project_id
    where s.tenant_id = $1 and s.project_id = $2`,
  `insert into view.epic_dependencies (tenant_id, dependency_id, version, created_at, project_id, epic_id, needs_epic_id)
   select s.tenant_id, gen_random_uuid(), 1, now(), s.project_id, s.epic_id, o.epic_id
     from view.epics s join view.epics o on o.tenant_id = s.tenant_id and o.project_id <> s.project_id
    where s.tenant_id = $1 and s.project_id = $2`,
];

/** What no command writes yet, or none that needs so little as a row. */
async function fillBesideTheLedger({ adminUrl }: TestDatabase, tenantId: string, { project }: Plan): Promise<void> {
  const bytes = Buffer.from(`content of ${tenantId}`);
  const digest = createHash('sha256').update(bytes).digest();
  await administer(adminUrl, async (client) => {
    await client.query('insert into ledger.contents (tenant_id, sha256, size, bytes) values ($1, $2, $3, $4)', [
      tenantId,
      digest,
      bytes.length,
      bytes,
    ]);
    await client.query(
      `insert into platform.key_hashes (key_hash, tenant_id, key_id, role, active) values ($1, $2, $3, 'user', true)`,
      [digest, tenantId, newId()],
    );
    for (const sql of [
      ...dependencies,
      ...tenancy,
      ...people,
      ...signing,
      ...search,
      ...proof,
      ...capability,
      ...webhooks,
      ...runs,
      ...models,
    ])
      await client.query(sql, [tenantId, project]);
    await client.query('select platform.lease_rates($1, $1, $2, $2)', [[tenantId], [100]]);
  });
}
