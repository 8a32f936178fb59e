// Everything that the catalogue checks would refuse and that is meant to be so, each with its reason. One that excuses
// nothing any more is refused as well.
import type { Exception } from '../hardening/finding.ts';

const migrations =
  'What was applied to the database: read at every start, before any tenant is known. It holds no tenant data.';
const settings = 'Settings of the server: no tenant, and closed to the application but for one function.';
const directory =
  'A key is looked up by its hash before its tenant is known: a row shows itself to whoever presents the hash.';
const ownTenant = `(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)`;
const presented = `(encode(key_hash, 'hex'::text) = NULLIF(current_setting('app.key_hash'::text, true), ''::text))`;
const shown = `(${ownTenant} OR ${presented})`;

const heads =
  'Who follows all logs must learn which of them moved before any tenant is known. Only the owner reads so, in one ' +
  'function that answers with tenants and positions; the policy of every other role stays with the tenant.';
const slugs = 'A slug stands in addresses, so no two tenants of the platform may have the same.';
const dueLanes =
  'Whoever sends must learn which webhooks are due before any tenant is known. Only the owner reads so, in one function ' +
  'that answers with ids; everybody else has no right to the table.';
const lanes = `(${ownTenant} OR (current_setting('app.lanes'::text, true) = 'all'::text))`;
const dueRuns =
  'Whoever works must learn which runs are due, of all tenants, to share work out fairly. Only the owner reads so, in one ' +
  'function that answers with ids; the policy of every other role stays with the tenant, or there is none.';
const overseen = `(${ownTenant} OR (current_setting('app.runs'::text, true) = 'all'::text))`;
const followed = `(${ownTenant} OR (current_setting('app.positions'::text, true) = 'all'::text))`;

const ceremonies =
  'A ceremony begins before there is a tenant, or before it is known which: it shows itself to whoever names it, and what ' +
  'it holds is sealed. Only the owner reaches it, in three functions.';
const named = `(ceremony_id = (NULLIF(current_setting('app.ceremony_id'::text, true), ''::text))::uuid)`;
const namedOrOver = `(${named} OR (expires_at < clock_timestamp()))`;

const tables: readonly Exception[] = [
  { check: 'table-tenant', object: 'platform.migrations', reason: migrations },
  { check: 'table-rls', object: 'platform.migrations', reason: migrations },
  { check: 'grant-without-tenant', object: 'platform.migrations', reason: migrations },
  { check: 'table-tenant', object: 'platform.settings', reason: settings },
  { check: 'policy-expression', object: 'platform.settings/adding', detail: `(name <> ''::text)`, reason: settings },
  { check: 'policy-expression', object: 'platform.settings/reading', detail: `(name <> ''::text)`, reason: settings },
  {
    check: 'policy-expression',
    object: 'platform.settings/changing',
    detail: `(name <> ''::text) / (name <> ''::text)`,
    reason: settings,
  },
  { check: 'table-key', object: 'platform.key_hashes', reason: directory },
  { check: 'unique-tenant', object: 'platform.key_hashes/key_hashes_pkey', reason: directory },
  { check: 'policy-expression', object: 'platform.key_hashes/reading', detail: shown, reason: directory },
  {
    check: 'policy-expression',
    object: 'platform.key_hashes/tenant',
    detail: `${shown} / ${ownTenant}`,
    reason: directory,
  },
  { check: 'table-tenant', object: 'platform.ceremonies', reason: ceremonies },
  { check: 'policy-expression', object: 'platform.ceremonies/reading', detail: namedOrOver, reason: ceremonies },
  { check: 'policy-expression', object: 'platform.ceremonies/adding', detail: named, reason: ceremonies },
  { check: 'policy-expression', object: 'platform.ceremonies/removing', detail: namedOrOver, reason: ceremonies },
  { check: 'unique-tenant', object: 'platform.tenant_slugs/tenant_slugs_slug', reason: slugs },
  { check: 'policy-expression', object: 'ledger.heads/overseeing', detail: followed, reason: heads },
  { check: 'policy-expression', object: 'platform.webhook_lanes/overseeing', detail: lanes, reason: dueLanes },
  {
    check: 'policy-expression',
    object: 'platform.webhook_lanes/tenant',
    detail: `${lanes} / ${ownTenant}`,
    reason: dueLanes,
  },
  { check: 'policy-expression', object: 'view.runs/tenant', detail: `${overseen} / ${ownTenant}`, reason: dueRuns },
  { check: 'policy-expression', object: 'view.runs/overseeing', detail: overseen, reason: dueRuns },
  {
    check: 'policy-expression',
    object: 'platform.run_leases/tenant',
    detail: `${overseen} / ${ownTenant}`,
    reason: dueRuns,
  },
  { check: 'policy-expression', object: 'platform.run_leases/overseeing', detail: overseen, reason: dueRuns },
  { check: 'policy-expression', object: 'ledger.heads/tenant', detail: `${followed} / ${ownTenant}`, reason: heads },
];

