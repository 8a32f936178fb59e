// Commands that judge a story: handing it in, report, review, verification, rejection, and what stands in for them.
import { type Static, Type } from 'typebox';
import type { NewEvent } from '../kernel/event.ts';
import { Attestations } from '../kernel/party.ts';
import { record } from '../kernel/stream.ts';
import type { Verification } from '../kernel/verification.ts';
import {
  CapabilityAct,
  findingFields,
  Note,
  StoryBackfilled,
  StoryRejected,
  StoryReported,
  StoryReviewCompleted,
  StoryReviewRequested,
  StoryVerificationVoided,
  StoryVerified,
} from '../events/story-custody.ts';
import { Artifacts, Commit, EvidenceUrl, maxArtifacts } from '../events/story-custody-shape.ts';
import { type SecondReview, StorySecondReviewCompleted } from '../events/story-custody-review.ts';
import { RunRequested } from '../events/run-fact.ts';
import { StoryVerificationRequested } from '../events/story-custody-run.ts';
import { Signals } from '../events/story-custody-signal.ts';
import { grantCapability, voidCapabilities } from '../policies/capability.ts';
import {
  capableCommand,
  custodyCommand,
  type NamesStory,
  type PresentsCapability,
  teachingCommand,
} from '../policies/custody-command.ts';
import { custodyRefusals } from '../policies/custody-refusal.ts';
import { turnEpic } from '../policies/epic-progress.ts';
import { appointJudge, appointNext, withoutCapability } from '../policies/judge.ts';
import {
  collectRule,
  isPickedReviewer,
  missingJudge,
  requireCollector,
  type Situation,
} from '../policies/story-custody.ts';
import { requireRunRoom } from '../policies/run.ts';
import { endVerification, executedBy, orderOf, requireWholeCommit, verificationRun } from '../policies/verification.ts';
import { isSuspicious, signalBaseline, suspicionOf, wholeTenant } from '../policies/signal.ts';
import type { HeldStory } from '../policies/story.ts';

const { refuse } = custodyRefusals;
const closed = { additionalProperties: false } as const;

export const RequestReviewBody = Type.Object(
  {
    commit: Commit,
    artifacts: Type.Optional(Artifacts),
    signals: Type.Optional(Signals),
    fence: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: '`custody.fence` of the claim it belongs to' }),
    ),
  },
  closed,
);
export const ReviewCompleteBody = Type.Object({ ...findingFields, notes: Type.Optional(Note) }, closed);
export const VerifyBody = Type.Object(
  {
    result: Type.Enum(['pass'], { description: 'What does not pass is rejected' }),
    evidence: Note,
    attestations: Type.Optional({
      ...Attestations,
      description:
        'A word on single criteria; where the project is verified by running, on each that no machine checks and on no other',
    }),
  },
  closed,
);
export const RejectBody = Type.Object({ reason: Note }, closed);
export const BackfillBody = Type.Object({ reason: Note, evidence_url: EvidenceUrl }, closed);
export const CollectBody = Type.Object({ act: CapabilityAct }, closed);

const storyRef = (id: string) => ({ type: 'story', id });

export type RequestReview = NamesStory & Static<typeof RequestReviewBody>;

export const requestReview = custodyCommand<RequestReview>({
  name: 'RequestReview',
  act: 'request_review',
  decide({ story_id, commit, artifacts = [], signals, fence }, situation) {
    const { world, held } = situation;
    const { custody, project_id, criteria } = held.story;
    if (fence !== undefined && fence !== custody?.fence) {
      throw refuse('fence_stale', `The story is at claim ${custody?.fence ?? 0}, not ${fence}.`);
    }
    if ((custody?.artifacts.length ?? 0) + artifacts.length > maxArtifacts) {
      throw refuse('artifact_limit', `A story has at most ${maxArtifacts} artifacts.`);
    }
    if (executedBy(world, held.story) !== null) requireWholeCommit(commit);
    const suspicion = suspicionOf(signals ?? {}, criteria.length, world.lookup(signalBaseline, wholeTenant));
    const told = signals === undefined ? {} : { signals };
    const judged = { suspicion, second_review: isSuspicious(suspicion) };
    return [
      record(StoryReviewRequested, storyRef(story_id), { commit, artifacts, ...told, ...judged }, project_id),
      ...appointJudge(situation, { act: 'review', grants: ['report', 'review'] }),
    ];
  },
});

export const reportStory = capableCommand<PresentsCapability>({
  name: 'ReportStory',
  act: 'report',
  decide: ({ story_id }, { held, by }) => [record(StoryReported, storyRef(story_id), { by }, held.story.project_id)],
});

export type CompleteReview = PresentsCapability & Static<typeof ReviewCompleteBody>;

export const completeReview = capableCommand<CompleteReview>({
  name: 'CompleteReview',
  act: 'review_complete',
  decide({ story_id, findings, fixes, disproved, notes = null }, situation) {
    const { world, held, by } = situation;
    if (fixes + disproved < findings) {
      throw refuse('review_unresolved', `${findings - fixes - disproved} findings are neither fixed nor disproved.`);
    }
    const { custody, project_id } = held.story;
    const review = { by, findings, fixes, disproved, notes };
    const kind = (custody?.review ?? null) === null ? StoryReviewCompleted : StorySecondReviewCompleted;
    return [
      ...(isPickedReviewer(situation) ? [] : voidCapabilities(held, ['review'])),
      record(kind, storyRef(story_id), { ...review, fence: custody?.fence ?? 0 }, project_id),
      ...appointNext({ world, held: withReview(held, review) }),
    ];
  },
});

