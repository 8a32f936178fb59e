// Who may act on stories, and what a story must be for it.
import type { RoleRule } from '../kernel/actor.ts';
import type { World } from '../kernel/command.ts';
import type { Loaded } from '../kernel/event.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import { type Story, storyStream } from '../events/story.ts';
import { openEpic } from './epic.ts';

export const storyRules = {
  read: { atLeast: 'agent' },
  create: { atLeast: 'orchestrator' },
  change: { atLeast: 'orchestrator' },
  archive: { atLeast: 'user' },
  delete: { atLeast: 'user' },
} as const satisfies Record<string, RoleRule>;

export const storyRefusals = defineRefusals({
  story_not_found: {
    kind: 'missing',
    title: 'No such story',
    remedy: 'List the stories of an epic with GET /api/v1/epics/{epic_id}/stories.',
  },
  story_archived: {
    kind: 'conflict',
    title: 'The story is archived',
    remedy: 'Restore it with POST /api/v1/stories/{story_id}/restore.',
  },
  story_number_taken: {
    kind: 'conflict',
    title: 'Another story has this number',
    remedy: 'Leave the number out to get the next free one, or choose another.',
  },
  story_number_foreign: {
    kind: 'rejected',
    title: 'The number does not begin with that of the epic',
    remedy: 'A story of epic 3 is numbered 3.1, 3.2, 3.2.1 and so on.',
  },
  story_revision_not_found: {
    kind: 'missing',
    title: 'The story never had this revision of its criteria',
    remedy: 'Leave `revision` out; the answer names the latest one.',
  },
  story_has_dependents: {
    kind: 'conflict',
    title: 'Other stories need this story',
    remedy: 'Remove those dependencies first: GET /api/v1/stories/{story_id}/dependencies lists them.',
  },
});

/** A story with its place in the log: what custody decides on. */
export interface HeldStory {
  readonly id: string;
  readonly version: number;
  readonly story: Story;
}

export function storyOf(world: World, id: string): Loaded<Story> {
  const story = world.find(storyStream, id);
  if (story === undefined || story.state.status === 'deleted') {
    throw storyRefusals.refuse('story_not_found', 'There is no such story.');
  }
  return story;
}

/** A story that may change: neither it nor its epic nor its project is archived. */
export function openStory(world: World, id: string): Story {
  const { state } = storyOf(world, id);
  openEpic(world, state.epic_id);
  if (state.status === 'archived') throw storyRefusals.refuse('story_archived', `Story ${state.number} is archived.`);
  return state;
}
