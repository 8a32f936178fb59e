// The shapes of a story's custody, and how it is shown.
import { type Static, Type } from 'typebox';
import { Digest } from '../kernel/digest.ts';
import { Note, Party } from '../kernel/party.ts';
import { Name, Timestamp } from '../kernel/shape.ts';
import { Fence, orNull, Review, SecondReview } from './story-custody-review.ts';
import { VerificationRun } from './story-custody-run.ts';
import { Signals, Suspicion } from './story-custody-signal.ts';

const closed = { additionalProperties: false } as const;

const agentStatuses = ['pending', 'contracted', 'assigned', 'implementing', 'in_review', 'reported_done'] as const;
export const AgentStatus = Type.Enum([...agentStatuses], { description: 'The word of the agents' });
export const VerifiedStatus = Type.Enum(['unverified', 'verified', 'rejected'], { description: 'The verified word' });
export const VerifiedMethod = Type.Enum(['executed', 'attested', 'backfilled']);
export const LeaseSeconds = Type.Integer({ minimum: 60, maximum: 14_400 });
export const Commit = Type.String({ pattern: '^[0-9a-f]{7,64}$', minLength: 7, maxLength: 64 });
export const EvidenceUrl = Type.String({ pattern: '^https?://[!-~]{1,1990}$', minLength: 8, maxLength: 2_000 });
export const Artifact = Type.Object(
  { name: Name, url: Type.Optional(EvidenceUrl), sha256: Type.Optional(Digest) },
  { ...closed, minProperties: 2, description: 'Found by its address, by its content, or by both' },
);
export type Artifact = Static<typeof Artifact>;
export const maxArtifacts = 100;
export const Artifacts = Type.Array(Artifact, { maxItems: maxArtifacts });

export const Contract = Type.Object(
  { by: Party, criteria_revision: Type.Integer({ minimum: 1 }), criteria_hash: Digest },
  closed,
);

/** As it is shown. Everything but `fence` is of the present cycle, from one contract to the end of what follows from it. */
export const Custody = Type.Object(
  {
    fence: Fence,
    contract: orNull(Contract),
    implementer: orNull(Party),
    lease_until: orNull(Timestamp),
    commit: orNull(Commit),
    artifacts: Artifacts,
    waits_for: orNull(Type.Enum(['reviewer', 'verifier'], { description: 'Whom no draw has found yet' })),
    reviewer: orNull(Party),
    reporter: orNull(Party),
    review: orNull(Review),
    signals: orNull(Signals),
    suspicion: orNull(Suspicion),
    second_review: orNull(SecondReview),
    verifier: orNull(Party),
    verification_run: orNull(VerificationRun),
    verification: orNull(Type.Object({ by: orNull(Party), evidence: Type.String({ maxLength: 2_000 }) }, closed)),
    rejection: orNull(Type.Object({ by: Party, reason: Note }, closed)),
  },
  closed,
);
export type Custody = Static<typeof Custody>;