type Review = NonNullable<NonNullable<HeldStory['story']['custody']>['review']>;

/** As it is once the review is recorded: whoever is drawn next may not be of the reviewer's lineage. */
function withReview(before: HeldStory, review: Review): HeldStory {
  const held = withoutCapability(before, 'review');
  const { custody } = held.story;
  if (custody === null) return held;
  const second: SecondReview = { reviewer: null, ...custody.second_review, status: 'complete', review };
  const recorded = custody.review === null ? { review } : { second_review: second };
  return { ...held, story: { ...held.story, custody: { ...custody, ...recorded } } };
}

export type VerifyStory = PresentsCapability & Static<typeof VerifyBody>;

export const verifyStory = capableCommand<VerifyStory>({
  name: 'VerifyStory',
  act: 'verify',
  decide({ story_id, evidence, attestations = [] }, situation) {
    const { world, held, by } = situation;
    const settings = executedBy(world, held.story);
    if (settings !== null) return requestVerification(situation, { settings, evidence, attestations });
    const { epic_id, project_id, custody, criteria } = held.story;
    const signals = custody?.signals ?? null;
    const took = signals === null ? {} : { took: { signals, criteria: criteria.length } };
    const words = attestations.length === 0 ? {} : { attestations };
    const data = { epic_id, by, method: 'attested' as const, evidence, ...words, ...took };
    return [record(StoryVerified, storyRef(story_id), data, project_id), ...turnEpic(world, epic_id, { verified: 1 })];
  },
});

interface Asked {
  readonly settings: Verification;
  readonly evidence: string;
  readonly attestations: Static<typeof Attestations>;
}

/** The word of the verifier, and the run that it waits for. */
function requestVerification({ world, held, by }: Situation, asked: Asked): NewEvent[] {
  const { settings, evidence, attestations } = asked;
  const { project_id, custody } = held.story;
  requireRunRoom(world);
  const order = orderOf(held, settings, attestations);
  const run_id = world.newId();
  const requested = { run_id, by, evidence, fence: custody?.fence ?? 0 };
  return [
    record(StoryVerificationRequested, storyRef(held.id), requested, project_id),
    record(RunRequested, { type: 'run', id: run_id }, verificationRun(held, order), project_id),
  ];
}

export type RejectStory = NamesStory & Static<typeof RejectBody>;

export const rejectStory = custodyCommand<RejectStory>({
  name: 'RejectStory',
  act: 'reject',
  decide({ story_id, reason }, situation) {
    const { held, by, world } = situation;
    const { project_id } = held.story;
    return [
      ...voidCapabilities(held),
      ...unverify(situation),
      ...endVerification(world, held.story),
      record(StoryRejected, storyRef(story_id), { by, reason }, project_id),
    ];
  },
});

function unverify({ world, held: { id, story } }: Situation): NewEvent[] {
  if (story.verified_status !== 'verified') return [];
  const { epic_id, project_id } = story;
  return [
    record(StoryVerificationVoided, storyRef(id), { epic_id, cause: 'rejected' }, project_id),
    ...turnEpic(world, epic_id, { verified: -1 }),
  ];
}

export type BackfillStory = NamesStory & Static<typeof BackfillBody>;

export const backfillStory = custodyCommand<BackfillStory>({
  name: 'BackfillStory',
  act: 'backfill',
  decide({ story_id, reason, evidence_url }, { world, held }) {
    const { epic_id, project_id } = held.story;
    const data = { epic_id, reason, evidence_url };
    return [
      record(StoryBackfilled, storyRef(story_id), data, project_id),
      ...turnEpic(world, epic_id, { verified: 1 }),
    ];
  },
});

/** For a story that nobody was drawn for, or whose judge cannot act any more. */
export const drawJudge = custodyCommand<NamesStory>({
  name: 'DrawJudge',
  act: 'draw',
  decide(_command, situation) {
    const act = missingJudge(situation);
    if (act === null) throw refuse('draw_not_needed', 'Nobody has to be drawn.');
    const { agent_status, custody } = situation.held.story;
    if (act === 'verify' || (custody?.review ?? null) !== null) return appointNext(situation);
    const isReported = agent_status === 'reported_done';
    const grants: readonly CapabilityAct[] = isReported ? ['review'] : ['report', 'review'];
    return appointJudge(situation, { act, grants });
  },
});

export type CollectCapability = NamesStory & Static<typeof CollectBody>;

/** A fresh one for the holder; the one before it is void. */
export const collectCapability = teachingCommand<CollectCapability>({
  name: 'CollectCapability',
  role: collectRule,
  decide({ story_id, act }, world) {
    const { held, by } = requireCollector(world, act, story_id);
    return [...voidCapabilities(held, [act]), grantCapability(world, held, act, by)];
  },
});
