import { type Test, test } from 'tap';
import { archiveEpic, createEpic } from '../../commands/epic.ts';
import { createProject } from '../../commands/project.ts';
import { archiveStory, changeStory, createStory, deleteStory } from '../../commands/story.ts';
import { newId } from '../../kernel/id.ts';
import { createTestDatabase } from '../support/database.ts';
import { plantKey, startProcess } from '../support/feed.ts';
import { request } from '../support/ledger.ts';
import { patienceMs } from '../support/pace.ts';
import { startTestWorkers } from '../support/workers.ts';

interface Hit {
  readonly kind: string;
  readonly id: string;
  readonly number: string | null;
  readonly title: string;
  readonly snippet: string;
  readonly archived: boolean;
}

interface Answer {
  readonly status: number;
  readonly position: number;
  readonly hits: readonly Hit[];
  readonly titles: readonly string[];
  readonly next: string | null;
  readonly code: string | undefined;
}

async function start(t: Test, working = true) {
  const urls = await createTestDatabase(t);
  const process = await startProcess(t, urls, { listens: false, options: { minPositionWaitMs: patienceMs } });
  const tenantId = newId();
  const key = await plantKey(urls, tenantId);
  const workers = working ? startTestWorkers(t, urls, process.wakeUps) : null;
  let position = 0;

  async function run(
    ...args: Parameters<typeof request> extends [string, ...infer Rest] ? Rest : never
  ): Promise<void> {
    const result = await process.ledger.execute(request(tenantId, ...args));
    position = result.position;
  }

  /** What a caller sees who has seen the last write. */
  async function find(query: Record<string, string>, options: { key?: string; least?: number } = {}): Promise<Answer> {
    const least = options.least ?? (options.key === undefined ? position : 0);
    const response = await fetch(`${process.url}/api/v1/search?${new URLSearchParams(query).toString()}`, {
      headers: { authorization: `Bearer ${options.key ?? key}`, 'loopledger-min-position': String(least) },
    });
    const body = (await response.json()) as { data?: Hit[]; next_cursor?: string | null; code?: string };
    return {
      status: response.status,
      position: Number(response.headers.get('loopledger-position')),
      hits: body.data ?? [],
      titles: (body.data ?? []).map(({ title }) => title).sort(),
      next: body.next_cursor ?? null,
      code: body.code,
    };
  }

  const words = async (q: string): Promise<readonly string[]> => (await find({ q })).titles;
  return { ...process, urls, tenantId, run, find, words, workers };
}

type Place = Awaited<ReturnType<typeof start>>;

async function plan({ run }: Place) {
  const project_id = newId();
  const epic_id = newId();
  await run(createProject, { project_id, name: 'Moon rocket', slug: `s-${project_id}`, description: 'To the moon' });
  await run(createEpic, { epic_id, project_id, title: 'Fuel system', description: 'Everything that holds fuel' });
  const story = async (title: string, description = ''): Promise<string> => {
    const story_id = newId();
    await run(createStory, { story_id, epic_id, title, description });
    return story_id;
  };
  return { project_id, epic_id, story };
}

test('a search finds projects, epics and stories by any of their words', async (t) => {
  const place = await start(t);
  const { story, project_id } = await plan(place);
  await story('Fill the tanks', 'Both tanks hold liquid oxygen before the countdown begins.');
  await story('Paint the hull', 'Blue, like the Moon at night.');
  t.same(await place.words('moon'), ['Moon rocket', 'Paint the hull']);
  t.same(await place.words('OXYGEN tanks'), ['Fill the tanks']);
  t.same(await place.words('"liquid oxygen"'), ['Fill the tanks']);
  t.same(await place.words('"oxygen liquid"'), []);
  t.same(await place.words('fuel or hull'), ['Fuel system', 'Paint the hull']);
  t.same(await place.words('moon -night'), ['Moon rocket']);
  t.same(await place.words('1.2'), ['Paint the hull']);
  t.same(await place.words('countdow'), ['Fill the tanks'], 'the beginning of the last word is enough');
  t.same(await place.words('countd begins'), [], 'but only of the last');
  t.same((await place.find({ q: 'moon', kind: 'project' })).titles, ['Moon rocket']);
  t.same((await place.find({ q: 'moon', project_id: newId() })).titles, []);
  t.same((await place.find({ q: 'moon', project_id })).titles.length, 2);
  const { hits } = await place.find({ q: 'oxygen' });
  t.match(hits, [{ kind: 'story', number: '1.1', archived: false, snippet: /liquid \*\*oxygen\*\* before/ }]);
});

