import type { Page } from 'playwright-core';
import { type Test, test } from 'tap';
import { findBarriers } from '../support/accessibility.ts';
import { enter, plugIn, signIn, signUp, startSite, withoutChromium } from '../support/browser.ts';
import { newId } from '../../kernel/id.ts';
import { bestOf, msOf } from '../support/pace.ts';
import { until } from '../support/workers.ts';

const asked = { skip: withoutChromium };

async function start(t: Test, slug: string) {
  const site = await startSite(t);
  const person = await site.person();
  const { page, context, faults } = person;
  const key = await enter(site, person, slug);
  const project = async (name: string): Promise<string> => {
    const body = { name, slug: name };
    return (await site.say('POST', '/api/v1/projects', { key, body })).body.id;
  };
  const clean = async (what: string) => t.same(await findBarriers(page), [], what);
  return { ...site, page, context, faults, key, project, clean };
}

function eventsOf(page: Page): Promise<string[]> {
  return page.getByRole('table', { name: 'Events, the newest first' }).getByRole('rowheader').allInnerTexts();
}

function badge(page: Page, word: string) {
  return page.locator('.follow-bar .badge', { hasText: word });
}

test('events come as they are committed, the newest first, and one opens to show its data', asked, async (t) => {
  const { page, faults, project, clean } = await start(t, 'tail');
  await page.goto('/changes');
  await badge(page, 'live').waitFor();
  await clean('changes, loaded');
  t.ok((await eventsOf(page)).includes('key.created'), 'the last hour is there');
  const ms = await msOf(async () => {
    await project('orbit');
    await page.getByRole('button', { name: /^project.created at / }).waitFor();
  });
  t.ok(ms < 30_000, `${ms} ms`);
  t.equal((await eventsOf(page))[0], 'project.created');
  await page.getByRole('button', { name: /^project.created at / }).click();
  const event = page.getByRole('region', { name: /^Event / });
  await event.getByText('"slug": "orbit"').waitFor();
  await badge(page, 'paused').waitFor();
  await clean('changes, with an event open');
  await page.setViewportSize({ width: 390, height: 844 });
  await clean('changes, narrow');
  t.equal(await page.evaluate('document.documentElement.scrollWidth'), 390, 'nothing sticks out');
  await event.getByRole('button', { name: 'Copy the data' }).click();
  t.match(JSON.parse(await page.evaluate('navigator.clipboard.readText()')), { slug: 'orbit', name: 'orbit' });
  t.same(faults, []);
});

