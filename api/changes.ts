// GET /changes: the tenant's log by cursor, from any place in it, with a long poll at its end.
import { type Static, Type } from 'typebox';
import { Id, Position } from '../kernel/shape.ts';
import { isTimestamp } from '../kernel/timestamp.ts';
import { eventExample, EventView } from '../projections/event.ts';
import { type FeedPage, type FeedRequest, findPositionAt } from '../projections/feed.ts';
import type { Answer, Call } from './call.ts';
import { confirmCaller } from './http/admission.ts';
import { type Route, route } from './route.ts';

const closed = { additionalProperties: false } as const;

const ChangesQuery = Type.Object(
  {
    since: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1_024,
        default: '0',
        description: '`0` for the beginning, `now`, a cursor, or an RFC 3339 time (the first event at or after it)',
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 200, description: 'Events a page' })),
    wait: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 30, default: 0, description: 'Seconds to wait when there is nothing yet' }),
    ),
    types: Type.Optional(
      Type.Array(Type.String({ maxLength: 100, pattern: '^[a-z][a-z_]*\\.(?:\\*|[a-z][a-z_]*)$' }), {
        maxItems: 20,
        description: 'Such as `story.created` or `story.*`; repeat the parameter for several',
      }),
    ),
    project_id: Type.Optional(Id),
    stream: Type.Optional(
      Type.String({
        maxLength: 90,
        pattern: '^[a-z][a-z_]{0,49}:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
        description: 'Such as `story:0198f1ff-0000-7000-8000-000000000002`',
      }),
    ),
    include: Type.Optional(Type.Enum(['data', 'none'], { default: 'data', description: '`none` leaves out `data`' })),
  },
  closed,
);
type ChangesQuery = Static<typeof ChangesQuery>;

const ChangesView = Type.Object(
  {
    data: Type.Array(EventView, { maxItems: 1_000 }),
    next_cursor: Type.String({ maxLength: 1_024, description: 'Also when nothing matched: it marks the place' }),
    has_more: Type.Boolean({ description: 'There is more to look through right now' }),
    head: Position,
  },
  closed,
);

export const changesRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/changes',
    operation: 'listChanges',
    summary: 'Follow the log from a cursor',
    description:
      'Events in the order of their positions, without a gap. Pass `next_cursor` as `since` to go on. With `wait` the ' +
      'request is answered at the first event that matches, or with an empty page when the time is up.',
    tags: ['feed'],
    role: { atLeast: 'agent' },
    query: ChangesQuery,
    status: 200,
    response: ChangesView,
    codes: ['cursor_invalid', 'cursor_epoch', 'feed_readers_exceeded'],
    examples: {
      query: { since: '0', types: ['story.*'] },
      response: { data: [eventExample], next_cursor: 'mBq1c0YQ', has_more: false, head: 42 },
    },
    handler: listChanges,
  }),
];

async function listChanges(call: Call<unknown, ChangesQuery>): Promise<Answer> {
  const { query } = call;
  const request: FeedRequest = {
    tenantId: call.tenantId,
    after: await beginOf(call, query.since ?? '0'),
    limit: query.limit ?? 200,
    withData: query.include !== 'none',
    filter: {
      types: query.types ?? null,
      projectId: query.project_id ?? null,
      stream: query.stream === undefined ? null : streamOf(query.stream),
    },
  };
  const waitMs = (query.wait ?? 0) * 1_000;
  const page = waitMs === 0 ? await call.api.feed.read(request) : await follow(call, request, waitMs);
  return show(call, page);
}

async function beginOf(call: Call, since: string): Promise<number | null> {
  if (since === '0') return 0;
  if (since === 'now') return null;
  if (isTimestamp(since)) return findPositionAt(call.api.database, call.tenantId, since);
  return call.api.cursors.openFeed(call.tenantId, since);
}

function streamOf(text: string): { readonly type: string; readonly id: string } {
  const [type = '', id = ''] = text.split(':');
  return { type, id };
}

async function follow(call: Call, request: FeedRequest, ms: number): Promise<FeedPage> {
  const { feed, pressure } = call.api;
  // Whoever waits costs nothing, so waiting is no work that could make the process refuse others.
  pressure.inFlight -= 1;
  try {
    return await feed.follow(request, {
      credentialId: `${call.tenantId} ${call.actor.key_id}`,
      ms,
      onGone: (end) => void call.response.once('close', end),
      confirm: () => confirmCaller(call),
    });
  } finally {
    pressure.inFlight += 1;
  }
}

function show(call: Call, page: FeedPage): Answer {
  const cursor = call.api.cursors.sealFeed(call.tenantId, page.position);
  const more = page.position < page.head;
  return {
    status: 200,
    body: `{"data":[${page.text}],"next_cursor":"${cursor}","has_more":${more},"head":${page.head}}`,
    headers: ['loopledger-position', String(page.head)],
  };
}
