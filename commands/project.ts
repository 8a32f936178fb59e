// Commands on projects.
import { type Static, Type } from 'typebox';
import type { CommandDefinition, LookupDefinition } from '../kernel/command.ts';
import { canonicalJson } from '../kernel/canonical.ts';
import { record } from '../kernel/stream.ts';
import { Verification } from '../kernel/verification.ts';
import { EpicCreated, EpicDeleted } from '../events/epic.ts';
import {
  ProjectArchived,
  ProjectChanged,
  ProjectCreated,
  ProjectDeleted,
  projectFields,
  ProjectRestored,
  ProjectVerificationSet,
} from '../events/project.ts';
import { openProject, projectOf, projectRefusals, projectRules } from '../policies/project.ts';
import { requireRole } from '../policies/role.ts';
import { requireStepUp } from '../policies/step-up.ts';
import { remoteFault } from '../policies/verification.ts';

const closed = { additionalProperties: false } as const;

export const CreateProjectBody = Type.Object(
  { name: projectFields.name, slug: projectFields.slug, description: Type.Optional(projectFields.description) },
  closed,
);
export const ChangeProjectBody = Type.Partial(
  Type.Object({ name: projectFields.name, description: projectFields.description }),
  { ...closed, minProperties: 1 },
);

/** Whether a slug is in use by a project that is not deleted. */
export const projectSlugTaken: LookupDefinition<boolean> = {
  name: 'project-slug-taken',
  keyOf: (fact) =>
    fact.type === ProjectCreated.type || fact.type === ProjectDeleted.type ? (fact.data['slug'] as string) : null,
  fold: (_taken, fact) => fact.type === ProjectCreated.type,
};

/** How many epics a project holds, archived ones included. */
export const projectEpicCount: LookupDefinition<number> = {
  name: 'project-epic-count',
  keyOf: (fact) =>
    fact.type === EpicCreated.type || fact.type === EpicDeleted.type ? (fact.data['project_id'] as string) : null,
  fold: (count, fact) => (fact.type === EpicCreated.type ? count + 1 : count - 1),
};

export interface CreateProject extends Static<typeof CreateProjectBody> {
  readonly project_id: string;
}

export const createProject: CommandDefinition<CreateProject> = {
  name: 'CreateProject',
  subject: ({ project_id }) => ({ type: 'project', id: project_id }),
  authorize: (_command, world) => requireRole(projectRules.create, world.actor),
  decide({ project_id, name, slug, description }, world) {
    if (world.lookup(projectSlugTaken, slug)) {
      throw projectRefusals.refuse('project_slug_taken', `The slug ${slug} is taken.`);
    }
    const data = { name, slug, description: description ?? '' };
    return [record(ProjectCreated, { type: 'project', id: project_id }, data, project_id)];
  },
};

export interface ChangeProject {
  readonly project_id: string;
  readonly changes: Static<typeof ChangeProjectBody>;
}

export const changeProject: CommandDefinition<ChangeProject> = {
  name: 'ChangeProject',
  subject: ({ project_id }) => ({ type: 'project', id: project_id }),
  authorize: (_command, world) => requireRole(projectRules.change, world.actor),
  decide({ project_id, changes }, world) {
    const project = openProject(world, project_id);
    const changed = Object.entries(changes).some(([key, value]) => project[key as keyof typeof changes] !== value);
    return changed ? [record(ProjectChanged, { type: 'project', id: project_id }, changes, project_id)] : [];
  },
};

export const SetVerificationBody = Verification;

export interface SetVerification {
  readonly project_id: string;
  readonly verification: Verification;
  /** For development and tests: repositories of this machine. */
  readonly allow_local: boolean;
}

export const setVerification: CommandDefinition<SetVerification> = {
  name: 'SetVerification',
  subject: ({ project_id }) => ({ type: 'project', id: project_id }),
  authorize: (_command, world) => requireRole(projectRules.setVerification, world.actor),
  decide({ project_id, verification, allow_local }, world) {
    const project = openProject(world, project_id);
    const fault = remoteFault(verification.git_remote, allow_local);
    if (fault !== null) throw projectRefusals.refuse('project_remote_refused', fault);
    if (canonicalJson({ of: project.verification }) === canonicalJson({ of: verification })) return [];
    return [record(ProjectVerificationSet, { type: 'project', id: project_id }, verification, project_id)];
  },
};

export interface NameProject {
  readonly project_id: string;
}

export const archiveProject: CommandDefinition<NameProject> = {
  name: 'ArchiveProject',
  subject: ({ project_id }) => ({ type: 'project', id: project_id }),
  authorize: (_command, world) => requireRole(projectRules.archive, world.actor),
  decide({ project_id }, world) {
    const { state: project } = projectOf(world, project_id);
    if (project.status === 'archived') return [];
    return [record(ProjectArchived, { type: 'project', id: project_id }, {}, project_id)];
  },
};

export const restoreProject: CommandDefinition<NameProject> = {
  name: 'RestoreProject',
  subject: ({ project_id }) => ({ type: 'project', id: project_id }),
  authorize: (_command, world) => requireRole(projectRules.archive, world.actor),
  decide({ project_id }, world) {
    const { state: project } = projectOf(world, project_id);
    if (project.status === 'active') return [];
    return [record(ProjectRestored, { type: 'project', id: project_id }, {}, project_id)];
  },
};

export const deleteProject: CommandDefinition<NameProject> = {
  name: 'DeleteProject',
  subject: ({ project_id }) => ({ type: 'project', id: project_id }),
  authorize(_command, { actor }) {
    requireRole(projectRules.delete, actor);
    requireStepUp(actor, 'deleteProject');
  },
  decide({ project_id }, world) {
    const { state: project } = projectOf(world, project_id);
    const epics = world.lookup(projectEpicCount, project_id);
    if (epics > 0) throw projectRefusals.refuse('project_not_empty', `${project.name} still has ${epics} epics.`);
    return [record(ProjectDeleted, { type: 'project', id: project_id }, { slug: project.slug }, project_id)];
  },
};
