// Appointing a judge: a draw, what it says about the story, and the capabilities that go with it.
import type { NewEvent } from '../kernel/event.ts';
import { record } from '../kernel/stream.ts';
import {
  type CapabilityAct,
  StoryReviewerNeeded,
  StoryReviewerPicked,
  StoryVerifierNeeded,
  StoryVerifierPicked,
} from '../events/story-custody.ts';
import { grantCapability, voidCapabilities } from './capability.ts';
import { draw, type DrawAct } from './draw.ts';
import type { Situation } from './story-custody.ts';

const pickedEvents = { review: StoryReviewerPicked, verify: StoryVerifierPicked } as const;
const neededEvents = { review: StoryReviewerNeeded, verify: StoryVerifierNeeded } as const;

interface Appointment {
  readonly act: DrawAct;
  readonly grants: readonly CapabilityAct[];
}

/** Nobody is there: the story says so, and waits. */
export function appointJudge({ world, held }: Pick<Situation, 'world' | 'held'>, appointment: Appointment): NewEvent[] {
  const { act, grants } = appointment;
  const ref = { type: 'story', id: held.id };
  const projectId = held.story.project_id;
  const voided = voidCapabilities(held, grants);
  const drawn = draw(world, held, act);
  if (drawn === null) return [...voided, record(neededEvents[act], ref, {}, projectId)];
  return [
    drawn.event,
    ...voided,
    record(pickedEvents[act], ref, { by: drawn.chosen, draw: drawn.n }, projectId),
    ...grants.map((grant) => grantCapability(world, held, grant, drawn.chosen)),
  ];
}
