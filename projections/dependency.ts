// Dependencies as people read them.
import { type Static, Type } from 'typebox';
import type { Fact } from '../kernel/event.ts';
import { Id, Timestamp, Version } from '../kernel/shape.ts';
import {
  DependencyAdded,
  type DependencyEdge,
  DependencyLevel,
  dependencyStream,
  type Dependencies,
} from '../events/dependency.ts';
import { dependencyRules } from '../policies/dependency.ts';
import type { Database } from '../sql/database.ts';
import type { InlineView, ViewRow } from '../sql/registry.ts';
import type { Row } from '../sql/scoped-query.ts';
import { statement } from '../sql/statement.ts';
import { projectParent } from './epic.ts';
import { leastId, type Listed, listQuery, type PageRequest, readPageOf } from './page.ts';
import { snapshotOf } from './snapshot.ts';

const closed = { additionalProperties: false } as const;
const DependencyEndView = Type.Object(
  { id: Id, number: Type.String({ minLength: 1, maxLength: 27, description: '3 of an epic, 3.1 of a story' }) },
  closed,
);

/** An edge never changes: it is added and removed. */
export const DependencyView = Type.Object(
  {
    id: Id,
    version: Version,
    created_at: Timestamp,
    project_id: Id,
    level: DependencyLevel,
    from: DependencyEndView,
    needs: DependencyEndView,
  },
  closed,
);
export type DependencyView = Static<typeof DependencyView>;

export const storyDependencyInline = edgeView('story', ({ from, to }) => ({
  epic_id: from.epic_id,
  story_id: from.id,
  needs_story_id: to.id,
}));

export const epicDependencyInline = edgeView('epic', ({ from, to }) => ({ epic_id: from.id, needs_epic_id: to.id }));

/** A row per edge. Of what a batch did to one edge, only the last counts. */
function edgeView(level: DependencyLevel, ends: (edge: DependencyEdge) => ViewRow): InlineView<Dependencies> {
  return {
    name: `${level}_dependency`,
    stream: dependencyStream,
    project({ id, facts }) {
      const rows = new Map<string, ViewRow>();
      for (const fact of facts) {
        const edge = fact.data as DependencyEdge;
        if (edge.level === level) rows.set(edge.dependency_id, rowOf(id, fact, ends(edge)));
      }
      return [...rows.values()];
    },
  };
}

function rowOf(projectId: string, { type, version, data }: Fact, ends: ViewRow): ViewRow {
  const frame = { id: data['dependency_id'], project_id: projectId };
  return type === DependencyAdded.type ? { ...frame, version, ...ends } : { ...frame, gone: true };
}

/** An edge as the reply to its command shows it. */
export function showDependency(
  { dependency_id, level, from, to }: DependencyEdge,
  { projectId, version, addedAt }: { readonly projectId: string; readonly version: number; readonly addedAt: string },
): DependencyView {
  return {
    id: dependency_id,
    version,
    created_at: addedAt,
    project_id: projectId,
    level,
    from: { id: from.id, number: from.number },
    needs: { id: to.id, number: to.number },
  };
}

interface DependencyRow extends Row {
  readonly id: string;
  readonly version: number;
  readonly created_at: string;
  readonly project_id: string;
  readonly level: DependencyLevel;
  readonly from_id: string;
  readonly from_number: string;
  readonly needs_id: string;
  readonly needs_number: string;
}

function dependencyText(row: DependencyRow): string {
  return (
    `{"id":"${row.id}","version":${row.version},"created_at":"${row.created_at}","project_id":"${row.project_id}"` +
    `,"level":"${row.level}","from":{"id":"${row.from_id}","number":"${row.from_number}"}` +
    `,"needs":{"id":"${row.needs_id}","number":"${row.needs_number}"}}`
  );
}

