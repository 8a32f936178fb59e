// Leases of stories that ran out, and when the next one will.
import type { Database } from '../sql/database.ts';
import { statement } from '../sql/statement.ts';

interface LapsedRow extends Record<string, unknown> {
  readonly story_id: string;
  readonly fence: number;
  readonly lease_until: string;
}
export type Lapsed = Readonly<Pick<LapsedRow, 'story_id' | 'fence' | 'lease_until'>>;

const lapsedStatement = statement(
  'list_lapsed_leases',
  `select s.story_id, (s.custody ->> 'fence')::integer as fence, s.lease_until
     from view.stories s
    where s.tenant_id = $1 and s.lease_until <= $2::timestamptz and s.status = 'active'
    order by s.lease_until limit 200`,
);

export function listLapsed(database: Database, tenantId: string, now: string): Promise<Lapsed[]> {
  return database.read<LapsedRow>(tenantId, lapsedStatement, [tenantId, now]);
}
