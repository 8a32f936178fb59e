// The change feed: pages of the log after a position, filtered by typed columns, each in one round trip.
import type { StreamRef } from '../kernel/event.ts';
import type { Database } from '../sql/database.ts';
import type { Value } from '../sql/scoped-query.ts';
import { type Statement, statement } from '../sql/statement.ts';
import { eventAgent, eventKey, eventText, eventTextWithoutData } from './event.ts';

export interface FeedFilter {
  /** Event types, exact or `story.*`; null is all, here and below. */
  readonly types: readonly string[] | null;
  readonly projectIds: readonly string[] | null;
  readonly streams: readonly StreamRef[] | null;
  /** Keys and agents that caused the event. */
  readonly actors: readonly string[] | null;
}

export interface FeedRequest {
  readonly tenantId: string;
  /** Null begins at the head. */
  readonly after: number | null;
  readonly limit: number;
  readonly filter: FeedFilter;
  readonly withData: boolean;
}

export interface FeedPage {
  /** JSON texts of the events, joined by commas and line ends; there is no line end within any of them. */
  readonly text: string;
  readonly count: number;
  /** Everything up to here was looked at. */
  readonly position: number;
  readonly head: number;
}

interface FeedRow extends Record<string, unknown> {
  readonly head: number;
  readonly begin: number;
  readonly count: number;
  readonly last: number | null;
  readonly text: string | null;
}

/** What one request looks through at most when a filter leaves out most of it; the cursor then marks the place. */
const maxScanned = 10_000;

/**
 * Where nothing is left out, a page is exactly as long as its limit. To say so bounds the work also under a plan that
 * reads all of it before it sorts, as one made for few rows does.
 */
function scannedBy({ filter, limit }: FeedRequest): number {
  const isWhole = filter.types === null && filter.projectIds === null && filter.actors === null;
  return isWhole ? limit : maxScanned;
}

/** One row a page: the texts are joined where they are, which is far cheaper than a row for each of them. */
function pageText(source: string, condition: string, order: string): string {
  return `
    with head as materialized (
      select coalesce((select h.position from ledger.heads h where h.tenant_id = $1), 0) as position
    ), edge as materialized (
      select head.position as head, coalesce($2::bigint, head.position) as begin from head
    )
    select edge.head, edge.begin, page.count, page.last, page.text
      from edge
     cross join lateral (
       select count(*)::integer as count, max(hit.position) as last, string_agg(hit.text, e',\\n' order by hit.position) as text
         from (
           select e.position, case when $4 then ${eventText} else ${eventTextWithoutData} end as text
             from ${source}
            where e.tenant_id = $1 and e.position > edge.begin and ${condition}
              and ($5::text[] is null or e.type = any ($5) or split_part(e.type, '.', 1) = any ($6::text[]))
              and ($7::uuid[] is null or e.project_id = any ($7))
              and ($8::text[] is null or ${eventAgent} = any ($8) or ${eventKey} = any ($8))
            order by ${order} limit $3
         ) hit
     ) page`;
}

const logStatement = statement(
  'feed_log',
  pageText('ledger.events e', 'e.position <= edge.begin + $9::integer and e.position <= edge.head', 'e.position'),
);
/** The events of one stream stand together in its index, so nothing else is looked through. */
const streamStatement = statement(
  'feed_stream',
  pageText('ledger.events e', 'e.stream_type = $9 and e.stream_id = $10', 'e.version'),
);
const streamsStatement = statement(
  'feed_streams',
  pageText(
    'unnest($9::text[], $10::uuid[]) as wanted(type, id) cross join ledger.events e',
    'e.stream_type = wanted.type and e.stream_id = wanted.id',
    'e.position',
  ),
);

export async function readFeed(database: Database, request: FeedRequest): Promise<FeedPage> {
  const { tenantId, after, limit, withData, filter } = request;
  const { exact, prefixes } = splitTypes(filter.types);
  const shared = [tenantId, after, limit, withData, exact, prefixes, filter.projectIds, filter.actors];
  const [row] = await database.read<FeedRow>(tenantId, ...questionOf(request, shared));
  if (row === undefined) throw new Error('the feed answered nothing');
  return { text: row.text ?? '', count: row.count, head: row.head, position: reached(request, row) };
}

function questionOf(request: FeedRequest, shared: readonly Value[]): [Statement, readonly Value[]] {
  const { streams } = request.filter;
  if (streams === null) return [logStatement, [...shared, scannedBy(request)]];
  const [one, ...others] = streams;
  if (one !== undefined && others.length === 0) return [streamStatement, [...shared, one.type, one.id]];
  return [streamsStatement, [...shared, streams.map(({ type }) => type), streams.map(({ id }) => id)]];
}

/** A full page ends at its last event; any other at the end of what was looked through. */
function reached(request: FeedRequest, row: FeedRow): number {
  const { limit, filter } = request;
  if (row.count === limit && row.last !== null) return row.last;
  const scanned = filter.streams === null ? Math.min(row.begin + scannedBy(request), row.head) : row.head;
  return Math.max(row.begin, scanned);
}

function splitTypes(types: readonly string[] | null): { exact: string[] | null; prefixes: string[] | null } {
  if (types === null) return { exact: null, prefixes: null };
  return {
    exact: types.filter((type) => !type.endsWith('.*')),
    prefixes: types.filter((type) => type.endsWith('.*')).map((type) => type.slice(0, -2)),
  };
}

// Times never go back in a log and positions have no gaps, so a search by halves finds the place in its key alone.
const timeStatement = statement(
  'feed_position_at',
  `with recursive search(low, high) as (
     select 0::bigint, coalesce((select h.position from ledger.heads h where h.tenant_id = $1), 0) + 1
     union all
     select case when at.early then at.middle else s.low end, case when at.early then s.high else at.middle end
       from search s
      cross join lateral (
        select (s.low + s.high) / 2 as middle,
               (select e.recorded_at < $2::timestamptz from ledger.events e
                 where e.tenant_id = $1 and e.position = (s.low + s.high) / 2) as early
      ) at
      where s.high - s.low > 1
   )
   select max(low) as position from search`,
);

/** The last position before the time. */
export async function findPositionAt(database: Database, tenantId: string, time: string): Promise<number> {
  const rows = await database.read<{ position: number }>(tenantId, timeStatement, [tenantId, time]);
  return rows[0]?.position ?? 0;
}
