// GET /changes/snapshot: the present state as lines of JSON, ending with the cursor to follow from.
import { Type } from 'typebox';
import { roleAllows } from '../kernel/actor.ts';
import { requireRole } from '../policies/role.ts';
import { agentSnapshot } from '../projections/agent.ts';
import { dependencySnapshot } from '../projections/dependency.ts';
import { dispatchSnapshot } from '../projections/dispatch.ts';
import { epicSnapshot } from '../projections/epic.ts';
import { keySnapshot } from '../projections/key.ts';
import { projectSnapshot } from '../projections/project.ts';
import { storySnapshot } from '../projections/story.ts';
import type { Snapshot } from '../projections/snapshot.ts';
import { readPosition } from '../sql/feed-position.ts';
import type { Answer, Call } from './call.ts';
import { credentialOf, whenGone } from './changes-stream.ts';
import { snapshotPath } from './cursor.ts';
import { type Route, route } from './route.ts';
import { storyExample } from './story.ts';

const closed = { additionalProperties: false } as const;
/** Frames before what stands in them. */
const snapshots: readonly Snapshot[] = [
  agentSnapshot,
  keySnapshot,
  dispatchSnapshot,
  projectSnapshot,
  epicSnapshot,
  storySnapshot,
  dependencySnapshot,
];
const types = snapshots.map(({ type }) => type);

const SnapshotQuery = Type.Object(
  {
    types: Type.Optional(
      Type.Array(Type.Enum(types), {
        minItems: 1,
        maxItems: types.length,
        description: 'Kinds of objects; without it, every kind that the caller may read',
      }),
    ),
  },
  closed,
);

const lines = [
  { type: 'story', object: storyExample },
  { type: 'end', cursor: 'mBq1c0YQ', position: 42, objects: 1 },
];

export const snapshotRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: snapshotPath,
    operation: 'getSnapshot',
    summary: 'Read the present state, and the cursor to follow it from',
    description:
      'A line of JSON for each object, `{"type", "object"}`, with the object as its own route shows it. The last line ' +
      'is `{"type": "end", "cursor", "position", "objects"}`; an answer without it is not complete. An object may ' +
      'already show a change that comes again from the cursor: its `version` tells.',
    tags: ['feed'],
    role: { atLeast: 'agent' },
    query: SnapshotQuery,
    status: 200,
    response: Type.String({ maxLength: 10_000_000, description: 'Lines of JSON' }),
    produces: 'application/x-ndjson',
    codes: ['feed_readers_exceeded'],
    examples: { query: { types: ['story'] }, response: lines.map((line) => `${JSON.stringify(line)}\n`).join('') },
    handler: getSnapshot,
  }),
];

async function getSnapshot(call: Call<unknown, { readonly types?: readonly string[] }>): Promise<Answer> {
  const { api, tenantId, actor, query } = call;
  const wanted = query.types;
  const parts = snapshots.filter(({ type, role }) => wanted?.includes(type) ?? roleAllows(role, actor.role));
  for (const { role } of parts) requireRole(role, actor);
  // Before the first object is read, so that nothing which happens meanwhile is missed.
  const position = await readPosition(api.database, tenantId);
  const leave = api.feed.enter(credentialOf(call));
  whenGone(call, leave);
  return {
    status: 200,
    body: '',
    type: 'application/x-ndjson',
    headers: ['loopledger-position', String(position)],
    stream: linesOf(call, parts, position),
  };
}

async function* linesOf({ api, tenantId }: Call, parts: readonly Snapshot[], position: number): AsyncGenerator<string> {
  let objects = 0;
  for (const { type, page } of parts) {
    let after: string | null = null;
    do {
      const { items, next } = await page(api.database, tenantId, after);
      objects += items.length;
      if (items.length > 0) yield items.map((text) => `{"type":"${type}","object":${text}}\n`).join('');
      after = next === null ? null : String(next[0]);
    } while (after !== null);
  }
  const cursor = api.cursors.sealFeed(tenantId, position);
  yield `${JSON.stringify({ type: 'end', cursor, position, objects })}\n`;
}
