// A program that knows the server by its documents alone: the client whose types are made from docs/openapi.json, and the
// code that docs/following.md shows.
import path from 'node:path';
import { type Test, test } from 'tap';
import { eventCatalogue } from '../../api/event-catalogue.ts';
import type { LogEvent, Story } from '../../clients/typescript/index.ts';
import { createKey } from '../../commands/key.ts';
import { resumeTenant } from '../../commands/tenant.ts';
import { type Story as StoryState, storyStream } from '../../events/story.ts';
import { systemActor } from '../../kernel/actor.ts';
import type { Fact } from '../../kernel/event.ts';
import { newId } from '../../kernel/id.ts';
import { newKey } from '../../kernel/secret.ts';
import { shownStory } from '../../projections/story.ts';
import { installClient, readSnippets } from '../support/client-package.ts';
import { History } from '../support/generated-history.ts';
import { tourHistory } from '../support/history-tour.ts';
import { request } from '../support/ledger.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const program = `
import { FOLLOW, type Story } from 'loopledger-client';
import { fold } from './fold.ts';

const { URL = '', KEY = '', UNTIL = '0' } = process.env;
const stories = new Map<string, Story>();
const types = new Set<string>();
let events = 0;
for await (const page of FOLLOW({ url: URL, key: KEY, since: '0' })) {
  for (const event of page.events) {
    events += 1;
    types.add(event.type);
    if (event.stream.type !== 'story') continue;
    const story = fold(stories.get(event.stream.id), event);
    if (story === undefined) stories.delete(event.stream.id);
    else stories.set(event.stream.id, story);
  }
  if (events >= Number(UNTIL)) break;
}
process.stdout.write(JSON.stringify({ events, types: [...types], stories: Object.fromEntries(stories) }));
process.exit(0);
`;

const storyTypes = eventCatalogue.map(({ type }) => type).filter((type) => /^story\.(?!capability_)/.test(type));

type Fold = (before: Story | undefined, event: LogEvent) => Story | undefined;

interface State {
  readonly state: StoryState;
  readonly created_at: string;
}

interface Rebuilt {
  readonly events: number;
  readonly types: readonly string[];
  readonly stories: Readonly<Record<string, unknown>>;
}

test('what docs/following.md says of stories names every event that changes one', async (t) => {
  const snippets = await readSnippets('docs/following.md');
  const { text = '' } = snippets.find(({ language }) => language === 'ts fold') ?? {};
  t.ok(storyTypes.length > 20);
  t.same(
    storyTypes.filter((type) => !text.includes(`'${type}'`)),
    [],
  );
});

test('a program from elsewhere rebuilds all stories from position 0, and they are those that the server shows', async (t) => {
  const server = await startTestServer(t);
  const history = new History(server, 20_260_102);
  await history.found();
  await tourHistory(server, history);
  await history.go(400);
  const { tenantId } = history;
  // Chance may have left it suspended.
  await server.ledger.execute(request(tenantId, resumeTenant, { tenant_id: tenantId }, { actor: systemActor }));
  const { secret: key, hash, prefix } = newKey('live');
  const command = {
    key_id: newId(),
    name: 'follower',
    role: 'user',
    prefix,
    secret_hash: hash.toString('hex'),
  } as const;
  await server.ledger.execute(request(tenantId, createKey, command));
  const until = (await server.say('GET', '/api/v1/changes?since=now', { key })).body['head'] as number;

  const elsewhere = await installClient(t);
  const snippets = await readSnippets('docs/following.md');
  await elsewhere.write('fold.ts', snippets.find(({ language }) => language === 'ts fold')?.text ?? '');
  for (const way of ['follow', 'stream']) {
    await elsewhere.write(`${way}.ts`, program.replaceAll('FOLLOW', way));
    t.equal(await elsewhere.compile(`${way}.ts`), '', `${way}: the compiler has nothing to say`);
    const { stdout } = await elsewhere.node(`${way}.ts`, { URL: server.url, KEY: key, UNTIL: String(until) });
    const { events, types, stories } = JSON.parse(stdout) as Rebuilt;
    t.equal(events, until, `${way}: every event once`);
    t.same(
      storyTypes.filter((type) => !types.includes(type)),
      ['story.lapsed'],
      'all happened that needs no clock',
    );
    const ids = Object.keys(stories);
    t.ok(ids.length > 3, `${ids.length} stories of ${events} events`);
    t.same(ids.toSorted(), await shownIds(server.url, key));
    for (const id of ids) t.same(stories[id], (await server.say('GET', `/api/v1/stories/${id}`, { key })).body);
  }
  await compareEveryStep(t, await readStoryEvents(server.say, key), path.join(elsewhere.folder, 'fold.ts'));
});

/** What a story is in the end hides what it was in between. */
async function compareEveryStep(t: Test, events: readonly LogEvent[], file: string): Promise<void> {
  const { fold } = (await import(file)) as { readonly fold: Fold };
  const folded = new Map<string, Story | undefined>();
  const states = new Map<string, State>();
  for (const event of events) {
    const { stream, version, recorded_at: updated_at } = event;
    const shown = fold(folded.get(stream.id), event);
    const before = states.get(stream.id);
    const state = storyStream.evolve(before?.state, event as unknown as Fact);
    const created_at = before?.created_at ?? updated_at;
    folded.set(stream.id, shown);
    states.set(stream.id, { state, created_at });
    const wanted = { id: stream.id, version, created_at, updated_at, ...shownStory(state) };
    t.same(shown, state.status === 'deleted' ? undefined : wanted, `${event.type} at ${event.position}`);
  }
}

async function readStoryEvents(say: TestServer['say'], key: string): Promise<LogEvent[]> {
  const all: LogEvent[] = [];
  for (let [since, hasMore] = ['0', true]; hasMore;) {
    const query = `since=${encodeURIComponent(since)}&types=story.*&limit=1000`;
    const { body } = await say('GET', `/api/v1/changes?${query}`, { key });
    all.push(...(body.data as unknown as LogEvent[]));
    [since, hasMore] = [String(body['next_cursor']), body['has_more'] === true];
  }
  return all;
}

async function shownIds(url: string, key: string): Promise<string[]> {
  const answer = await fetch(`${url}/api/v1/changes/snapshot?types=story`, {
    headers: { authorization: `Bearer ${key}` },
  });
  const lines = (await answer.text()).trimEnd().split('\n');
  const objects = lines.map((line) => JSON.parse(line) as { readonly object?: { readonly id: string } });
  return objects.flatMap(({ object }) => (object === undefined ? [] : [object.id])).toSorted();
}
