import pg from 'pg';
import { type Test, test } from 'tap';
import { createEpic } from '../../commands/epic.ts';
import { createProject } from '../../commands/project.ts';
import { changeStory, createStory } from '../../commands/story.ts';
import { newId } from '../../kernel/id.ts';
import { createWakeUps } from '../../sql/wake-up.ts';
import { administer, createTestDatabase, type TestDatabase } from '../support/database.ts';
import { openLedgerOn, request } from '../support/ledger.ts';
import { msOf } from '../support/pace.ts';
import { startTestWorkers, until } from '../support/workers.ts';

async function ask<Row extends pg.QueryResultRow>(urls: TestDatabase, sql: string): Promise<Row[]> {
  let found: Row[] = [];
  await administer(urls.adminUrl, async (client) => {
    found = (await client.query<Row>(sql)).rows;
  });
  return found;
}

async function isCaughtUp(urls: TestDatabase): Promise<boolean> {
  const rows = await ask(
    urls,
    `select from ledger.heads h
       left join view.checkpoints c on c.tenant_id = h.tenant_id and c.projection = 'search'
      where c.position is distinct from h.position`,
  );
  return rows.length === 0;
}

async function start(t: Test) {
  const urls = await createTestDatabase(t);
  const { ledger } = openLedgerOn(t, urls.appUrl);
  const plan = async (tenantId: string, stories: number): Promise<string[]> => {
    const project_id = newId();
    const epic_id = newId();
    await ledger.execute(request(tenantId, createProject, { project_id, name: 'Plan', slug: `s-${project_id}` }));
    await ledger.execute(request(tenantId, createEpic, { epic_id, project_id, title: 'First' }));
    const ids = Array.from({ length: stories }, () => newId());
    await Promise.all(
      ids.map((story_id, at) =>
        ledger.execute(request(tenantId, createStory, { story_id, epic_id, title: `S ${at}` })),
      ),
    );
    return ids;
  };
  return { urls, ledger, plan };
}

test('a projection takes up every log from its beginning, and goes on after a restart', async (t) => {
  const { urls, plan, ledger } = await start(t);
  const tenants = Array.from({ length: 12 }, () => newId());
  const stories = await Promise.all(tenants.map((tenantId, at) => plan(tenantId, at * 3)));
  const first = startTestWorkers(t, urls);
  await until('the first workers are done', () => isCaughtUp(urls));
  await first.close();
  const story_id = stories[5]?.[2] as string;
  const change = request(tenants[5] as string, changeStory, { story_id, changes: { title: 'Renamed' } });
  await ledger.execute(change);
  t.notOk(await isCaughtUp(urls));
  const second = startTestWorkers(t, urls);
  await until('the second workers are done', () => isCaughtUp(urls));
  const rows = await ask(urls, `select title from view.search_documents where title = 'Renamed'`);
  t.equal(rows.length, 1);
  const [{ count } = { count: 0 }] = await ask<{ count: number }>(
    urls,
    'select count(*)::int as count from view.search_documents',
  );
  t.equal(count, 12 * 2 + (11 * 12 * 3) / 2);
  t.same([...first.warnings, ...second.warnings], []);
});

test('three workers at once write every document once and in order', async (t) => {
  const { urls, plan, ledger } = await start(t);
  const tenants = Array.from({ length: 4 }, () => newId());
  const workers = [1, 2, 3].map(() => startTestWorkers(t, urls));
  const stories = await Promise.all(tenants.map((tenantId) => plan(tenantId, 60)));
  for (let round = 0; round < 6; round += 1) {
    await Promise.all(
      stories.flatMap((ids, at) =>
        ids.map((story_id) =>
          ledger.execute(
            request(tenants[at] as string, changeStory, { story_id, changes: { title: `Round ${round}` } }),
          ),
        ),
      ),
    );
  }
  await until('all workers are done', () => isCaughtUp(urls));
  const rows = await ask(urls, `select from view.search_documents where kind = 'story' and title <> 'Round 5'`);
  t.equal(rows.length, 0);
  for (const { warnings } of workers) t.same(warnings, []);
});