test(
  'while it is paused what comes waits and is counted, and the cursor leads on from what is shown',
  asked,
  async (t) => {
    const { page, faults, key, project, say } = await start(t, 'pause');
    await page.goto('/changes?from=now');
    await page.getByText('Nothing that matches has happened').waitFor();
    await project('one');
    await page.getByRole('button', { name: /^project.created at / }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await project('two');
    await project('three');
    await page.getByRole('button', { name: 'Resume · 2 waiting' }).waitFor();
    t.same(await eventsOf(page), ['project.created']);
    await page.getByRole('button', { name: 'Copy cursor' }).click();
    const cursor: string = await page.evaluate('navigator.clipboard.readText()');
    const { body } = await say('GET', `/api/v1/changes?since=${encodeURIComponent(cursor)}`, { key });
    t.same(
      body.data.map(({ data }) => (data as unknown as { readonly slug: string }).slug),
      ['two', 'three'],
    );
    await page.getByRole('button', { name: /^Resume/ }).click();
    await until('all are shown', async () => (await eventsOf(page)).length === 3);
    t.same(faults, []);
  },
);

test('filters narrow what is followed and stand in the address', asked, async (t) => {
  const { page, faults, key, project, say } = await start(t, 'filters');
  const [one, other] = [await project('one'), await project('other')];
  for (const id of [one, other]) await say('POST', `/api/v1/projects/${id}/epics`, { key, body: { title: 'Epic' } });
  await page.goto('/changes');
  await badge(page, 'live').waitFor();
  await page.getByLabel('Types', { exact: true }).selectOption('epic.*');
  await page.getByLabel('Types', { exact: true }).selectOption('project.created');
  await until('types are filtered', async () => (await eventsOf(page)).length === 4);
  await page.getByLabel('Project', { exact: true }).selectOption(one);
  await until('the project is filtered', async () => (await eventsOf(page)).length === 2);
  await page.getByRole('button', { name: 'Leave out project.created' }).click();
  await until('a type is left out', async () => (await eventsOf(page)).join() === 'epic.created');
  t.equal(new URL(page.url()).search, `?types=epic.*&project=${one}`);
  await page.reload();
  await until('the link shows the same', async () => (await eventsOf(page)).join() === 'epic.created');
  await page.getByLabel('Caused by').selectOption({ label: 'First key' });
  await until('the actor is filtered', async () => (await eventsOf(page)).join() === 'epic.created');
  await page.goto(`/changes?actor=${one}`);
  await page.getByText('Nothing that matches has happened').waitFor();
  await page.goto('/changes?types=Nonsense');
  await page.getByRole('alert').waitFor();
  await badge(page, 'refused').waitFor();
  t.same(faults, []);
});

test('without WebSockets the page follows by long poll, says so, and shows each event once', asked, async (t) => {
  const { page, faults, project, clean } = await start(t, 'poll');
  await page.routeWebSocket('**/api/v1/stream', (socket) => socket.close({ code: 1011 }));
  await page.goto('/changes');
  await badge(page, 'by long poll').waitFor();
  await clean('changes, by long poll');
  const before = (await eventsOf(page)).length;
  await project('orbit');
  await page.getByRole('button', { name: /^project.created at / }).waitFor();
  await project('other');
  await until('both are there', async () => (await eventsOf(page)).length === before + 2);
  t.same(faults, []);
});

test('a page that lost the server says so, and goes on where it was', asked, async (t) => {
  const { page, project, clean } = await start(t, 'lost');
  const sockets: { close: (options: { code: number }) => Promise<void> }[] = [];
  let isAway = false;
  await page.routeWebSocket('**/api/v1/stream', (socket) => {
    if (!isAway) socket.connectToServer();
    return isAway ? socket.close({ code: 1011 }) : void sockets.push(socket);
  });
  await page.goto('/changes');
  await badge(page, 'live').waitFor();
  const before = (await eventsOf(page)).length;
  isAway = true;
  await page.route('**/api/v1/changes*', (route) => route.abort());
  for (const socket of sockets) await socket.close({ code: 1011 });
  await badge(page, 'disconnected').waitFor();
  await clean('changes, disconnected');
  await project('meanwhile');
  isAway = false;
  await page.unroute('**/api/v1/changes*');
  await page.getByRole('button', { name: 'Try now' }).click();
  await badge(page, 'live').waitFor();
  await until('nothing is missing', async () => (await eventsOf(page)).length === before + 1);
  t.equal((await eventsOf(page))[0], 'project.created');
});

test('a session that ends takes the page to sign in, and back to the same events', asked, async (t) => {
  const { person } = await startSite(t);
  const { page, context } = await person();
  await plugIn(page);
  await signUp(page, 'ending');
  await signIn(page);
  await page.goto('/changes?types=key.*');
  await badge(page, 'live').waitFor();
  const other = await context.newPage();
  await other.goto('/settings');
  const [csrf] = [
    await other.evaluate(`fetch('/api/v1/session', { method: 'DELETE' }).then((answer) => answer.status)`),
  ];
  t.equal(csrf, 204);
  await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await badge(page, 'live').waitFor();
  t.equal(new URL(page.url()).search, '?types=key.*');
});

test('however many events come, so many rows are kept and the page stays responsive', asked, async (t) => {
  const { page, faults, key, say } = await start(t, 'burst');
  await page.goto('/changes?from=now&types=project.*');
  await badge(page, 'live').waitFor();
  await page.evaluate(`
    window.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
    }).observe({ entryTypes: ['longtask'] });
  `);
  const { body } = await say('POST', '/api/v1/projects', { key, body: { name: 'burst', slug: 'burst' } });
  const longestMs = await bestOf(250, async () => {
    await page.evaluate('window.longest = 0');
    for (let round = 0; round < 15; round += 1) {
      await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          say('PATCH', `/api/v1/projects/${body.id}`, { key, body: { name: `burst ${newId()} ${at}` } }),
        ),
      );
    }
    await until('the last is shown', async () => {
      const [first] = await page.locator('td.number').allInnerTexts();
      const { body: page_ } = await say('GET', '/api/v1/changes?since=now&limit=1', { key });
      return Number(first) === Number(page_['head']);
    });
    t.equal((await eventsOf(page)).length, 200);
    return await page.evaluate('window.longest');
  });
  t.ok(longestMs < 250, `the longest task took ${Math.round(longestMs)} ms`);
  t.same(faults, []);
});
