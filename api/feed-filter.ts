// What a follower asks for: which events, and from where. The same words in queries and in subscriptions.
import { type Static, Type } from 'typebox';
import type { StreamRef } from '../kernel/event.ts';
import { Id } from '../kernel/shape.ts';
import { isTimestamp } from '../kernel/timestamp.ts';
import { type FeedFilter, findPositionAt } from '../projections/feed.ts';
import type { ApiContext } from './context.ts';

export const Since = Type.String({
  minLength: 1,
  maxLength: 1_024,
  default: '0',
  description: '`0` for the beginning, `now`, a cursor, or an RFC 3339 time (the first event at or after it)',
});

const maxListed = 50;

/** Repeated parameters in a query, lists in a subscription; what is left out leaves out nothing. */
export const filterProperties = {
  types: Type.Optional(
    Type.Array(Type.String({ maxLength: 100, pattern: '^[a-z][a-z_]*\\.(?:\\*|[a-z][a-z_]*)$' }), {
      maxItems: 20,
      description: 'Such as `story.created` or `story.*`; any of several',
    }),
  ),
  project_id: Type.Optional(Type.Array(Id, { maxItems: maxListed, description: 'Events of any of these projects' })),
  stream: Type.Optional(
    Type.Array(
      Type.String({
        maxLength: 90,
        pattern: '^[a-z][a-z_]{0,49}:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
      }),
      {
        maxItems: maxListed,
        description: 'Events of any of these streams, such as `story:0198f1ff-0000-7000-8000-000000000002`',
      },
    ),
  ),
  actor: Type.Optional(
    Type.Array(Id, {
      maxItems: maxListed,
      description: 'Events that any of these keys or agents caused',
    }),
  ),
} as const;

const Filters = Type.Object(filterProperties);

export function filterOf({ types, project_id, stream, actor }: Static<typeof Filters>): FeedFilter {
  return {
    types: types ?? null,
    projectIds: project_id ?? null,
    streams: stream === undefined ? null : [...new Set(stream)].map(streamOf),
    actors: actor ?? null,
  };
}

function streamOf(text: string): StreamRef {
  const [type = '', id = ''] = text.split(':');
  return { type, id };
}

/** The position after which to begin; null is the head. */
export async function beginOf(api: ApiContext, tenantId: string, since: string): Promise<number | null> {
  if (since === '0') return 0;
  if (since === 'now') return null;
  if (isTimestamp(since)) return findPositionAt(api.database, tenantId, since);
  return api.cursors.openFeed(tenantId, since);
}
