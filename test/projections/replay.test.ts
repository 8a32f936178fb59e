import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type pg from 'pg';
import { type Test, test } from 'tap';
import { replay } from '../../projections/replay.ts';
import { registry } from '../../projections/index.ts';
import { newId } from '../../kernel/id.ts';
import { openSession } from '../../sql/session.ts';
import type { StreamKind } from '../../kernel/stream.ts';
import { administer, type TestDatabase } from '../support/database.ts';
import { History } from '../support/generated-history.ts';
import { tourHistory } from '../support/history-tour.ts';
import { openTestLedger } from '../support/ledger.ts';
import { bareEnvironment } from '../support/server-process.ts';
import { startTestWorkers, until } from '../support/workers.ts';

const tables = [
  'view.tenants',
  'platform.tenant_slugs',
  'view.agents',
  'view.keys',
  'platform.key_hashes',
  'view.dispatches',
  'view.projects',
  'view.epics',
  'view.operators',
  'view.authenticators',
  'view.sessions',
  'view.signing_keys',
  'view.stories',
  'view.capabilities',
  'view.signals',
  'view.story_dependencies',
  'view.epic_dependencies',
  'view.plan_states',
  'view.webhooks',
  'view.runs',
  'view.model_usage',
  'view.benchmarks',
  'view.benchmark_results',
  'view.evaluation_sets',
  'view.evaluations',
  'view.evaluation_results',
  'view.alert_rules',
  'view.alerts',
  'view.model_endpoints',
  'view.model_routings',
  'view.search_documents',
] as const;

async function start(t: Test, steps: number) {
  const bench = await openTestLedger(t);
  const { urls, ledger } = bench;
  const seed = Math.floor(Math.random() * 2 ** 31);
  t.comment(`seed ${seed}`);
  const histories = [new History(bench, seed), new History(bench, seed + 1)];
  for (const history of histories) await history.found();
  await tourHistory(bench, histories[0] as History);
  await Promise.all(histories.map((history) => history.go(steps)));
  const workers = startTestWorkers(t, urls);
  const caughtUp = () => until('the workers are done', () => isCaughtUp(urls));
  return { urls, ledger, histories, workers, caughtUp };
}

async function isCaughtUp(urls: TestDatabase): Promise<boolean> {
  const sql = `select from ledger.heads h
     left join view.checkpoints c on c.tenant_id = h.tenant_id where c.position is distinct from h.position`;
  return (await ask(urls, sql)).rowCount === 0;
}

async function ask(urls: TestDatabase, ...statements: string[]): Promise<pg.QueryResult<Record<string, unknown>>> {
  let last: pg.QueryResult<Record<string, unknown>> | undefined;
  await administer(urls.adminUrl, async (client) => {
    // Faults are planted past every rule of the tables.
    await client.query('set session_replication_role = replica');
    for (const statement of statements) last = await client.query<Record<string, unknown>>(statement);
  });
  return last as pg.QueryResult<Record<string, unknown>>;
}

async function rebuild(urls: TestDatabase, verify: boolean, names: readonly string[] | null = null) {
  const session = await openSession(urls.adminUrl, 'loopledger-test');
  try {
    return await replay({ session, verify, names, tenantIds: null });
  } finally {
    await session.close();
  }
}

const describe = (report: Awaited<ReturnType<typeof rebuild>>): string[] =>
  report.differences.map(({ table, what }) => `${table}: ${what}`);

test('a replay of every projection finds what is served, row by row', async (t) => {
  const { urls, caughtUp, histories } = await start(t, 300);
  await caughtUp();
  t.same(describe(await rebuild(urls, true)), []);
  for (const name of ['story_dependency', 'search']) t.same(describe(await rebuild(urls, true, [name])), [], name);
  for (const table of tables) {
    t.ok(
      Number((await ask(urls, `select count(*) as count from ${table}`)).rows[0]?.['count']) > 0,
      `${table} has rows`,
    );
  }
  const { rows } = await ask(urls, 'select distinct type from ledger.events');
  const seen = new Set(rows.map(({ type }) => type));
  const missing = [...registry.streams.values()]
    .flatMap((stream) => (stream as StreamKind<unknown>).events.map(({ type }) => type))
    .filter((type) => !seen.has(type) && type !== 'key.expired' && type !== 'story.lapsed');
  t.same(missing, [], 'the history holds every kind of event that does not need to wait for a clock');
  t.comment(histories.map(({ accepted, refused }) => `${accepted} accepted, ${refused} refused`).join('; '));
});

test('a table of views that no replay rebuilds is not there', async (t) => {
  const { urls } = await openTestLedger(t);
  const { rows } = await ask(
    urls,
    `select format('%s.%s', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and (n.nspname = 'view' or (n.nspname = 'platform' and c.relname !~ '^(?:webhook|model)_'
             and c.relname not in ('migrations', 'settings', 'rate_leases', 'tenant_keys', 'ceremonies', 'stream_tickets', 'run_leases', 'run_watches', 'run_deltas')))
        and c.relname <> 'checkpoints'`,
  );
  t.same(new Set(rows.map(({ name }) => name)), new Set(tables));
});

