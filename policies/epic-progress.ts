// How far an epic is. It is complete when it has stories and each of them is verified, whatever path verified them.
import type { LookupDefinition, World } from '../kernel/command.ts';
import type { NewEvent } from '../kernel/event.ts';
import { record } from '../kernel/stream.ts';
import { EpicCompleted, EpicReopened, epicStream } from '../events/epic.ts';
import { StoryCreated, StoryDeleted } from '../events/story.ts';
import { StoryBackfilled, StoryVerificationVoided, StoryVerified } from '../events/story-custody.ts';

/** How many stories an epic holds, archived ones included. */
export const epicStoryCount: LookupDefinition<number> = {
  name: 'epic-story-count',
  keyOf: (fact) =>
    fact.type === StoryCreated.type || fact.type === StoryDeleted.type ? (fact.data['epic_id'] as string) : null,
  fold: (count, fact) => (fact.type === StoryCreated.type ? count + 1 : count - 1),
};

const verifying: ReadonlySet<string> = new Set([StoryVerified.type, StoryBackfilled.type]);

/** How many of them are verified. */
export const epicVerifiedCount: LookupDefinition<number> = {
  name: 'epic-verified-count',
  keyOf: ({ type, data }) =>
    verifying.has(type) || type === StoryVerificationVoided.type ? (data['epic_id'] as string) : null,
  fold: (count, { type }) => (verifying.has(type) ? count + 1 : count - 1),
};

/** What a command is about to do to the stories of an epic. */
interface Turn {
  readonly stories?: number;
  readonly verified?: number;
}

/** The event of an epic that completes or re-opens with the command; none when it stays what it is. */
export function turnEpic(world: World, epicId: string, { stories = 0, verified = 0 }: Turn): NewEvent[] {
  const epic = world.find(epicStream, epicId)?.state;
  if (epic === undefined) return [];
  const held = world.lookup(epicStoryCount, epicId) + stories;
  const isComplete = held > 0 && world.lookup(epicVerifiedCount, epicId) + verified === held;
  if (isComplete === epic.is_complete) return [];
  return [record(isComplete ? EpicCompleted : EpicReopened, { type: 'epic', id: epicId }, {}, epic.project_id)];
}
