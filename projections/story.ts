// Stories as people read them.
import { type Static, Type } from 'typebox';
import { Id, viewFrame } from '../kernel/shape.ts';
import { storyNumbering, storyNumberTaken } from '../commands/story.ts';
import { Criteria, type Story, storyFields, StoryNumber, storyStream } from '../events/story.ts';
import { type Party } from '../events/story-custody.ts';
import { AgentStatus, Custody, VerifiedMethod, VerifiedStatus } from '../events/story-custody-shape.ts';
import { storyRules } from '../policies/story.ts';
import { type LookupLoader, rowPerStream, type ViewRow } from '../sql/registry.ts';
import type { Database } from '../sql/database.ts';
import { type Row, timestampText } from '../sql/scoped-query.ts';
import { objectStatement } from '../sql/grouped-reads.ts';
import { projectParent } from './epic.ts';
import { loadAtHead } from './lookup.ts';
import { fieldsOf, lineOf, orNull } from './line.ts';
import type { Found } from './object.ts';
import { type Listed, listQuery, type PageRequest, readPageOf } from './page.ts';
import { type StatusFilter, statusesOf, statusFilter } from './status.ts';
import { snapshotOf } from './snapshot.ts';
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
    agent_status: AgentStatus,
    verified_status: VerifiedStatus,
    verified_method: Type.Union([VerifiedMethod, Type.Null()]),
    custody: Type.Union([Custody, Type.Null()], { description: 'Null for a story that nobody ever took on' }),
    status: Type.Enum(['active', 'archived']),
  },
  { additionalProperties: false },
);
export type StoryView = Static<typeof StoryView>;

export const storyInline = rowPerStream('story', storyStream, rowOf);

/** Most stories nobody has taken on yet: their rows say nothing of custody. */
function rowOf({ capabilities: _hidden, custody, ...story }: Story): ViewRow {
  if (custody === null) return story;
  const { implementer, reporter, verification, lease_until } = custody;
  return {
    ...story,
    custody,
    lease_until,
    ...partyColumns('implementer', implementer),
    ...partyColumns('reporter', reporter),
    ...partyColumns('reviewer', reviewersOf(custody)),
    ...partyColumns('verifier', verification?.by ?? null),
  };
}

/** Whoever reviewed it, by the first of them; nobody who verifies shares a dispatch with any. */
function reviewersOf({ review, second_review }: Custody): Party | null {
  const second = second_review?.review?.by.lineage ?? [];
  return review === null ? null : { ...review.by, lineage: [...new Set([...review.by.lineage, ...second])] };
}

function partyColumns(part: string, party: Party | null): ViewRow {
  return party === null ? {} : { [`${part}_id`]: party.agent_id, [`${part}_lineage`]: party.lineage };
}

/** As the view shows it: what was granted is for its holder alone. */
export function shownStory({ capabilities: _hidden, ...story }: Story): Omit<Story, 'capabilities'> {
  return story;
}

export interface StoryRow extends Row {
  readonly id: string;
  readonly version: number;
  /** Where the story stands in lists; not shown. */
  readonly number_order: string;
  readonly line: string;
}

const line = lineOf([
  's.created_at',
  's.updated_at',
  's.project_id',
  's.epic_id',
  's.number',
  'to_json(s.title)',
  'to_json(s.description)',
  's.priority',
  's.estimate',
  's.criteria',
  's.criteria_revision',
  's.agent_status',
  's.verified_status',
  's.verified_method',
  's.custody',
  's.status',
]);

export const storyColumns = `s.story_id as id, s.version, s.number_order, ${line} as line`;

/** Without the braces, so that a list can add members of its own. */
export function storyMembers({ id, version, line: text }: StoryRow): string {
  const [created = '', updated = '', project, epic, number, title, description, priority, estimate = '', ...more] =
    fieldsOf(text);
  const [criteria, revision, agentStatus, verifiedStatus, method = '', custody = '', status] = more;
  return (
    `"id":"${id}","version":${version},"created_at":"${timestampText(created)}","updated_at":"${timestampText(updated)}"` +
    `,"project_id":"${project}","epic_id":"${epic}","number":"${number}","title":${title},"description":${description}` +
    `,"priority":${priority},"estimate":${orNull(estimate)},"criteria":${criteria}` +
    `,"criteria_revision":${revision},"agent_status":"${agentStatus}","verified_status":"${verifiedStatus}"` +
    `,"verified_method":${method === '' ? 'null' : `"${method}"`},"custody":${orNull(custody)},"status":"${status}"`
  );
}

export function storyText(row: StoryRow): string {
  return `{${storyMembers(row)}}`;
}

const byId = objectStatement(
  'find_story',
  storyColumns,
  `from view.stories s where s.tenant_id = a.tenant and s.story_id = a.id and s.status <> 'deleted'`,
);

export async function findStory(database: Database, tenantId: string, id: string): Promise<Found | null> {
  const row = await database.find<StoryRow & { readonly position: number }>(tenantId, byId, id);
  return row === undefined ? null : { body: storyText(row), version: row.version, position: row.position };
}

export const storyFilters = {
  ...statusFilter,
  agent_status: Type.Optional(AgentStatus),
  verified_status: Type.Optional(VerifiedStatus),
} as const;
export interface StoryFilters extends StatusFilter {
  readonly agent_status?: string;
  readonly verified_status?: string;
}

const filtered = `s.status = any($5::text[]) and ($6::text is null or s.agent_status = $6)
            and ($7::text is null or s.verified_status = $7)`;

const ofProject = listQuery({
  name: 'list_project_stories',
  parent: projectParent,
  columns: storyColumns,
  source: `from view.stories s where s.tenant_id = $1 and s.project_id = $3 and ${filtered}`,
  after: 's.number_order > $4',
  order: ['number_order'],
});

const ofEpic = listQuery({
  name: 'list_epic_stories',
  parent: `(
    select e.tenant_id, e.project_id, e.number from view.epics e
     where e.tenant_id = $1 and e.epic_id = $3 and e.status <> 'deleted') as epic`,
  columns: storyColumns,
  source: `${storiesOf('epic')} and s.tenant_id = $1 and ${filtered}`,
  after: 's.number_order > $4',
  order: ['number_order'],
});

export const storySnapshot = snapshotOf('story', storyRules.read, {
  columns: storyColumns,
  source: "from view.stories s where s.tenant_id = $1 and s.status <> 'deleted'",
  after: 's.story_id > $3::uuid',
  show: storyText,
});

export type StoryPlace = { readonly project_id: string } | { readonly epic_id: string };

export function listStories(
  database: Database,
  tenantId: string,
  { place, ...filters }: StoryFilters & { readonly place: StoryPlace },
  page: PageRequest,
): Promise<Listed | null> {
  const [query, id] = 'epic_id' in place ? [ofEpic, place.epic_id] : [ofProject, place.project_id];
  const { agent_status = null, verified_status = null } = filters;
  const values = [id, page.after?.[0] ?? '', statusesOf(filters), agent_status, verified_status];
  return readPageOf(database, query, { tenantId, page, values, show: storyText });
}

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