test('one row that is lost, changed or invented is found, in every table, and repaired', async (t) => {
  const { urls, caughtUp } = await start(t, 120);
  await caughtUp();
  await ask(urls, ...tables.map((table) => `delete from ${table} where ctid = (select min(ctid) from ${table})`));
  t.same(describe(await rebuild(urls, true)).sort(), tables.map((table) => `${table}: missing`).sort());
  t.equal((await rebuild(urls, false)).changed, tables.length);
  t.same(describe(await rebuild(urls, true)), []);
  await ask(
    urls,
    `update view.stories set updated_at = updated_at + interval '1 ms' where ctid = (select min(ctid) from view.stories)`,
    `update view.projects set name = name || '!' where ctid = (select min(ctid) from view.projects)`,
    `update view.search_documents set words = words || 'planted' where ctid = (select min(ctid) from view.search_documents)`,
    `update platform.key_hashes set active = not active where ctid = (select min(ctid) from platform.key_hashes)`,
    `insert into view.epics select tenant_id, gen_random_uuid(), version, position, created_at, updated_at, project_id, 999, title, description, status
       from view.epics limit 1`,
    `insert into view.story_dependencies select tenant_id, gen_random_uuid(), version, created_at, project_id, epic_id, story_id, gen_random_uuid()
       from view.story_dependencies limit 1`,
  );
  t.same(describe(await rebuild(urls, true)).sort(), [
    'platform.key_hashes: active',
    'view.epics: extra',
    'view.projects: name',
    'view.search_documents: words',
    'view.stories: updated_at',
    'view.story_dependencies: extra',
  ]);
  t.equal((await rebuild(urls, false)).changed, 6);
  t.same(describe(await rebuild(urls, true)), []);
  t.equal((await ask(urls, `select from pg_policy where polname = 'repairing'`)).rowCount, 0);
});

test('views are rebuilt while writers write, and none of them loses a write or sees a fault', async (t) => {
  const { urls, histories, caughtUp, workers } = await start(t, 80);
  let writing = true;
  const writers = histories.map(async (history) => {
    while (writing) await history.go(20);
  });
  let changed = 0;
  for (let round = 0; round < 3; round += 1) {
    await ask(
      urls,
      `update view.stories set title = title || '!' where ctid in (select ctid from view.stories order by story_id limit 20)`,
      `delete from view.story_dependencies where ctid in (select ctid from view.story_dependencies limit 3)`,
      `update view.search_documents set title = 'planted' where ctid in (select ctid from view.search_documents limit 5)`,
    );
    changed += (await rebuild(urls, false)).changed;
    t.same(describe(await rebuild(urls, true)), [], 'verified while they write');
  }
  writing = false;
  await Promise.all(writers);
  await caughtUp();
  t.ok(changed > 20, `${changed} rows were repaired`);
  t.same(describe(await rebuild(urls, true)), []);
  t.same(workers.warnings, []);
});

test('the program says what it found, and its exit code says whether that is good', async (t) => {
  const { urls, caughtUp, histories } = await start(t, 60);
  await caughtUp();
  const run = (...args: string[]) => runReplay(urls, args);
  const clean = await run('--all', '--verify');
  t.match(clean, { code: 0, out: /^2 tenants, \d+ events in \d+ ms \(\d+ events\/s\): 0 differences\.\n$/ });
  await ask(urls, `update view.projects set name = 'planted' where ctid = (select min(ctid) from view.projects)`);
  const found = await run('project', '--verify');
  t.equal(found.code, 1);
  t.match(found.out, /^view\.projects [0-9a-f-]{36} of tenant [0-9a-f-]{36}: name\n/);
  t.equal((await run('story', '--verify')).code, 0);
  const { rows } = await ask(urls, `select tenant_id from view.projects where name = 'planted'`);
  const other = histories.find(({ tenantId }) => tenantId !== rows[0]?.['tenant_id'])?.tenantId as string;
  t.equal((await run('project', '--verify', '--tenant', other)).code, 0);
  t.match(await run('project'), { code: 0, out: /: 1 rows changed\.\n$/ });
  t.equal((await run('project', '--verify')).code, 0);
  const nonsense: readonly (readonly [words: readonly string[], said: RegExp])[] = [
    [[], /^Name the projections/],
    [['nothing'], /^There is no projection "nothing"/],
    [['--all', 'story'], /^Name the projections/],
    [['--all', '--tenant', 'x'], /^--tenant takes/],
    [['--everything'], /'--everything'/],
  ];
  for (const [words, said] of nonsense) {
    const { code, err } = await run(...words);
    t.equal(code, 1);
    t.match(err, said, words.join(' '));
    t.match(err, /\n\nnpm run replay/);
  }
  t.match(await run('--help'), { code: 0, out: /^npm run replay/ });
  t.match(await run('--all', '--verify', '--tenant', newId()), { code: 1, out: /^$/, err: /no log of a tenant/ });
});

async function runReplay(urls: TestDatabase, args: readonly string[]) {
  const program = path.resolve(import.meta.dirname, '../../boot/replay.ts');
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...bareEnvironment(), DATABASE_MIGRATE_URL: urls.adminUrl },
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}
