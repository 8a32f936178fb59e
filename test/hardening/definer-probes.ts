// Functions that run with the rights of the owner: each is called for A, and may touch nothing of B and leave nothing set.
import pg from 'pg';
import type { Finding } from './finding.ts';
import type { Site } from './site.ts';
import { differences, findTenantTables, fingerprint } from './tenant-tables.ts';

interface Trial {
  readonly name: string;
  /** $1 is A. */
  readonly sql: string;
  /** Told tenants of others, as it is there for; everything else tells of A alone. */
  readonly tellsAll?: true;
  /** The application has no business with it. */
  readonly by?: 'worker';
}

const trials: readonly Trial[] = [
  { name: 'ledger.positions', sql: 'select tenant_id from ledger.positions(array[$1::uuid])' },
  {
    name: 'ledger.moved_positions',
    sql: 'select * from ledger.moved_positions(null) where $1::uuid is not null',
    tellsAll: true,
  },
  { name: 'ledger.put_content', sql: `select ledger.put_content($1, 'bytes')` },
  {
    name: 'ledger.purge_requests',
    sql: `select * from ledger.purge_requests($1, '00000000-0000-0000-0000-000000000000', '', 100)`,
  },
  { name: 'view.advance', sql: `select view.advance('search', $1, 1, 2, '[]')` },
  { name: 'view.reached', sql: `select tenant_id from view.reached('search', array[$1::uuid])` },
  {
    name: 'platform.put_ticket',
    sql: `select platform.put_ticket($1, sha256('new'), sha256('key'), 60)`,
  },
  { name: 'platform.take_ticket', sql: `select platform.take_ticket($1, sha256('shared'))` },
  {
    name: 'ledger.put_consumer',
    sql: `select * from ledger.put_consumer($1, 'shared', 1, jsonb_build_object('any', true, 'most', 9))`,
  },
  { name: 'ledger.consumer_lags', sql: 'select * from ledger.consumer_lags(array[$1::uuid])' },
  {
    name: 'ledger.drop_consumer',
    sql: `select * from ledger.drop_consumer($1, 'shared', jsonb_build_object('any', true))`,
  },
  {
    name: 'platform.lease_rates',
    sql: 'select * from platform.lease_rates(array[$1::uuid], array[$1::uuid], array[10], array[1])',
  },
  {
    name: 'platform.find_keys',
    sql: `select tenant_id from platform.find_keys(array[sha256(convert_to('content of ' || $1::text, 'UTF8'))])`,
  },
  {
    name: 'platform.put_tenant_keys',
    sql: `select platform.put_tenant_keys($1, array[gen_random_uuid()], array['log'], array[repeat('x', 64)])`,
  },
  { name: 'ledger.take_seal', sql: `select ledger.take_seal($1, 'ledger.example/log/1')` },
  {
    name: 'ledger.add_checkpoint',
    sql: `select ledger.add_checkpoint($1, 1, 2, sha256(''), 'note', array[0::smallint], array[7], array[sha256('')], array[convert_to(repeat('x', 8192), 'UTF8')])`,
  },
  { name: 'platform.open_ceremony', sql: `select platform.open_ceremony($1, repeat('x', 64), 300)` },
  { name: 'platform.take_ceremony', sql: 'select platform.take_ceremony($1)' },
  { name: 'platform.purge_ceremonies', sql: 'select platform.purge_ceremonies() where $1::uuid is not null' },
  {
    name: 'platform.keep_webhook_secret',
    sql: `select platform.keep_webhook_secret($1, gen_random_uuid(), repeat('x', 64))`,
  },
  {
    name: 'platform.keep_model_secret',
    sql: `select platform.keep_model_secret($1, gen_random_uuid(), repeat('x', 64))`,
  },
  {
    name: 'platform.reserve_spend',
    sql: `select platform.reserve_spend($1, gen_random_uuid(), gen_random_uuid(), null, 1, '{null,null,null,null}')`,
  },
  { name: 'platform.settle_spend', sql: 'select platform.settle_spend($1, gen_random_uuid(), 1)' },
  { name: 'platform.purge_model_spend', sql: 'select platform.purge_model_spend($1, 2, 100)', by: 'worker' },
  { name: 'platform.watch_runs', sql: 'select platform.watch_runs($1, array[$1::uuid], array[$1::uuid], 60)' },
  {
    name: 'platform.hear_runs',
    sql: `select told from platform.hear_runs('00000000-0000-4000-8000-000000000007'::uuid, array[$1::uuid], array['00000000-0000-4000-8000-000000000007'::uuid])`,
  },
  {
    name: 'platform.tell_run',
    sql: `select platform.tell_run($1, $1, gen_random_uuid(), gen_random_uuid(), '[]')`,
    by: 'worker',
  },
  { name: 'platform.purge_run_deltas', sql: 'select platform.purge_run_deltas($1)', by: 'worker' },
  {
    name: 'platform.add_model_price',
    sql: `select platform.add_model_price($1, gen_random_uuid(), 'openai', 'm-1', '{1,1,1}', now())`,
  },
  { name: 'platform.model_secret', sql: 'select platform.model_secret($1, gen_random_uuid())' },
  { name: 'platform.fan_out', sql: 'select reached from platform.fan_out($1, 10)', by: 'worker' },
  {
    name: 'platform.due_lanes',
    sql: 'select * from platform.due_lanes(10) where $1::uuid is not null',
    tellsAll: true,
    by: 'worker',
  },
  {
    name: 'platform.claim_deliveries',
    sql: `select deliveries::text from platform.due_lanes(10) l, platform.claim_deliveries($1, l.webhook_id, 10, 1)`,
    by: 'worker',
  },
  {
    name: 'platform.record_deliveries',
    sql: `select platform.record_deliveries($1, gen_random_uuid(), '[]', '{}')`,
    by: 'worker',
  },
  {
    name: 'platform.purge_deliveries',
    sql: `select removed from platform.purge_deliveries($1, '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', 10, 1)`,
    by: 'worker',
  },
  {
    name: 'platform.replay_deliveries',
    sql: `select platform.replay_deliveries($1, gen_random_uuid(), null, null, null, '{pending}', false)`,
  },
  {
    name: 'platform.put_test_delivery',
    sql: `select platform.put_test_delivery($1, gen_random_uuid(), gen_random_uuid())`,
  },
  { name: 'platform.webhook_health', sql: 'select health::text from platform.webhook_health($1)' },
  {
    name: 'platform.claim_runs',
    sql: `select * from platform.claim_runs('probe', 0, 1) right join (select $1::uuid) as asked on true`,
    by: 'worker',
  },
  {
    name: 'platform.renew_run',
    sql: 'select platform.renew_run($1, gen_random_uuid(), 1, 1)',
    by: 'worker',
  },
  {
    name: 'platform.release_run',
    sql: 'select platform.release_run($1, l.run_id, l.fence) from (select gen_random_uuid() as run_id, 1 as fence) l',
    by: 'worker',
  },
  { name: 'platform.claim_master_key', sql: 'select platform.claim_master_key($1)' },
  { name: 'platform.feed_epoch', sql: 'select platform.feed_epoch() where $1::uuid is not null' },
];

