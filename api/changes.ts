// GET /changes: the tenant's log by cursor, from any place in it, with a long poll at its end or as a stream of events.
import { type Static, Type } from 'typebox';
import { Position } from '../kernel/shape.ts';
import { eventExample, EventView } from '../projections/event.ts';
import type { FeedPage, FeedRequest } from '../projections/feed.ts';
import type { Answer, Call } from './call.ts';
import { credentialOf, streamEvents, wantsEvents } from './changes-stream.ts';
import { beginOf, filterOf, filterProperties, Since } from './feed-filter.ts';
import { confirmCaller } from './http/admission.ts';
import { type Route, route } from './route.ts';

const closed = { additionalProperties: false } as const;

const ChangesQuery = Type.Object(
  {
    since: Type.Optional(Since),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 200, description: 'Events a page' })),
    wait: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 30, default: 0, description: 'Seconds to wait when there is nothing yet' }),
    ),
    ...filterProperties,
    include: Type.Optional(Type.Enum(['data', 'none'], { default: 'data', description: '`none` leaves out `data`' })),
  },
  closed,
);
export type ChangesQuery = Static<typeof ChangesQuery>;

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
      'request is answered at the first event that matches, or with an empty page when the time is up. With `Accept: ' +
      'text/event-stream` the same feed comes as server-sent events: the id of each is a cursor, `Last-Event-ID` goes ' +
      'before `since`, and an event without data moves the id when nothing matched for 15 seconds.',
    tags: ['feed'],
    role: { atLeast: 'agent' },
    query: ChangesQuery,
    status: 200,
    response: ChangesView,
    alsoProduces: ['text/event-stream'],
    codes: ['cursor_invalid', 'cursor_epoch', 'feed_readers_exceeded'],
    examples: {
      query: { since: '0', types: ['story.*'] },
      response: { data: [eventExample], next_cursor: 'mBq1c0YQ', has_more: false, head: 42 },
    },
    handler: listChanges,
  }),
];

async function listChanges(call: Call<unknown, ChangesQuery>): Promise<Answer> {
  const { api, query, tenantId } = call;
  const live = wantsEvents(call);
  const since = (live ? call.header('last-event-id') : undefined) ?? query.since ?? '0';
  const request: FeedRequest = {
    tenantId,
    after: await beginOf(api, tenantId, since),
    limit: query.limit ?? 200,
    withData: query.include !== 'none',
    filter: filterOf(query),
  };
  if (live) return streamEvents(call, request);
  const waitMs = (query.wait ?? 0) * 1_000;
  const page = waitMs === 0 ? await api.feed.read(request) : await follow(call, request, waitMs);
  return show(call, page);
}

async function follow(call: Call, request: FeedRequest, ms: number): Promise<FeedPage> {
  const { feed, pressure } = call.api;
  // Whoever waits costs nothing, so waiting is no work that could make the process refuse others.
  pressure.inFlight -= 1;
  try {
    return await feed.follow(request, {
      credentialId: credentialOf(call),
      ms,
      onGone: (end) => void call.response.once('close', end),
      confirm: () => confirmCaller(call),
    });
  } finally {
    pressure.inFlight += 1;
  }
}

/** Readers that were woken together were given one page, and one text is made of it for all of them. */
const shown = new WeakMap<FeedPage, string>();

function show(call: Call, page: FeedPage): Answer {
  const body = shown.get(page) ?? bodyOf(call, page);
  shown.set(page, body);
  return { status: 200, body, headers: ['loopledger-position', String(page.head)] };
}

function bodyOf({ api, tenantId }: Call, { text, position, head }: FeedPage): string {
  const cursor = api.cursors.sealFeed(tenantId, position);
  return `{"data":[${text}],"next_cursor":"${cursor}","has_more":${position < head},"head":${head}}`;
}