/** The median of the milliseconds from a commit until the projection has it. */
async function delayOf(t: Test, isTold: boolean): Promise<number> {
  const urls = await createTestDatabase(t);
  const wakeUps = createWakeUps();
  const { ledger } = openLedgerOn(t, urls.appUrl, { onCommitted: wakeUps.committed });
  startTestWorkers(t, urls, isTold ? wakeUps : undefined);
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  const delays: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    const slug = `s-${round}`;
    await ledger.execute(request(newId(), createProject, { project_id: newId(), name: 'P', slug }));
    delays.push(await msOf(() => until('the projection has it', () => isCaughtUp(urls))));
  }
  return delays.sort((one, other) => one - other)[3] as number;
}

test('a commit of the same process is taken up at once, and not when somebody looks', async (t) => {
  const [told, looked] = [await delayOf(t, true), await delayOf(t, false)];
  t.ok(looked - told > 300, `median ${Math.round(told)} ms, by looking ${Math.round(looked)} ms`);
});

test('a tenant whose step fails holds nobody else up, shows in the metrics, and goes on when the fault is gone', async (t) => {
  const { urls, plan } = await start(t);
  const [bad, good] = [newId(), newId()];
  await administer(urls.adminUrl, (client) =>
    client.query(`alter table view.search_documents add constraint planted check (tenant_id <> '${bad}')`),
  );
  const workers = startTestWorkers(t, urls);
  await Promise.all([plan(bad, 3), plan(good, 3)]);
  const lag = (): number | undefined =>
    workers.gauges().find(({ name }) => name === 'loopledger_search_lag_positions')?.value;
  const done = async (): Promise<number> =>
    (
      await ask(
        urls,
        `select from view.checkpoints where tenant_id = '${good}' and projection = 'search' and position = 5`,
      )
    ).length;
  await until('the good tenant is done', async () => (await done()) === 1);
  await until('the lag is the bad tenant alone', () => lag() === 5);
  await until('the failure is told', () => workers.warnings.length > 0);
  t.same(await ask(urls, `select from view.search_documents where tenant_id = '${bad}'`), []);
  await administer(urls.adminUrl, (client) =>
    client.query('alter table view.search_documents drop constraint planted'),
  );
  await until('the bad tenant is done as well', () => isCaughtUp(urls));
  await until('nothing is behind', () => lag() === 0);
});

function roundOf(kind: string): string {
  const row = { t: 1, kind, id: newId(), project_id: newId(), title: 'T', description: '', archived: false };
  return JSON.stringify([{ rows: [row], times: ['2026-01-02T03:04:05.678Z'] }]);
}

test('a checkpoint moves with its rows or not at all, and never backwards or ahead of its log', async (t) => {
  const { urls, plan } = await start(t);
  const tenantId = newId();
  await plan(tenantId, 1);
  const client = new pg.Client({ connectionString: urls.workerUrl });
  await client.connect();
  t.teardown(() => client.end());
  const row = roundOf('epic');
  const bad = roundOf('none');
  const move = async (expected: number, next: number, rounds: string): Promise<number | string> => {
    const text = `select view.advance('search', $1, $2, $3, $4)::int as reached`;
    try {
      const { rows } = await client.query<{ reached: number }>(text, [tenantId, expected, next, rounds]);
      return rows[0]?.reached ?? -1;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  t.equal(await move(0, 2, bad), '23514');
  t.equal(await move(0, 2, row), 2);
  t.equal(await move(0, 2, row), 2, 'a repeated step changes nothing');
  t.equal(await move(2, 1, row), 2);
  t.equal(await move(2, 9, row), '22023');
  t.equal(await move(2, 3, '[]'), 3);
  t.equal(await move(0, 2, roundOf('story')), 3, 'a worker that was slow writes nothing');
  t.equal((await ask(urls, 'select from view.search_documents')).length, 1);
  const { rows } = await client.query(`select nullif(current_setting('app.tenant_id', true), '') as left_over`);
  t.same(rows, [{ left_over: null }]);
});
