// Objects read by their id: one statement, and JSON text that is put together once.
import type { Database } from '../sql/database.ts';
import type { Row } from '../sql/scoped-query.ts';
import type { Statement } from '../sql/statement.ts';

/** What every row of an object holds beside its own columns; times arrive as RFC 3339 text. */
export interface ObjectRow extends Row {
  readonly id: string;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
}

/** Shaped as the API presents it. */
export interface Found {
  readonly body: string;
  readonly version: number;
  readonly position: number;
}

export interface ObjectReading<Item> {
  readonly tenantId: string;
  readonly id: string;
  readonly show: (item: Item) => string;
}

export async function findObject<Item extends ObjectRow>(
  database: Database,
  query: Statement,
  { tenantId, id, show }: ObjectReading<Item>,
): Promise<Found | null> {
  const [row] = await database.read<Item & { readonly position: number }>(tenantId, query, [tenantId, id]);
  return row === undefined ? null : { body: show(row), version: row.version, position: row.position };
}

/** The first members of every object, without the braces around them. */
export function frameText({ id, version, created_at, updated_at }: ObjectRow): string {
  return `"id":"${id}","version":${version},"created_at":"${created_at}","updated_at":"${updated_at}"`;
}

interface ResultRow extends Row {
  readonly recorded_at: string;
  /** JSON text. */
  readonly shown: string;
}

/** What came of a run, and when it was written down. */
export function showResult({ recorded_at, shown }: ResultRow): string {
  return `{"recorded_at":"${recorded_at}",${shown.slice(1)}`;
}
