// The queues of work: stories that could be begun now, stories that wait for others, with what they wait for, and one's own.
// The first two walk the epics in order and stop when the page is full, so their price is that of a page and not of the tenant.
import { type Static, Type } from 'typebox';
import { Id, Name } from '../kernel/shape.ts';
import { DependencyLevel } from '../events/dependency.ts';
import type { Database } from '../sql/database.ts';
import { projectParent } from './epic.ts';
import { leastId, type Listed, listQuery, type ListQuery, type PageRequest, readPage, readPageOf } from './page.ts';
import { storiesOf } from './story-order.ts';
import { storyColumns, storyMembers, type StoryRow, storyText, StoryView } from './story.ts';

const BlockerView = Type.Object(
  {
    level: DependencyLevel,
    id: Id,
    number: Type.String({ minLength: 1, maxLength: 27 }),
    title: Name,
    status: Type.Enum(['active', 'archived'], { description: 'What is archived goes on blocking' }),
  },
  { additionalProperties: false },
);

export const BlockedStoryView = Type.Object(
  {
    ...StoryView.properties,
    blockers: Type.Array(BlockerView, { maxItems: 400, description: 'Stories not verified, epics not complete' }),
  },
  { additionalProperties: false },
);
export type BlockedStoryView = Static<typeof BlockedStoryView>;

// `offset 0` keeps a question a question that is asked row by row: turned into a join, it is answered for the whole
// tenant before the first story is found.

const openEpicNeeds = `from view.epic_dependencies d
     join view.epics n on n.tenant_id = d.tenant_id and n.epic_id = d.needs_epic_id
    where d.tenant_id = $1 and d.epic_id = e.epic_id and not n.is_complete`;

const openStoryNeeds = `from view.story_dependencies d
     join view.stories n on n.tenant_id = d.tenant_id and n.story_id = d.needs_story_id
    where d.tenant_id = $1 and d.epic_id = s.epic_id and d.story_id = s.story_id and n.verified_status <> 'verified'`;

/** Nobody has begun it and nobody put it away. */
const waiting = `s.status = 'active' and s.agent_status in ('pending', 'contracted')`;

/** What a source is made for: a page begins at a place ($4 to $6) and is no longer than $2; a total is neither. */
interface Extent {
  readonly laterEpic: string;
  readonly laterStory: string;
  readonly limit: string;
}

const aPage: Extent = {
  laterEpic: 'and e.project_id >= $4::uuid and (e.project_id > $4::uuid or e.number >= $5::integer)',
  laterStory: 'and (s.project_id > $4::uuid or s.number_order > $6)',
  limit: 'limit $2',
};
const theWhole: Extent = { laterEpic: '', laterStory: '', limit: 'offset 0' };

/**
 * Epics in which work goes on, in order, and whether each has to wait; $3 is the project, null for all. In a complete
 * epic nothing waits, so what was finished long ago is not walked over.
 */
function openEpics({ laterEpic }: Extent): string {
  return `from (
      select e.tenant_id, e.project_id, e.epic_id, e.number
        from view.epics e
       where e.tenant_id = $1 and e.status = 'active' and not e.is_complete ${laterEpic}
         and e.project_id = any (array(
           select p.project_id from view.projects p
            where p.tenant_id = $1 and p.status = 'active' and ($3::uuid is null or p.project_id = $3)))
       order by e.project_id, e.number offset 0
    ) e
    cross join lateral (select exists (select ${openEpicNeeds} offset 0) as waits offset 0) needs`;
}

function readyStories(extent: Extent): string {
  return `${openEpics(extent)}
    cross join lateral (
      select s.* ${storiesOf('e')} and ${waiting} ${extent.laterStory} and not needs.waits
         and not exists (select ${openStoryNeeds} offset 0)
       order by s.number_order ${extent.limit}
    ) s
    where true`;
}

