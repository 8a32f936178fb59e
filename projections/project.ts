// Projects as people read them.
import { type Static, Type } from 'typebox';
import { Slug, viewFrame } from '../kernel/shape.ts';
import { Verification } from '../kernel/verification.ts';
import { projectEpicCount, projectSlugTaken } from '../commands/project.ts';
import { projectFields, projectStream } from '../events/project.ts';
import { projectRules } from '../policies/project.ts';
import { type LookupLoader, rowPerStream } from '../sql/registry.ts';
import type { Database } from '../sql/database.ts';
import { statement } from '../sql/statement.ts';
import { loadAtHead } from './lookup.ts';
import { type Found, findObject, frameText, type ObjectRow } from './object.ts';
import { headPosition, leastId, type Listed, listQuery, type PageRequest, readPage } from './page.ts';
import { snapshotOf } from './snapshot.ts';
import { type StatusFilter, statusesOf, statusFilter } from './status.ts';

export const ProjectView = Type.Object(
  {
    ...viewFrame,
    ...projectFields,
    verification: Type.Union([Verification, Type.Null()], { description: 'Null is as `attested`' }),
    status: Type.Enum(['active', 'archived']),
  },
  { additionalProperties: false },
);
export type ProjectView = Static<typeof ProjectView>;

export const projectInline = rowPerStream('project', projectStream, (project) => ({ ...project }));

interface ProjectRow extends ObjectRow {
  readonly name: string;
  readonly slug: string;
  readonly description: string;
  readonly verification: string | null;
  readonly status: string;
}

const columns =
  'p.project_id as id, p.version, p.created_at, p.updated_at, p.name, p.slug, p.description, p.verification::text as verification, p.status';

function projectText(row: ProjectRow): string {
  const { name, slug, description, verification, status } = row;
  const words = `"name":${JSON.stringify(name)},"slug":"${slug}","description":${JSON.stringify(description)}`;
  return `{${frameText(row)},${words},"verification":${verification ?? 'null'},"status":"${status}"}`;
}

export const projectSnapshot = snapshotOf('project', projectRules.read, {
  columns,
  source: "from view.projects p where p.tenant_id = $1 and p.status <> 'deleted'",
  after: 'p.project_id > $3::uuid',
  show: projectText,
});

const byId = statement(
  'find_project',
  `select ${headPosition} as position, ${columns}
     from view.projects p
    where p.tenant_id = $1 and p.project_id = $2 and p.status <> 'deleted'`,
);

export function findProject(database: Database, tenantId: string, id: string): Promise<Found | null> {
  return findObject(database, byId, { tenantId, id, show: projectText });
}

export const projectFilters = { ...statusFilter, slug: Type.Optional(Slug) } as const;
export interface ProjectFilters extends StatusFilter {
  readonly slug?: string;
}

const inOrderOfBirth = listQuery({
  name: 'list_projects',
  columns,
  source: `from view.projects p
          where p.tenant_id = $1 and p.status = any($4::text[]) and ($5::text is null or p.slug = $5)`,
  after: 'p.project_id > $3::uuid',
  order: ['id'],
});

export async function listProjects(
  database: Database,
  tenantId: string,
  filters: ProjectFilters,
  page: PageRequest,
): Promise<Listed> {
  const values = [page.after?.[0] ?? leastId, statusesOf(filters), filters.slug ?? null];
  return readPage(database, inOrderOfBirth, { tenantId, page, values, show: projectText });
}

export const projectLookups: readonly LookupLoader[] = [
  {
    definition: projectSlugTaken,
    load: loadAtHead(
      'project_slug_taken',
      `exists (
         select from view.projects p
          where p.tenant_id = $1 and p.slug = $2 and p.status <> 'deleted')`,
    ),
  },
  {
    definition: projectEpicCount,
    load: loadAtHead(
      'project_epic_count',
      `(
         select count(*) from view.epics e
          where e.tenant_id = $1 and e.project_id = $2 and e.status <> 'deleted')`,
    ),
  },
];