/** The commit has attacks of its own. */
const triedElsewhere = new Set(['ledger.commit']);
const settings = ['app.tenant_id', 'app.key_hashes', 'app.positions', 'app.ceremony_id', 'app.lanes', 'app.runs'];

export async function probeDefiners(site: Site, isProbed: (name: string) => boolean = () => true): Promise<Finding[]> {
  const admin = new pg.Client({ connectionString: site.urls.adminUrl });
  const app = new pg.Client({ connectionString: site.urls.appUrl });
  const worker = new pg.Client({ connectionString: site.urls.workerUrl });
  await Promise.all([admin.connect(), app.connect(), worker.connect()]);
  try {
    const findings = await findUntried(admin);
    for (const trial of trials.filter(({ name }) => isProbed(name))) {
      for (const detail of await tryOne(admin, trial.by === 'worker' ? worker : app, site, trial)) {
        findings.push({ check: 'definer', object: trial.name, detail });
      }
    }
    return findings;
  } finally {
    await Promise.all([admin.end(), app.end(), worker.end()]);
  }
}

async function findUntried(admin: pg.Client): Promise<Finding[]> {
  const { rows } = await admin.query<{ name: string }>(
    `select format('%s.%s', n.nspname, p.proname) as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema')`,
  );
  const tried = new Set([...triedElsewhere, ...trials.map(({ name }) => name)]);
  return rows
    .filter(({ name }) => !tried.has(name))
    .map(({ name }) => ({ check: 'definer-untried', object: name, detail: 'has no trial' }));
}

/** In one transaction with the question what is left of it, so that nothing but the function can have cleared it. */
async function tryOne(admin: pg.Client, app: pg.Client, site: Site, trial: Trial): Promise<string[]> {
  const tables = await findTenantTables(admin);
  const before = await fingerprint(admin, tables);
  await app.query('begin');
  const { rows } = await app.query<Record<string, unknown>>(trial.sql, [site.a]);
  const left = await app.query<{ name: string; value: string | null }>(
    'select name, current_setting(name, true) as value from unnest($1::text[]) as name',
    [settings],
  );
  await app.query('commit');
  const after = await fingerprint(admin, tables);
  const faults = left.rows
    .filter(({ value }) => (value ?? '') !== '')
    .map(({ name, value }) => `left ${name} set to ${value}`);
  if (rows.length === 0) faults.push('answered nothing, so that nothing was tried');
  if (trial.tellsAll !== true && JSON.stringify(rows).includes(site.b)) faults.push('told of another tenant');
  return [...faults, ...differences(before, after, (tenant) => tenant !== site.a).map((name) => `wrote ${name}`)];
}
