// Stories of an epic that wait for the word of the verifier who was drawn for them, and not for a run.
import type { Database } from '../sql/database.ts';
import { statement } from '../sql/statement.ts';
import { storiesOf } from './story-order.ts';

const awaited = statement(
  'list_awaited_verdicts',
  `select s.story_id
     from view.epics e
    cross join lateral (
      select s.story_id, s.number_order ${storiesOf('e')} and s.status = 'active'
         and s.agent_status = 'reported_done' and s.verified_status = 'unverified'
         and coalesce(s.custody -> 'verification_run' ->> 'status', 'none') <> 'running'
         and s.custody -> 'verifier' -> 'lineage' ->> -1 = $3
       order by s.number_order limit $4
    ) s
    where e.tenant_id = $1 and e.epic_id = $2
    order by s.number_order`,
);

export interface AwaitedVerdicts {
  readonly tenantId: string;
  readonly epicId: string;
  /** Of the verifier. */
  readonly dispatchId: string;
  readonly limit: number;
}

/** In the order of their numbers. */
export async function listAwaitedVerdicts(database: Database, asked: AwaitedVerdicts): Promise<string[]> {
  const { tenantId, epicId, dispatchId, limit } = asked;
  const values = [tenantId, epicId, dispatchId, limit];
  const rows = await database.read<{ readonly story_id: string }>(tenantId, awaited, values);
  return rows.map(({ story_id }) => story_id);
}
