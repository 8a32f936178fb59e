// Projects as people read them.
import { type Static, Type } from 'typebox';
import { viewFrame } from '../kernel/shape.ts';
import { projectEpicCount, projectSlugTaken } from '../commands/project.ts';
import { projectFields, projectStream } from '../events/project.ts';
import { type LookupLoader, rowPerStream } from '../sql/registry.ts';
import { loadAtHead } from './lookup.ts';

export const ProjectView = Type.Object(
  { ...viewFrame, ...projectFields, status: Type.Enum(['active', 'archived']) },
  { additionalProperties: false },
);
export type ProjectView = Static<typeof ProjectView>;

export const projectInline = rowPerStream('project', projectStream, (project) => ({ ...project }));

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
