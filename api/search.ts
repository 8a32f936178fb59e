// GET /search: full-text search, at the position that the projection has reached.
import { type Static, Type } from 'typebox';
import { setTimeout as sleep } from 'node:timers/promises';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id } from '../kernel/shape.ts';
import { search, type Searched, SearchHit, SearchKind, type SearchRequest } from '../projections/search.ts';
import type { Answer, Call } from './call.ts';
import { minimumPosition, positionNotReached } from './http/minimum-position.ts';
import { pageOf, presentList } from './present.ts';
import { type Route, route } from './route.ts';

const { count: _count, ...paging } = pageQuery({}).properties;
const SearchQuery = Type.Object(
  {
    q: Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'Words, "phrases", `or`, and `-without`; the beginning of the last word is enough',
    }),
    kind: Type.Optional(SearchKind),
    project_id: Type.Optional(Id),
    ...paging,
  },
  { additionalProperties: false },
);
type SearchQuery = Static<typeof SearchQuery>;

const example = {
  kind: 'story',
  id: '01980f2e-8b3c-7d22-ae4f-6b7c8d9eaf30',
  project_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d10',
  number: '1.1',
  title: 'Fill the tanks',
  snippet: 'Both **tanks** are filled before the countdown.',
  archived: false,
};

export const searchRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/search',
    operation: 'search',
    summary: 'Search projects, epics and stories by their words',
    description:
      'Best matches first. The index follows the log: `Loopledger-Position` says how far it has come, and with ' +
      '`Loopledger-Min-Position` the search waits for it.',
    tags: ['search'],
    role: { atLeast: 'agent' },
    query: SearchQuery,
    status: 200,
    response: listOf(SearchHit),
    codes: [],
    examples: { query: { q: 'tanks' }, response: { data: [example], next_cursor: null, changes_cursor: 'c2VhbGVk' } },
    handler: listHits,
  }),
];

async function listHits(call: Call<unknown, SearchQuery>): Promise<Answer> {
  const { limit, after } = pageOf(call);
  const { q, kind, project_id } = call.query;
  const request = {
    tenantId: call.tenantId,
    words: q,
    kind: kind ?? null,
    projectId: project_id ?? null,
    limit,
    after,
  };
  return presentList(call, await searchAt(call, request));
}

const firstPauseMs = 20;
const longestPauseMs = 200;

/** The index is behind the log for moments; a caller that has seen a position is shown no less. */
async function searchAt(call: Call, request: SearchRequest): Promise<Searched> {
  const wanted = minimumPosition(call) ?? 0;
  const { database, options } = call.api;
  const deadlineMs = call.startedMs + options.minPositionWaitMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const found = await search(database, request);
    if (found.position >= wanted) return found;
    if (performance.now() + pauseMs > deadlineMs) throw positionNotReached(found.position);
    await sleep(pauseMs);
  }
}
