// Reviews of a story: what one finds, and the second one of work that looks too small.
import { type Static, type TSchema, Type } from 'typebox';
import { Note, Party } from '../kernel/party.ts';
import { eventType } from '../kernel/stream.ts';

const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0, maximum: 1_000 });

export const Fence = Type.Integer({
  minimum: 0,
  maximum: 2_147_483_647,
  description: 'How often the story was claimed',
});

/** Every finding of a review was mended or shown to be none. */
export const findingFields = { findings: Count, fixes: Count, disproved: Count } as const;

export function orNull<Shape extends TSchema>(shape: Shape) {
  return Type.Union([shape, Type.Null()]);
}

export const Review = Type.Object({ by: Party, ...findingFields, notes: orNull(Note) }, closed);
export const Picked = Type.Object({ by: Party, draw: Type.Integer({ minimum: 1 }) }, closed);

/** Of work that looks too small: who reviews it once more, or that nobody was there who could. */
export const SecondReview = Type.Object(
  {
    status: Type.Enum(['due', 'open', 'complete', 'skipped']),
    reviewer: orNull(Party),
    review: orNull(Review),
  },
  closed,
);
export type SecondReview = Static<typeof SecondReview>;

export const StorySecondReviewerPicked = eventType(
  'story.second_reviewer_picked',
  Picked,
  'A draw chose who reviews suspicious work once more.',
);
export const StorySecondReviewSkipped = eventType(
  'story.second_review_skipped',
  Type.Object({}, closed),
  'Nobody unrelated was there to review suspicious work once more; it goes on without.',
);
export const StorySecondReviewCompleted = eventType(
  'story.second_review_completed',
  Type.Object({ ...Review.properties, fence: Fence }, closed),
  'The second review of what was handed in after that claim is complete.',
);
