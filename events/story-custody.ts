// Custody of a story: who contracted, claimed, did, reported, reviewed and verified it, and on what evidence.
import { Type } from 'typebox';
import { Attestations, Note, Party } from '../kernel/party.ts';
import { Id, Timestamp } from '../kernel/shape.ts';
import { eventType, type Step, when } from '../kernel/stream.ts';
import {
  Fence,
  findingFields,
  Picked,
  Review,
  type SecondReview,
  StorySecondReviewCompleted,
  StorySecondReviewerPicked,
  StorySecondReviewSkipped,
} from './story-custody-review.ts';
import { CapabilityAct, CapabilityConsumed, CapabilityGranted, CapabilityVoided } from './story-custody-capability.ts';
import { endCycle, type Life, spend, within } from './story-custody-life.ts';
import {
  StoryVerificationFailed,
  StoryVerificationPassed,
  StoryVerificationRequested,
  type VerificationRun,
} from './story-custody-run.ts';
import { Artifact, Artifacts, Commit, Contract, EvidenceUrl, LeaseSeconds } from './story-custody-shape.ts';
import { Signals, Suspicion, Took } from './story-custody-signal.ts';

export { CapabilityAct, findingFields, Note, Party };

const closed = { additionalProperties: false } as const;
const none = Type.Object({}, closed);

export const StoryContracted = eventType(
  'story.contracted',
  Contract,
  'An agent said what a story asks for, and took it on.',
);
export const StoryClaimed = eventType(
  'story.claimed',
  Type.Object({ by: Party, fence: Fence, lease_seconds: LeaseSeconds, lease_until: Timestamp }, closed),
  'An agent claimed a story for the time of a lease.',
);
export const StoryStarted = eventType('story.started', none, 'Work on a story began.');
export const StoryLeaseExtended = eventType(
  'story.lease_extended',
  Type.Object({ lease_until: Timestamp, note: Type.Union([Note, Type.Null()]) }, closed),
  'Whoever holds a story showed that the work goes on.',
);
export const StoryLapsed = eventType(
  'story.lapsed',
  Type.Object({ fence: Fence, lease_until: Timestamp }, closed),
  'The lease of a story ran out, and it is pending again.',
);
export const StoryArtifactAdded = eventType(
  'story.artifact_added',
  Type.Object({ artifact: Artifact }, closed),
  'Something that the work brought about was named.',
);
export const StoryReviewRequested = eventType(
  'story.review_requested',
  Type.Object(
    {
      commit: Commit,
      artifacts: Artifacts,
      signals: Type.Optional(Signals),
      suspicion: Type.Optional(Suspicion),
      second_review: Type.Optional(Type.Boolean()),
    },
    closed,
  ),
  'The work on a story was handed in.',
);
export const StoryReviewerPicked = eventType('story.reviewer_picked', Picked, 'A draw chose who reviews a story.');
export const StoryReviewerNeeded = eventType(
  'story.reviewer_needed',
  none,
  'Nobody unrelated was there to review a story; it waits for a draw.',
);
export const StoryReported = eventType(
  'story.reported',
  Type.Object({ by: Party }, closed),
  'The reviewer reported that the story is done.',
);
export const StoryReviewCompleted = eventType(
  'story.review_completed',
  Type.Object({ ...Review.properties, fence: Fence }, closed),
  'The review of what was handed in after that claim is complete.',
);
export const StoryVerifierPicked = eventType('story.verifier_picked', Picked, 'A draw chose who verifies a story.');
export const StoryVerifierNeeded = eventType(
  'story.verifier_needed',
  none,
  'Nobody unrelated was there to verify a story; it waits for a draw.',
);
/** The epic stays on the facts that make or end a verification, so that its verified stories can be counted from them. */
export const StoryVerified = eventType(
  'story.verified',
  Type.Object(
    {
      epic_id: Id,
      by: Party,
      method: Type.Enum(['executed', 'attested']),
      evidence: Note,
      attestations: Type.Optional(Attestations),
      took: Type.Optional(Took),
    },
    closed,
  ),
  'An independent verifier says that the story is done.',
);
export const StoryBackfilled = eventType(
  'story.backfilled',
  Type.Object({ epic_id: Id, reason: Note, evidence_url: EvidenceUrl }, closed),
  'A story that nobody ever took on was recorded as done before.',
);
export const StoryVerificationVoided = eventType(
  'story.verification_voided',
  Type.Object({ epic_id: Id, cause: Type.Enum(['rejected', 'criteria_revised', 'deleted']) }, closed),
  'The verification of a story does not hold any more.',
);
export const StoryRejected = eventType(
  'story.rejected',
  Type.Object({ by: Party, reason: Note }, closed),
  'What was handed in was rejected, and the story is pending again.',
);
export const StoryUnclaimed = eventType('story.unclaimed', none, 'Whoever held a story gave it back.');
export const StoryForceUnclaimed = eventType(
  'story.force_unclaimed',
  Type.Object({ reason: Note }, closed),
  'A story was taken from whoever held it.',
);

