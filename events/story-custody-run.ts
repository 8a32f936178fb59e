// Verification by running: what was asked for, and what came of it.
import { type Static, Type } from 'typebox';
import { Content } from '../kernel/content.ts';
import { Note, Party } from '../kernel/party.ts';
import { Id } from '../kernel/shape.ts';
import { eventType } from '../kernel/stream.ts';
import { Reasons } from '../kernel/verification.ts';

const closed = { additionalProperties: false } as const;

/** Null when nothing was judged. */
const Statement = Type.Union([Content, Type.Null()]);

/** Of the verifier's word, which holds only when the run passes. */
export const VerificationRun = Type.Object(
  {
    run_id: Id,
    by: Party,
    evidence: Note,
    status: Type.Enum(['running', 'passed', 'failed']),
    reasons: Reasons,
    statement: Statement,
  },
  closed,
);
export type VerificationRun = Static<typeof VerificationRun>;

export const StoryVerificationRequested = eventType(
  'story.verification_requested',
  Type.Object({ run_id: Id, by: Party, evidence: Note, fence: Type.Integer({ minimum: 1 }) }, closed),
  'The verifier had what was handed in run again; the story is verified when that passes.',
);
export const StoryVerificationPassed = eventType(
  'story.verification_passed',
  Type.Object({ run_id: Id, statement: Content }, closed),
  'What was handed in was run again, and every test that the criteria name was seen to pass.',
);
export const StoryVerificationFailed = eventType(
  'story.verification_failed',
  Type.Object({ run_id: Id, reasons: Reasons, statement: Statement }, closed),
  'What was handed in was run again, and not verified; without a statement it was not judged at all.',
);
