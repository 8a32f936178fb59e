// Epics as people read them.
import { type Static, Type } from 'typebox';
import { Id, viewFrame } from '../kernel/shape.ts';
import { epicNumbering, epicNumberTaken } from '../commands/epic.ts';
import { epicFields, EpicNumber, epicStream } from '../events/epic.ts';
import { epicStoryCount, epicVerifiedCount } from '../policies/epic-progress.ts';
import { epicRules } from '../policies/epic.ts';
import { type LookupLoader, rowPerStream } from '../sql/registry.ts';
import type { Database } from '../sql/database.ts';
import { statement } from '../sql/statement.ts';
import { loadAtHead } from './lookup.ts';
import { type Found, findObject, frameText, type ObjectRow } from './object.ts';
import { headPosition, type Listed, listQuery, type PageRequest, readPageOf } from './page.ts';
import { snapshotOf } from './snapshot.ts';
import { type StatusFilter, statusesOf } from './status.ts';
import { storiesOf } from './story-order.ts';

export const EpicView = Type.Object(
  {
    ...viewFrame,
    project_id: Id,
    number: EpicNumber,
    ...epicFields,
    is_complete: Type.Boolean({ description: 'It has stories, and each of them is verified' }),
    status: Type.Enum(['active', 'archived']),
  },
  { additionalProperties: false },
);
export type EpicView = Static<typeof EpicView>;

export const epicInline = rowPerStream('epic', epicStream, (epic) => ({ ...epic }));

interface EpicRow extends ObjectRow {
  readonly project_id: string;
  readonly number: number;
  readonly title: string;
  readonly description: string;
  readonly is_complete: boolean;
  readonly status: string;
}

const columns = `e.epic_id as id, e.version, e.created_at, e.updated_at, e.project_id, e.number, e.title, e.description,
  e.is_complete, e.status`;

function epicText(row: EpicRow): string {
  const { project_id, number, title, description, is_complete, status } = row;
  return (
    `{${frameText(row)},"project_id":"${project_id}","number":${number},"title":${JSON.stringify(title)}` +
    `,"description":${JSON.stringify(description)},"is_complete":${is_complete},"status":"${status}"}`
  );
}

export const epicSnapshot = snapshotOf('epic', epicRules.read, {
  columns,
  source: "from view.epics e where e.tenant_id = $1 and e.status <> 'deleted'",
  after: 'e.epic_id > $3::uuid',
  show: epicText,
});

const byId = statement(
  'find_epic',
  `select ${headPosition} as position, ${columns}
     from view.epics e
    where e.tenant_id = $1 and e.epic_id = $2 and e.status <> 'deleted'`,
);

export function findEpic(database: Database, tenantId: string, id: string): Promise<Found | null> {
  return findObject(database, byId, { tenantId, id, show: epicText });
}

/** From item of a project that is there, by $3. */
export const projectParent = `(
  select p.project_id from view.projects p
   where p.tenant_id = $1 and p.project_id = $3 and p.status <> 'deleted') as parent`;

const ofProject = listQuery({
  name: 'list_epics',
  parent: projectParent,
  columns,
  source: `from view.epics e
          where e.tenant_id = $1 and e.project_id = $3 and e.status = any($5::text[])`,
  after: 'e.number > $4::integer',
  order: ['number'],
});

export function listEpics(
  database: Database,
  tenantId: string,
  { project_id, ...filters }: StatusFilter & { readonly project_id: string },
  page: PageRequest,
): Promise<Listed | null> {
  const values = [project_id, page.after?.[0] ?? 0, statusesOf(filters)];
  return readPageOf(database, ofProject, { tenantId, page, values, show: epicText });
}

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
  {
    definition: epicVerifiedCount,
    load: loadAtHead(
      'epic_verified_count',
      `coalesce((
         select held.verified
           from view.epics e
          cross join lateral (
            select count(*) filter (where s.verified_status = 'verified') as verified
              ${storiesOf('e')} and s.status <> 'deleted') held
          where e.tenant_id = $1 and e.epic_id = $2), 0)`,
    ),
  },
];
