import { test } from 'tap';
import { follow, type Followed, readSnapshot, stream } from '../../clients/typescript/index.ts';
import { startTestServer } from '../support/server.ts';
import { type Planned, planWork } from '../support/work-client.ts';

type View = Record<string, unknown>;

/** As docs/following.md says that stories are folded. */
function fold(stories: Map<string, View>, { events }: Followed): void {
  for (const { type, stream: place, version, data, recorded_at } of events) {
    if (place.type !== 'story') continue;
    const before = stories.get(place.id) ?? { id: place.id, created_at: recorded_at };
    const after = { ...before, version, updated_at: recorded_at };
    if (type === 'story.created') stories.set(place.id, { ...after, ...data, criteria_revision: 1, status: 'active' });
    else if (type === 'story.changed') stories.set(place.id, { ...after, ...data });
    else if (type === 'story.criteria_revised')
      stories.set(place.id, { ...after, criteria: data['criteria'], criteria_revision: data['revision'] });
    else if (type === 'story.archived') stories.set(place.id, { ...after, status: 'archived' });
    else if (type === 'story.restored') stories.set(place.id, { ...after, status: 'active' });
    else if (type === 'story.deleted') stories.delete(place.id);
    else stories.set(place.id, after);
  }
}

async function work({ say, stories, epics }: Planned): Promise<void> {
  const [one, two, three, four] = stories.map(({ id }) => `/stories/${id}`) as [string, string, string, string];
  await say('PATCH', one, { body: { title: 'Renamed', priority: 0 } });
  await say('PUT', `${two}/criteria`, { body: { criteria: [{ text: 'Reads well', binding: 'manual:reader' }] } });
  await say('POST', `${three}/archive`);
  await say('DELETE', four);
  await say('POST', `/epics/${epics[0]?.id}/stories`, { body: { title: 'Late', description: 'ü "q"' } });
}

async function shownBy({ say, project }: Planned): Promise<View[]> {
  const lists = await Promise.all(
    ['active', 'archived'].map((status) => say('GET', `/projects/${project.id}/stories?status=${status}&limit=200`)),
  );
  return lists.flatMap(({ body }) => [...body.data]);
}

for (const [way, open] of [
  ['long poll', follow],
  ['WebSocket', stream],
] as const) {
  test(`whoever follows by ${way} from the beginning has the stories that the server shows`, async (t) => {
    const server = await startTestServer(t);
    const plan = await planWork(server);
    const gone = new AbortController();
    const stories = new Map<string, View>();
    const working = work(plan).then(() =>
      plan.say('POST', `/epics/${plan.epics[0]?.id}/stories`, { body: { title: 'Last' } }),
    );
    for await (const followed of open({ url: server.url, key: plan.agentKey, since: '0', signal: gone.signal })) {
      fold(stories, followed);
      if ([...stories.values()].some(({ title }) => title === 'Last')) break;
    }
    gone.abort();
    await working;
    const shown = await shownBy(plan);
    t.equal(shown.length, 5);
    t.equal(stories.size, shown.length);
    for (const story of shown) t.match(story, stories.get(String(story['id'])) ?? { missing: true });
  });
}

test('whoever begins with the snapshot follows without a gap', async (t) => {
  const server = await startTestServer(t);
  const plan = await planWork(server);
  const stories = new Map<string, View>();
  const objects = readSnapshot({ url: server.url, key: plan.agentKey, types: ['story'] });
  let step = await objects.next();
  for (; step.done !== true; step = await objects.next()) stories.set(step.value.object.id, step.value.object);
  await work(plan);
  for await (const followed of follow({ url: server.url, key: plan.agentKey, since: step.value })) {
    fold(stories, followed);
    if (followed.events.length === 0 || [...stories.values()].some(({ title }) => title === 'Late')) break;
  }
  const shown = await shownBy(plan);
  t.equal(stories.size, shown.length);
  for (const story of shown) t.match(story, stories.get(String(story['id'])) ?? { missing: true });
});

test('a follower whose key is none is told so, and does not try for ever', async (t) => {
  const server = await startTestServer(t);
  for (const open of [follow, stream])
    await t.rejects(open({ url: server.url, key: 'll_live_0' }).next(), { status: 401, code: 'unauthenticated' });
});
