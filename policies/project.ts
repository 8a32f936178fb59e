// Who may act on projects, and what a project must be for it.
import type { RoleRule } from '../kernel/actor.ts';
import type { World } from '../kernel/command.ts';
import type { Loaded } from '../kernel/event.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import { type Project, projectStream } from '../events/project.ts';

export const projectRules = {
  read: { atLeast: 'agent' },
  create: { atLeast: 'orchestrator' },
  change: { atLeast: 'orchestrator' },
  /** What verification rests on is not for those whose work is verified. */
  setVerification: { atLeast: 'user' },
  archive: { atLeast: 'user' },
  delete: { atLeast: 'user' },
} as const satisfies Record<string, RoleRule>;

export const projectRefusals = defineRefusals({
  project_not_found: {
    kind: 'missing',
    title: 'No such project',
    remedy: 'List the projects with GET /api/v1/projects.',
  },
  project_archived: {
    kind: 'conflict',
    title: 'The project is archived',
    remedy: 'Restore it with POST /api/v1/projects/{project_id}/restore, or work in another project.',
  },
  project_slug_taken: {
    kind: 'conflict',
    title: 'Another project has this slug',
    remedy: 'Choose another slug; each is unique within a tenant.',
  },
  project_remote_refused: {
    kind: 'rejected',
    title: 'Commits are not fetched from such an address',
    remedy: 'Name an https URL of a public host on port 443 or 8443, without user, password, query and fragment.',
  },
  project_not_empty: {
    kind: 'conflict',
    title: 'The project still has epics',
    remedy: 'Delete its epics first, or archive the project instead.',
  },
});

/** The project as it is, archived or not. */
export function projectOf(world: World, id: string): Loaded<Project> {
  const project = world.find(projectStream, id);
  if (project === undefined || project.state.status === 'deleted') {
    throw projectRefusals.refuse('project_not_found', 'There is no such project.');
  }
  return project;
}

/** A project in which things may change. */
export function openProject(world: World, id: string): Project {
  const { state } = projectOf(world, id);
  if (state.status === 'archived') throw projectRefusals.refuse('project_archived', `${state.name} is archived.`);
  return state;
}
