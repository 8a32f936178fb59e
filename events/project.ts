// Project: the frame of epics and stories.
import { type Static, Type } from 'typebox';
import { LongText, Name, Slug } from '../kernel/shape.ts';
import { born, defineStream, eventType, when } from '../kernel/stream.ts';
import { Verification } from '../kernel/verification.ts';

export const projectFields = {
  name: Name,
  slug: Slug,
  description: LongText,
} as const;

const closed = { additionalProperties: false } as const;
const none = Type.Object({}, closed);

export const ProjectCreated = eventType(
  'project.created',
  Type.Object(projectFields, closed),
  'A project was created.',
);
export const ProjectChanged = eventType(
  'project.changed',
  Type.Partial(Type.Object({ name: Name, description: LongText }), closed),
  'Name or description of a project changed.',
);
export const ProjectVerificationSet = eventType(
  'project.verification_set',
  Verification,
  'It was said how the stories of a project are verified.',
);
export const ProjectArchived = eventType('project.archived', none, 'A project was archived: nothing in it changes.');
export const ProjectRestored = eventType('project.restored', none, 'An archived project was taken up again.');
export const ProjectDeleted = eventType(
  'project.deleted',
  Type.Object({ slug: Slug }, closed),
  'An empty project was deleted.',
);

export interface Project extends Static<typeof ProjectCreated.shape> {
  /** Null, as `attested`: the word of the verifier. */
  readonly verification: Verification | null;
  readonly status: 'active' | 'archived' | 'deleted';
}

export const projectStream = defineStream<Project>('project', [
  born(ProjectCreated, (data) => ({ ...data, verification: null, status: 'active' })),
  when(ProjectChanged, (project, data) => ({ ...project, ...data })),
  when(ProjectVerificationSet, (project, verification) => ({ ...project, verification })),
  when(ProjectArchived, (project) => ({ ...project, status: 'archived' })),
  when(ProjectRestored, (project) => ({ ...project, status: 'active' })),
  when(ProjectDeleted, (project) => ({ ...project, status: 'deleted' })),
]);
