// Who may act on epics, and what an epic must be for it.
import type { RoleRule } from '../kernel/actor.ts';
import type { World } from '../kernel/command.ts';
import type { Loaded } from '../kernel/event.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import { type Epic, epicStream } from '../events/epic.ts';
import { openProject } from './project.ts';

export const epicRules = {
  read: { atLeast: 'agent' },
  create: { atLeast: 'orchestrator' },
  change: { atLeast: 'orchestrator' },
  archive: { atLeast: 'user' },
  delete: { atLeast: 'user' },
} as const satisfies Record<string, RoleRule>;

export const epicRefusals = defineRefusals({
  epic_not_found: {
    kind: 'missing',
    title: 'No such epic',
    remedy: 'List the epics of a project with GET /api/v1/projects/{project_id}/epics.',
  },
  epic_archived: {
    kind: 'conflict',
    title: 'The epic is archived',
    remedy: 'Restore it with POST /api/v1/epics/{epic_id}/restore, or work in another epic.',
  },
  epic_number_taken: {
    kind: 'conflict',
    title: 'Another epic of the project has this number',
    remedy: 'Leave the number out to get the next free one, or choose another.',
  },
  epic_not_empty: {
    kind: 'conflict',
    title: 'The epic still has stories',
    remedy: 'Delete its stories first, or archive the epic instead.',
  },
  epic_has_dependents: {
    kind: 'conflict',
    title: 'Other epics need this epic',
    remedy: 'Remove those dependencies first: GET /api/v1/epics/{epic_id}/dependencies lists them.',
  },
});

export function epicOf(world: World, id: string): Loaded<Epic> {
  const epic = world.find(epicStream, id);
  if (epic === undefined || epic.state.status === 'deleted')
    throw epicRefusals.refuse('epic_not_found', 'There is no such epic.');
  return epic;
}

/** An epic in which things may change: neither it nor its project is archived. */
export function openEpic(world: World, id: string): Epic {
  const { state } = epicOf(world, id);
  openProject(world, state.project_id);
  if (state.status === 'archived') throw epicRefusals.refuse('epic_archived', `Epic ${state.number} is archived.`);
  return state;
}