test('a title weighs more than a description', async (t) => {
  const place = await start(t);
  const { story } = await plan(place);
  await story('Engine', 'needs a valve');
  await story('Valve', 'of the engine');
  t.equal((await place.find({ q: 'valve' })).hits[0]?.title, 'Valve');
  t.equal((await place.find({ q: 'engine' })).hits[0]?.title, 'Engine');
});

test('a search follows changes, shows what is archived and forgets what is deleted', async (t) => {
  const place = await start(t);
  const { story, epic_id } = await plan(place);
  const story_id = await story('Pump', 'turns left');
  await place.run(changeStory, { story_id, changes: { description: 'turns right' } });
  t.same(await place.words('left'), []);
  t.same(await place.words('right'), ['Pump']);
  await place.run(archiveStory, { story_id });
  await place.run(archiveEpic, { epic_id });
  t.match((await place.find({ q: 'pump' })).hits, [{ archived: true }]);
  t.match((await place.find({ q: 'fuel' })).hits, [{ archived: true }]);
  await place.run(deleteStory, { story_id });
  t.same(await place.words('pump'), []);
});

test('a tenant finds nothing of another, though both use the same words', async (t) => {
  const place = await start(t);
  await plan(place);
  t.equal((await place.words('moon')).length, 1);
  const stranger = await plantKey(place.urls, newId());
  t.same((await place.find({ q: 'moon' }, { key: stranger })).hits, []);
});

test('characters that mean something to SQL, patterns or queries are words or nothing', async (t) => {
  const place = await start(t);
  const { story } = await plan(place);
  await story(`O'Brien's \\ %_ 100%`, `it's a 'quoted' "thing" & <b>bold</b> | !not (x) :* ${'x'.repeat(2_043)}`);
  for (const q of [
    `o'brien`,
    `'quoted'`,
    'thing',
    'bold',
    'not',
    `100%`,
    `brien's`,
    `x') or 1=1 --`,
    `'; drop table view.stories; --`,
    '(((',
    `\\`,
    '%',
    '_',
    ':*',
    'a:*b',
    '<->',
    '"',
    '""',
    "''",
    '\u{1f600}',
    'or',
    'or or or',
    '-',
    '--',
    'x'.repeat(200),
  ]) {
    t.equal((await place.find({ q })).status, 200, q);
  }
  t.same(await place.words(`o'brien`), [`O'Brien's \\ %_ 100%`]);
  t.same(await place.words('quoted bold'), [`O'Brien's \\ %_ 100%`]);
});

test('a query without a word finds nothing, and one that only excludes finds the rest', async (t) => {
  const place = await start(t);
  await plan(place);
  for (const q of ['%', '"', '-', 'or', ':*']) t.match(await place.find({ q }), { status: 200, hits: [] }, q);
  t.same(await place.words('-moon'), ['Fuel system']);
  t.equal((await place.find({ q: '' })).code, 'query_invalid');
  t.equal((await place.find({ q: 'x'.repeat(201) })).code, 'query_invalid');
});

test('a long result is paged, and every hit is shown once', async (t) => {
  const place = await start(t);
  const { story } = await plan(place);
  for (let at = 0; at < 13; at += 1) await story(`Valve ${'valve '.repeat(at % 3)}${at}`);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const answer: Answer = await place.find({ q: 'valve', limit: '5', ...(cursor === null ? {} : { cursor }) });
    t.equal(answer.status, 200);
    seen.push(...answer.hits.map(({ id }) => id));
    cursor = answer.next;
  } while (cursor !== null);
  t.equal(seen.length, 13);
  t.equal(new Set(seen).size, 13);
});

test('a search that is asked for more than the index has seen waits, and then says so', async (t) => {
  const place = await start(t, false);
  await plan(place);
  t.match(await place.find({ q: 'moon' }, { least: 0 }), { status: 200, hits: [], position: 0 });
  const waiting = place.find({ q: 'moon' }, { least: 2 });
  await new Promise((resolve) => setTimeout(resolve, 100));
  startTestWorkers(t, place.urls);
  t.match(await waiting, { status: 200, titles: ['Moon rocket'], position: 2 });
  Object.assign(place.server.api.options, { minPositionWaitMs: 500 });
  t.match(await place.find({ q: 'moon' }, { least: 3 }), { status: 503, code: 'position_not_reached' });
});
