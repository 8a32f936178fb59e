// The acceptance criteria of a story in any of their revisions, read from the log.
import { type Static, Type } from 'typebox';
import { Id, Timestamp } from '../kernel/shape.ts';
import { Criteria, StoryCreated, StoryCriteriaRevised } from '../events/story.ts';
import type { Database } from '../sql/database.ts';
import { statement } from '../sql/statement.ts';
import type { Found } from './object.ts';
import { headPosition } from './page.ts';

const Revision = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });

export const CriteriaView = Type.Object(
  { story_id: Id, revision: Revision, latest_revision: Revision, revised_at: Timestamp, criteria: Criteria },
  { additionalProperties: false },
);
export type CriteriaView = Static<typeof CriteriaView>;
export const criteriaQuery = Type.Object(
  { revision: Type.Optional(Type.Integer({ ...Revision, description: 'The latest one when left out' })) },
  { additionalProperties: false },
);

interface CriteriaRow extends Record<string, unknown> {
  readonly position: number;
  readonly version: number;
  readonly latest: number;
  readonly revision: number;
  readonly revised_at: string | null;
  /** JSON text. */
  readonly criteria: string | null;
}

// Each of these events is one revision more, so the n-th of them is revision n.
const byRevision = statement(
  'find_story_criteria',
  `select ${headPosition} as position, s.version, s.criteria_revision as latest, wanted.revision, held.revised_at, held.criteria
     from view.stories s
    cross join lateral (select coalesce($3::integer, s.criteria_revision) as revision offset 0) wanted
     left join lateral (
       select e.recorded_at as revised_at, e.entry::json #> '{data,criteria}' as criteria
         from ledger.events e
        where e.tenant_id = $1 and e.stream_type = 'story' and e.stream_id = $2
          and e.type in ('${StoryCreated.type}', '${StoryCriteriaRevised.type}')
        order by e.version offset wanted.revision - 1 limit 1
     ) held on true
    where s.tenant_id = $1 and s.story_id = $2 and s.status <> 'deleted'`,
);

/** Null when there is no such story, `unknown` when it never had that revision. */
export async function findCriteria(
  database: Database,
  tenantId: string,
  storyId: string,
  revision: number | null,
): Promise<Found | 'unknown' | null> {
  const [row] = await database.read<CriteriaRow>(tenantId, byRevision, [tenantId, storyId, revision]);
  if (row === undefined) return null;
  if (row.criteria === null) return 'unknown';
  const body =
    `{"story_id":"${storyId}","revision":${row.revision},"latest_revision":${row.latest}` +
    `,"revised_at":"${row.revised_at}","criteria":${row.criteria}}`;
  return { body, version: row.version, position: row.position };
}
