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
import { StorySecondReviewerPicked, StorySecondReviewSkipped } from '../events/story-custody-review.ts';
import { grantCapability, voidCapabilities } from './capability.ts';
import { draw, type DrawAct } from './draw.ts';
import type { HeldStory } from './story.ts';
import type { Situation } from './story-custody.ts';

const pickedEvents = {
  review: StoryReviewerPicked,
  second_review: StorySecondReviewerPicked,
  verify: StoryVerifierPicked,
} as const;
const neededEvents = { review: StoryReviewerNeeded, verify: StoryVerifierNeeded } as const;

type Place = Pick<Situation, 'world' | 'held'>;

interface Appointment {
  readonly act: DrawAct;
  readonly grants: readonly CapabilityAct[];
}

/** Nobody is there: the story says so, and waits. */
export function appointJudge(place: Place, appointment: Appointment): NewEvent[] {
  const { held } = place;
  const { act, grants } = appointment;
  const needed = record(neededEvents[act], { type: 'story', id: held.id }, {}, held.story.project_id);
  return appoint(place, act, grants) ?? [...voidCapabilities(held, grants), needed];
}

/** Who judges what was reviewed: a second reviewer where the work looks too small and has none yet, or else a verifier. */
export function appointNext(place: Place): NewEvent[] {
  const { held } = place;
  const status = held.story.custody?.second_review?.status ?? null;
  if (status !== 'due' && status !== 'open') return appointJudge(place, { act: 'verify', grants: ['verify'] });
  const appointed = appoint(place, 'second_review', ['review']);
  if (appointed !== null) return appointed;
  // Suspicion alone never stops a story: with nobody to look twice it goes on, and says so.
  const skipped = record(StorySecondReviewSkipped, { type: 'story', id: held.id }, {}, held.story.project_id);
  return [
    ...voidCapabilities(held, ['review']),
    skipped,
    ...appointJudge(place, { act: 'verify', grants: ['verify'] }),
  ];
}

/** As it is once that capability is used up or void. */
export function withoutCapability(held: HeldStory, act: CapabilityAct): HeldStory {
  const { open, spent } = held.story.capabilities;
  const capabilities = { open: open.filter((grant) => grant.act !== act), spent };
  return { ...held, story: { ...held.story, capabilities } };
}

/** Null when nobody is there. */
function appoint({ world, held }: Place, kind: keyof typeof pickedEvents, grants: readonly CapabilityAct[]) {
  const drawn = draw(world, held, kind === 'verify' ? 'verify' : 'review');
  if (drawn === null) return null;
  const ref = { type: 'story', id: held.id };
  return [
    drawn.event,
    ...voidCapabilities(held, grants),
    record(pickedEvents[kind], ref, { by: drawn.chosen, draw: drawn.n }, held.story.project_id),
    ...grants.map((grant) => grantCapability(world, held, grant, drawn.chosen)),
  ];
}