/** What new criteria leave of a cycle: a claim, but not the contract, the review or the verification. */
export function withNewCriteria(life: Life): Partial<Life> {
  if (life.custody === null || life.agent_status === 'pending') return {};
  const isHeld = life.agent_status === 'assigned' || life.agent_status === 'implementing';
  return isHeld ? within(life, { contract: null }) : endCycle(life);
}

function isPlain({ agent_status }: Life): boolean {
  return agent_status === 'pending' || agent_status === 'contracted';
}

function claimSteps<State extends Life>(): Step<State>[] {
  return [
    when(StoryContracted, (story, contract) => ({
      ...story,
      ...(isPlain(story)
        ? { ...endCycle(story, { contract }), agent_status: 'contracted' }
        : within(story, { contract })),
    })),
    when(StoryClaimed, (story, { by, fence, lease_until }) => ({
      ...story,
      agent_status: 'assigned',
      ...within(story, { implementer: by, fence, lease_until }),
    })),
    when(StoryStarted, (story) => ({ ...story, agent_status: 'implementing' })),
    when(StoryLeaseExtended, (story, { lease_until }) => ({ ...story, ...within(story, { lease_until }) })),
    when(StoryLapsed, (story) => ({ ...story, ...endCycle(story) })),
    when(StoryUnclaimed, (story) => ({ ...story, ...endCycle(story) })),
    when(StoryForceUnclaimed, (story) => ({ ...story, ...endCycle(story) })),
    when(StoryArtifactAdded, (story, { artifact }) => ({
      ...story,
      ...within(story, { artifacts: [...(story.custody?.artifacts ?? []), artifact] }),
    })),
  ];
}

function reviewSteps<State extends Life>(): Step<State>[] {
  return [
    when(StoryReviewRequested, (story, { commit, artifacts, signals = null, suspicion = null, second_review }) => ({
      ...story,
      agent_status: 'in_review',
      ...within(story, {
        commit,
        artifacts: [...(story.custody?.artifacts ?? []), ...artifacts],
        lease_until: null,
        signals,
        suspicion,
        second_review: second_review === true ? { status: 'due', reviewer: null, review: null } : null,
      }),
    })),
    when(StoryReviewerPicked, (story, { by }) => ({ ...story, ...within(story, { reviewer: by, waits_for: null }) })),
    when(StoryReviewerNeeded, (story) => ({ ...story, ...within(story, { reviewer: null, waits_for: 'reviewer' }) })),
    when(StoryReported, (story, { by }) => ({
      ...story,
      agent_status: 'reported_done',
      ...within(story, { reporter: by }),
    })),
    when(StoryReviewCompleted, (story, { fence: _fence, ...review }) => ({
      ...story,
      ...within(story, { review, waits_for: null }),
    })),
    when(StoryVerifierPicked, (story, { by }) => ({ ...story, ...within(story, { verifier: by, waits_for: null }) })),
    when(StoryVerifierNeeded, (story) => ({ ...story, ...within(story, { verifier: null, waits_for: 'verifier' }) })),
  ];
}

