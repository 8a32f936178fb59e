// Epics as people read them.
import { type Static, Type } from 'typebox';
import { Id, viewFrame } from '../kernel/shape.ts';
import { epicNumbering, epicNumberTaken, epicStoryCount } from '../commands/epic.ts';
import { epicFields, EpicNumber, epicStream } from '../events/epic.ts';
import { type LookupLoader, rowPerStream } from '../sql/registry.ts';
import { loadAtHead } from './lookup.ts';
import { storiesOf } from './story-order.ts';

export const EpicView = Type.Object(
  { ...viewFrame, project_id: Id, number: EpicNumber, ...epicFields, status: Type.Enum(['active', 'archived']) },
  { additionalProperties: false },
);
export type EpicView = Static<typeof EpicView>;

export const epicInline = rowPerStream('epic', epicStream, (epic) => ({ ...epic }));

export const epicLookups: readonly LookupLoader[] = [
  {
    definition: epicNumbering,
    load: loadAtHead(
      'epic_numbering',
      `coalesce((
         select max(e.number) from view.epics e where e.tenant_id = $1 and e.project_id = $2), 0)`,
    ),
  },
  {
    definition: epicNumberTaken,
    load: loadAtHead(
      'epic_number_taken',
      `exists (
         select from view.epics e
          where e.tenant_id = $1 and e.project_id = split_part($2, '/', 1)::uuid
            and e.number = split_part($2, '/', 2)::integer)`,
    ),
  },
  {
    definition: epicStoryCount,
    load: loadAtHead(
      'epic_story_count',
      `coalesce((
         select held.stories
           from view.epics e
          cross join lateral (select count(*) as stories ${storiesOf('e')} and s.status <> 'deleted') held
          where e.tenant_id = $1 and e.epic_id = $2), 0)`,
    ),
  },
];
