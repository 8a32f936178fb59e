// Pages of lists by keyset: one statement reads the page, the head's position in the same snapshot, and the total when
// it is asked for.
import type { Database } from '../sql/database.ts';
import type { Row, Value } from '../sql/scoped-query.ts';
import { type Statement, statement } from '../sql/statement.ts';

export interface PageRequest {
  readonly limit: number;
  /** Sort key of the last row of the page before; null for the first page. */
  readonly after: readonly (string | number | null)[] | null;
  readonly count: boolean;
}

/** SQL in pieces. $1 is the tenant, $2 the number of rows; what comes after is the list's own. */
export interface ListParts {
  readonly name: string;
  /** A from item that yields at most one row, which the list hangs on; without that row there is no list. */
  readonly parent?: string;
  readonly columns: string;
  /** From and where. */
  readonly source: string;
  /** The same for the total, where a page reads no more than it shows. */
  readonly totalSource?: string;
  /** The condition that begins a page after a sort key. */
  readonly after: string;
  /** Names among `columns`, the first of them never null. */
  readonly order: readonly [string, ...string[]];
  /** The last ones first. */
  readonly backwards?: true;
}

export interface ListQuery {
  readonly page: Statement;
  readonly counted: Statement;
  readonly order: readonly [string, ...string[]];
}

/** Shaped as the API answers with it: the items are JSON texts. */
export interface Listed {
  readonly items: readonly string[];
  /** Sort key of the last item when more follow. */
  readonly next: readonly (string | number)[] | null;
  readonly position: number;
  readonly total?: number;
}

export const leastId = '00000000-0000-0000-0000-000000000000';
export const greatestId = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Of the tenant's log, in the snapshot of the statement that it stands in. */
export const headPosition = 'coalesce((select h.position from ledger.heads h where h.tenant_id = $1), 0)';

export function listQuery(parts: ListParts): ListQuery {
  const order = parts.order.map((name) => (parts.backwards === true ? `${name} desc` : name)).join(', ');
  const text = (total: string): string =>
    `select ${headPosition} as position, ${total} as total, page.*
       from ${parts.parent ?? '(select 1) as parent'}
       left join lateral (
         select ${parts.columns} ${parts.source} and ${parts.after} order by ${order} limit $2
       ) page on true`;
  return {
    page: statement(parts.name, text('null::bigint')),
    counted: statement(`${parts.name}_counted`, text(`(select count(*) ${parts.totalSource ?? parts.source})`)),
    order: parts.order,
  };
}

export interface PageReading<Item> {
  readonly tenantId: string;
  readonly page: PageRequest;
  /** From $3 on. */
  readonly values: readonly Value[];
  readonly show: (item: Item) => string;
}

export async function readPage<Item extends Row>(
  database: Database,
  query: ListQuery,
  reading: PageReading<Item>,
): Promise<Listed> {
  const page = await readPageOf(database, query, reading);
  if (page === null) throw new Error('a list that hangs on nothing answered nothing');
  return page;
}

/** Of a list that has a parent. Null when that does not exist. */
export async function readPageOf<Item extends Row>(
  database: Database,
  query: ListQuery,
  { tenantId, page, values, show }: PageReading<Item>,
): Promise<Listed | null> {
  const statement = page.count ? query.counted : query.page;
  const rows = await database.read<Row>(tenantId, statement, [tenantId, page.limit + 1, ...values]);
  const [first] = rows;
  if (first === undefined) return null;
  const filled = first[query.order[0]] === null ? [] : rows;
  const items = filled.slice(0, page.limit);
  const last = filled.length > page.limit ? items.at(-1) : undefined;
  return {
    items: (items as Item[]).map(show),
    next: last === undefined ? null : query.order.map((column) => last[column] as string | number),
    position: first['position'] as number,
    ...(first['total'] === null ? {} : { total: first['total'] as number }),
  };
}