function secondReviewSteps<State extends Life>(): Step<State>[] {
  const second = (story: State, change: Partial<SecondReview>) => ({
    ...story,
    ...within(story, {
      second_review: { status: 'open', reviewer: null, review: null, ...story.custody?.second_review, ...change },
    }),
  });
  return [
    when(StorySecondReviewerPicked, (story, { by }) => second(story, { status: 'open', reviewer: by })),
    when(StorySecondReviewSkipped, (story) => second(story, { status: 'skipped', reviewer: null })),
    when(StorySecondReviewCompleted, (story, { fence: _fence, ...review }) =>
      second(story, { status: 'complete', review }),
    ),
  ];
}

function verificationSteps<State extends Life>(): Step<State>[] {
  return [
    when(StoryVerified, (story, { by, method, evidence }) => ({
      ...story,
      verified_status: 'verified',
      verified_method: method,
      ...within(story, { verification: { by, evidence } }),
    })),
    when(StoryBackfilled, (story, { evidence_url }) => ({
      ...story,
      agent_status: 'reported_done',
      verified_status: 'verified',
      verified_method: 'backfilled',
      ...within(story, { verification: { by: null, evidence: evidence_url } }),
    })),
    when(StoryVerificationVoided, (story) => ({
      ...story,
      // Of a backfilled story nothing else says that it was done.
      agent_status: story.verified_method === 'backfilled' ? 'pending' : story.agent_status,
      verified_status: 'unverified',
      verified_method: null,
      ...within(story, { verification: null }),
    })),
    when(StoryRejected, (story, rejection) => ({
      ...story,
      ...endCycle(story, { rejection }),
      verified_status: 'rejected',
    })),
  ];
}

function verificationRunSteps<State extends Life>(): Step<State>[] {
  const turned = (story: State, change: Pick<VerificationRun, 'status' | 'reasons' | 'statement'>) => {
    const run = story.custody?.verification_run ?? null;
    return { ...story, ...within(story, { verification_run: run === null ? null : { ...run, ...change } }) };
  };
  const begun = { status: 'running' as const, reasons: [], statement: null };
  return [
    when(StoryVerificationRequested, (story, { run_id, by, evidence }) => ({
      ...story,
      ...within(story, { verification_run: { run_id, by, evidence, ...begun } }),
    })),
    when(StoryVerificationPassed, (story, { statement }) =>
      turned(story, { status: 'passed', reasons: [], statement }),
    ),
    when(StoryVerificationFailed, (story, { reasons, statement }) =>
      turned(story, { status: 'failed', reasons, statement }),
    ),
  ];
}

function capabilitySteps<State extends Life>(): Step<State>[] {
  return [
    when(CapabilityGranted, (story, grant) => {
      const { open, spent } = story.capabilities;
      const others = open.filter(({ act }) => act !== grant.act);
      return { ...story, capabilities: { open: [...others, grant], spent } };
    }),
    when(CapabilityConsumed, (story, { jti }) => ({ ...story, capabilities: spend(story.capabilities, jti) })),
    when(CapabilityVoided, (story, { jti }) => ({ ...story, capabilities: spend(story.capabilities, jti) })),
  ];
}

/** For the stream of stories, which has more to tell than its custody. */
export function custodySteps<State extends Life>(): Step<State>[] {
  return [
    ...claimSteps<State>(),
    ...reviewSteps<State>(),
    ...secondReviewSteps<State>(),
    ...verificationRunSteps<State>(),
    ...verificationSteps<State>(),
    ...capabilitySteps<State>(),
  ];
}
