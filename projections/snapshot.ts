// The present state of everything of one kind, object after object: what a follower begins with.
import type { RoleRule } from '../kernel/actor.ts';
import type { Database } from '../sql/database.ts';
import type { Row } from '../sql/scoped-query.ts';
import { leastId, type Listed, listQuery, type ListParts, readPage } from './page.ts';

export interface Snapshot {
  readonly type: string;
  /** Who may read objects of the kind. */
  readonly role: RoleRule;
  page(database: Database, tenantId: string, after: string | null): Promise<Listed>;
}

export interface SnapshotParts<Item extends Row> extends Pick<ListParts, 'columns' | 'source' | 'after'> {
  readonly show: (item: Item) => string;
}

const pageRows = 500;

export function snapshotOf<Item extends Row>(type: string, role: RoleRule, parts: SnapshotParts<Item>): Snapshot {
  const { show, ...sql } = parts;
  const query = listQuery({ name: `snapshot_${type}`, ...sql, order: ['id'] });
  return {
    type,
    role,
    page: (database, tenantId, after) =>
      readPage<Item>(database, query, {
        tenantId,
        page: { limit: pageRows, after: null, count: false },
        values: [after ?? leastId],
        show,
      }),
  };
}