/** Numbers are looked up for the edges that are shown, and for no others. */
const columns = `d.id, d.version, d.created_at, d.project_id, d.level, d.from_id, d.needs_id,
  case d.level when 'story' then (select s.number from view.stories s where s.tenant_id = $1 and s.story_id = d.from_id)
    else (select e.number::text from view.epics e where e.tenant_id = $1 and e.epic_id = d.from_id) end as from_number,
  case d.level when 'story' then (select s.number from view.stories s where s.tenant_id = $1 and s.story_id = d.needs_id)
    else (select e.number::text from view.epics e where e.tenant_id = $1 and e.epic_id = d.needs_id) end as needs_number`;

function edges(level: DependencyLevel, condition: string): string {
  return `select d.dependency_id as id, d.version, d.created_at, d.project_id, '${level}' as level,
                 d.${level}_id as from_id, d.needs_${level}_id as needs_id
            from view.${level}_dependencies d
           where d.tenant_id = $1 and ${condition}`;
}

function eitherOf(one: string, other: string): string {
  return `from (${one} union all ${other}) d where true`;
}

export const dependencySnapshot = snapshotOf('dependency', dependencyRules.read, {
  columns,
  source: eitherOf(edges('story', 'true'), edges('epic', 'true')),
  after: 'd.id > $3::uuid',
  show: dependencyText,
});

const frame = { columns, after: 'd.id > $4::uuid', order: ['id'] } as const;

const ofProject = listQuery({
  ...frame,
  name: 'list_project_dependencies',
  parent: projectParent,
  source: eitherOf(edges('story', 'd.project_id = $3'), edges('epic', 'd.project_id = $3')),
});

const ofStory = listQuery({
  ...frame,
  name: 'list_story_dependencies',
  parent: `(
    select s.epic_id from view.stories s
     where s.tenant_id = $1 and s.story_id = $3 and s.status <> 'deleted') as parent`,
  source: eitherOf(
    edges('story', "d.epic_id = parent.epic_id and d.story_id = $3 and $5 <> 'needed_by'"),
    edges('story', "d.needs_story_id = $3 and $5 <> 'needs'"),
  ),
});

const ofEpic = listQuery({
  ...frame,
  name: 'list_epic_dependencies',
  parent: `(
    select e.epic_id from view.epics e
     where e.tenant_id = $1 and e.epic_id = $3 and e.status <> 'deleted') as parent`,
  source: eitherOf(
    edges('epic', "d.epic_id = $3 and $5 <> 'needed_by'"),
    edges('epic', "d.needs_epic_id = $3 and $5 <> 'needs'"),
  ),
});

export const dependencyFilters = {
  direction: Type.Optional(
    Type.Enum(['both', 'needs', 'needed_by'], {
      default: 'both',
      description: '`needs`: what this one needs; `needed_by`: what needs this one',
    }),
  ),
} as const;

export function listProjectDependencies(
  database: Database,
  tenantId: string,
  projectId: string,
  page: PageRequest,
): Promise<Listed | null> {
  const values = [projectId, page.after?.[0] ?? leastId];
  return readPageOf(database, ofProject, { tenantId, page, values, show: dependencyText });
}

export interface DependencyPlace {
  readonly level: DependencyLevel;
  readonly id: string;
  readonly direction?: 'both' | 'needs' | 'needed_by';
}

export function listDependencies(
  database: Database,
  tenantId: string,
  { level, id, direction = 'both' }: DependencyPlace,
  page: PageRequest,
): Promise<Listed | null> {
  const values = [id, page.after?.[0] ?? leastId, direction];
  return readPageOf(database, level === 'story' ? ofStory : ofEpic, { tenantId, page, values, show: dependencyText });
}

const projects = {
  story: statement('project_of_story', 'select project_id from view.stories where tenant_id = $1 and story_id = $2'),
  epic: statement('project_of_epic', 'select project_id from view.epics where tenant_id = $1 and epic_id = $2'),
} as const;

/** Whose graph an object belongs to, for good: also that of a deleted one, so that a repeated command finds its answer. */
export async function findProjectOf(
  database: Database,
  tenantId: string,
  level: DependencyLevel,
  id: string,
): Promise<string | null> {
  const [row] = await database.read<{ project_id: string }>(tenantId, projects[level], [tenantId, id]);
  return row?.project_id ?? null;
}
