// Stories as people read them.
import { type Static, Type } from 'typebox';
import { Id, viewFrame } from '../kernel/shape.ts';
import { storyNumbering, storyNumberTaken } from '../commands/story.ts';
import { Criteria, storyFields, StoryNumber, storyStream } from '../events/story.ts';
import { type LookupLoader, rowPerStream } from '../sql/registry.ts';
import { loadAtHead } from './lookup.ts';
import { orderOf, storiesOf } from './story-order.ts';

export const StoryView = Type.Object(
  {
    ...viewFrame,
    project_id: Id,
    epic_id: Id,
    number: StoryNumber,
    ...storyFields,
    criteria: Criteria,
    criteria_revision: Type.Integer({ minimum: 1 }),
    agent_status: Type.Enum(['pending']),
    verified_status: Type.Enum(['unverified']),
    status: Type.Enum(['active', 'archived']),
  },
  { additionalProperties: false },
);
export type StoryView = Static<typeof StoryView>;

export const storyInline = rowPerStream('story', storyStream, (story) => ({ ...story }));

export const storyLookups: readonly LookupLoader[] = [
  {
    definition: storyNumbering,
    load: loadAtHead(
      'story_numbering',
      `coalesce((
         select split_part(last.number, '.', 2)::integer
           from view.epics e
          cross join lateral (select s.number ${storiesOf('e')} order by s.number_order desc limit 1) last
          where e.tenant_id = $1 and e.epic_id = $2), 0)`,
    ),
  },
  {
    definition: storyNumberTaken,
    load: loadAtHead(
      'story_number_taken',
      `exists (
         select from view.epics e
           join view.stories s on s.tenant_id = e.tenant_id and s.project_id = e.project_id
            and s.number_order = ${orderOf("split_part($2, '/', 2)")}
          where e.tenant_id = $1 and e.epic_id = split_part($2, '/', 1)::uuid)`,
    ),
  },
];