/** Functions that run with the rights of the owner, and who may call them. */
const definers: readonly { readonly name: string; readonly by: readonly string[]; readonly reason: string }[] = [
  {
    name: 'ledger.commit',
    by: ['loopledger_app', 'loopledger_worker'],
    reason:
      'The only writer of the log: positions, hashes, views and answers come from it, row by row under the policies.',
  },
  {
    name: 'ledger.positions',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Answers where the logs of the named tenants stand, so that one question serves all who wait for them.',
  },
  {
    name: 'ledger.put_content',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'The only writer of content: the digest under which it is kept is computed there.',
  },
  {
    name: 'ledger.purge_requests',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Forgets answers of one tenant that are older than two days, and can forget nothing else.',
  },
  {
    name: 'ledger.take_seal',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Gives one tenant its seal, once, and lets one transaction at a time hold it.',
  },
  {
    name: 'ledger.add_checkpoint',
    by: ['loopledger_app', 'loopledger_worker'],
    reason:
      'The only writer of checkpoints and tiles: each follows the one before, of one tenant, and none is ever changed.',
  },
  {
    name: 'ledger.put_consumer',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Keeps how far a follower of one tenant has come, never ahead of its log.',
  },
  {
    name: 'ledger.drop_consumer',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Forgets one follower of one tenant.',
  },
  {
    name: 'ledger.consumer_lags',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Answers with ids and numbers, for the metrics of the operator of the server.',
  },
  {
    name: 'platform.put_ticket',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Keeps a ticket of one tenant for a minute.',
  },
  {
    name: 'platform.take_ticket',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Takes a ticket of one tenant, once, from whoever knows it.',
  },
  {
    name: 'view.advance',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Writes an asynchronous projection and its checkpoint together, for one tenant, never ahead of its log.',
  },
  {
    name: 'view.reached',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Answers how far a projection has come in the named tenants, so that a worker starts with one question.',
  },
  { name: 'ledger.moved_positions', by: ['loopledger_app', 'loopledger_worker'], reason: heads },
  { name: 'platform.find_keys', by: ['loopledger_app', 'loopledger_worker'], reason: directory },
  {
    name: 'platform.lease_rates',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Counts requests of the tenants that it is told, and answers with numbers of those alone.',
  },
  {
    name: 'platform.put_tenant_keys',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Keeps sealed keys of the tenant that it is told. They are added only: nothing there changes or goes away.',
  },
  { name: 'platform.open_ceremony', by: ['loopledger_app', 'loopledger_worker'], reason: ceremonies },
  { name: 'platform.take_ceremony', by: ['loopledger_app', 'loopledger_worker'], reason: ceremonies },
  { name: 'platform.purge_ceremonies', by: ['loopledger_app', 'loopledger_worker'], reason: ceremonies },
  {
    name: 'platform.claim_master_key',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Remembers the fingerprint of the first master key, and only says whether another one is the same.',
  },
  {
    name: 'platform.keep_webhook_secret',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Keeps a sealed secret of the tenant that it is told, and forgets those that no webhook of it names.',
  },
  {
    name: 'platform.reserve_spend',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Holds money for one call of a model of the tenant that it is told, within the caps that it is told.',
  },
  {
    name: 'platform.settle_spend',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Says once what a call of the tenant that it is told cost.',
  },
  {
    name: 'platform.purge_model_spend',
    by: ['loopledger_worker'],
    reason: 'Forgets old calls of the tenant that it is told, and what was counted for them.',
  },
  {
    name: 'platform.watch_runs',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Says that runs of the tenants that it is told are watched in one process, each under its own tenant.',
  },
  {
    name: 'platform.hear_runs',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Takes live output that waits for one process, of the runs and tenants that it is told.',
  },
  {
    name: 'platform.tell_run',
    by: ['loopledger_worker'],
    reason: 'Lays live output of one run of the tenant that it is told before whoever watches it.',
  },
  {
    name: 'platform.purge_run_deltas',
    by: ['loopledger_worker'],
    reason: 'Clears away live output of the tenant that it is told that nobody came for.',
  },
  {
    name: 'platform.add_model_price',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Adds to the list of prices of the tenant that it is told; only that of the platform is ever read.',
  },
  {
    name: 'platform.keep_model_secret',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Keeps a sealed key of the tenant that it is told, and forgets those that no model endpoint of it names.',
  },
  {
    name: 'platform.model_secret',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Hands out one sealed key of the tenant that it is told; only the master key opens it.',
  },
  {
    name: 'platform.fan_out',
    by: ['loopledger_worker'],
    reason: 'Makes the deliveries of new events of one tenant and moves its checkpoint, never ahead of its log.',
  },
  { name: 'platform.due_lanes', by: ['loopledger_worker'], reason: dueLanes },
  {
    name: 'platform.claim_deliveries',
    by: ['loopledger_worker'],
    reason: 'Hands what is due for one webhook, with its sealed secrets, to the one worker that sends it.',
  },
  {
    name: 'platform.record_deliveries',
    by: ['loopledger_worker'],
    reason: 'Writes down what came of deliveries of one webhook.',
  },
  {
    name: 'platform.purge_deliveries',
    by: ['loopledger_worker'],
    reason: 'Forgets deliveries of one tenant that ended at least a day ago.',
  },
  {
    name: 'platform.replay_deliveries',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Makes deliveries of one webhook due again; it can make none and change nothing else of them.',
  },
  {
    name: 'platform.put_test_delivery',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Makes a delivery of no event for one active webhook of the tenant that it is told.',
  },
  {
    name: 'platform.webhook_health',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Answers with the state of the breakers, and counts of deliveries, of the tenant that it is told.',
  },
  { name: 'platform.claim_runs', by: ['loopledger_worker'], reason: dueRuns },
  {
    name: 'platform.renew_run',
    by: ['loopledger_worker'],
    reason: 'Keeps one run in hand for longer, for whoever has its fence.',
  },
  {
    name: 'platform.release_run',
    by: ['loopledger_worker'],
    reason: 'Lets one run go, for whoever has its fence.',
  },
  {
    name: 'platform.feed_epoch',
    by: ['loopledger_app', 'loopledger_worker'],
    reason: 'Answers one setting of the server.',
  },
];

const functions: readonly Exception[] = definers.flatMap(({ name, by, reason }) => [
  { check: 'function-definer', object: `${name}(*`, reason },
  ...by.map((role) => ({ check: 'function-executable', object: `${name}(*`, detail: `${role} may run it`, reason })),
]);

export const catalogueExceptions: readonly Exception[] = [...tables, ...functions];