/** In an epic that waits all stories do; in any other, only those that have dependencies are looked at. */
function blockedStories(extent: Extent): string {
  return `${openEpics(extent)}
    cross join lateral (
      (select s.* ${storiesOf('e')} and ${waiting} ${extent.laterStory} and needs.waits
        order by s.number_order ${extent.limit})
      union all
      (select s.*
         from (select distinct d.story_id from view.story_dependencies d
                where d.tenant_id = $1 and d.epic_id = e.epic_id and not needs.waits offset 0) needing
         join view.stories s on s.tenant_id = $1 and s.story_id = needing.story_id and ${waiting} ${extent.laterStory}
        where exists (select ${openStoryNeeds} offset 0)
        order by s.number_order ${extent.limit})
    ) s
    where true`;
}

const blockers = `(
  select json_agg(json_build_object('level', b.level, 'id', b.id, 'number', b.number, 'title', b.title, 'status', b.status)
           order by b.level desc, b.place)
    from (
      select 'story' as level, n.story_id as id, n.number, n.number_order as place, n.title, n.status ${openStoryNeeds}
       union all
      select 'epic', n.epic_id, n.number::text, lpad(n.number::text, 6, '0'), n.title, n.status ${openEpicNeeds}
    ) b)`;

const placeColumns = `${storyColumns}, e.project_id as place_project, e.number as place_epic`;
const frame = { after: 'true', order: ['place_project', 'place_epic', 'number_order'] } as const;

function queue(
  name: string,
  columns: string,
  source: (extent: Extent) => string,
): Record<'tenant' | 'project', ListQuery> {
  const parts = { ...frame, columns, source: source(aPage), totalSource: source(theWhole) };
  return {
    tenant: listQuery({ ...parts, name: `list_${name}_stories` }),
    project: listQuery({ ...parts, name: `list_project_${name}_stories`, parent: projectParent }),
  };
}

const ready = queue('ready', placeColumns, readyStories);
const blocked = queue('blocked', `${placeColumns}, ${blockers} as blockers`, blockedStories);

/** Whoever has a part in a story was granted something on it at some time, and a dispatch is granted few things. */
const mine = listQuery({
  name: 'list_own_stories',
  columns: storyColumns,
  source: `from view.stories s
    where s.tenant_id = $1 and s.status <> 'deleted' and s.verified_status <> 'verified'
      and s.story_id = any (array(
        select c.story_id from view.capabilities c where c.tenant_id = $1 and c.dispatch_id = $3::uuid))
      and $3::uuid::text in (s.custody->'implementer'->'lineage'->>-1, s.custody->'reviewer'->'lineage'->>-1,
                 s.custody->'second_review'->'reviewer'->'lineage'->>-1, s.custody->'verifier'->'lineage'->>-1)`,
  after: 's.story_id > $4::uuid',
  order: ['id'],
});

interface BlockedRow extends StoryRow {
  /** JSON text. */
  readonly blockers: string;
}

function blockedText(row: BlockedRow): string {
  return `{${storyMembers(row)},"blockers":${row.blockers}}`;
}

function valuesOf(projectId: string | null, { after }: PageRequest): (string | number | null)[] {
  const [project = leastId, epic = 0, order = ''] = after ?? [];
  return [projectId, project, epic, order];
}

export function listReady(database: Database, tenantId: string, page: PageRequest): Promise<Listed> {
  return readPage(database, ready.tenant, { tenantId, page, values: valuesOf(null, page), show: storyText });
}

export function listProjectReady(
  database: Database,
  tenantId: string,
  projectId: string,
  page: PageRequest,
): Promise<Listed | null> {
  return readPageOf(database, ready.project, { tenantId, page, values: valuesOf(projectId, page), show: storyText });
}

export function listBlocked(database: Database, tenantId: string, page: PageRequest): Promise<Listed> {
  return readPage(database, blocked.tenant, { tenantId, page, values: valuesOf(null, page), show: blockedText });
}

export function listProjectBlocked(
  database: Database,
  tenantId: string,
  projectId: string,
  page: PageRequest,
): Promise<Listed | null> {
  return readPageOf(database, blocked.project, {
    tenantId,
    page,
    values: valuesOf(projectId, page),
    show: blockedText,
  });
}

/** Of a dispatch: what it claimed, reviews or verifies. */
export function listMine(
  database: Database,
  tenantId: string,
  dispatchId: string | null,
  page: PageRequest,
): Promise<Listed> {
  const values = [dispatchId, page.after?.[0] ?? leastId];
  return readPage(database, mine, { tenantId, page, values, show: storyText });
}
