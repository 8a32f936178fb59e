// How a route that reads answers: entity tags, the position it was read at, and the one shape of lists.
import type { Answer, Call } from './call.ts';
import type { CursorKey } from './cursor.ts';
import { pageLimit, type PageQuery } from '../kernel/page.ts';

export interface Shown {
  /** JSON text. */
  readonly body: string;
  readonly version: number;
  readonly position: number;
}

export function present(call: Call, shown: Shown): Answer {
  const etag = `"v${shown.version}"`;
  const headers = ['etag', etag, 'loopledger-position', String(shown.position)];
  const wanted = call.header('if-none-match');
  if (wanted !== undefined && matches(wanted, etag)) return { status: 304, body: '', headers };
  return { status: 200, body: shown.body, headers };
}

/** Weak comparison, as If-None-Match asks for. */
export function matches(header: string, etag: string): boolean {
  if (header.trim() === '*') return true;
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

export interface Page {
  readonly limit: number;
  /** The sort key after which the page begins; null for the first. */
  readonly after: CursorKey | null;
  readonly count: boolean;
}

/** What a list is asked for. One row more than `limit` tells whether there is another page. */
export function pageOf(call: Call<unknown, PageQuery>): Page {
  const { limit, cursor, count } = call.query;
  const after =
    cursor === undefined
      ? null
      : call.api.cursors.open(call.tenantId, call.route.operation, filtersOf(call.query, call.params), cursor);
  return { limit: limit ?? pageLimit.default, after, count: count === 'exact' };
}

export interface ShownPage {
  /** JSON texts, at most `limit`. */
  readonly items: readonly string[];
  /** Sort key of the last item when more follow. */
  readonly next: CursorKey | null;
  readonly position: number;
  readonly total?: number;
}

export function presentList(call: Call<unknown, PageQuery>, page: ShownPage): Answer {
  const { cursors } = call.api;
  const filters = filtersOf(call.query, call.params);
  const next = page.next === null ? null : cursors.seal(call.tenantId, call.route.operation, filters, page.next);
  const tail = JSON.stringify({
    next_cursor: next,
    changes_cursor: cursors.sealFeed(call.tenantId, page.position),
    ...(page.total === undefined ? {} : { total: page.total }),
  });
  const headers = ['loopledger-position', String(page.position)];
  if (next !== null) headers.push('link', `<${nextUrl(call, next)}>; rel="next"`);
  return { status: 200, body: `{"data":[${page.items.join(',')}],${tail.slice(1)}`, headers };
}

/** Everything that decides what is in the list, and nothing that only decides how much of it is shown. */
function filtersOf(query: object, params: unknown): string {
  const filters = Object.entries(query).filter(([name]) => name !== 'limit' && name !== 'cursor' && name !== 'count');
  return JSON.stringify([filters.sort(([one], [other]) => (one < other ? -1 : 1)), params]);
}

function nextUrl(call: Call, cursor: string): string {
  const [path = '', query = ''] = (call.raw.url ?? '').split('?');
  const kept = query.split('&').filter((part) => part !== '' && !part.startsWith('cursor='));
  return `${path}?${[...kept, `cursor=${cursor}`].join('&')}`.replace(/[<>"]/g, encodeURIComponent);
}
