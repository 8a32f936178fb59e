// The life of a story over HTTP, as far as whoever judges it: report, review, verification, rejection, draws.
import { Type } from 'typebox';
import {
  BackfillBody,
  backfillStory,
  CollectBody,
  collectCapability,
  completeReview,
  drawJudge,
  RejectBody,
  rejectStory,
  reportStory,
  ReviewCompleteBody,
  VerifyBody,
  verifyStory,
} from '../commands/story-review.ts';
import { collectRule } from '../policies/story-custody.ts';
import { type Route, route } from './route.ts';
import { performCustody } from './sealed-capability.ts';
import { actRoute, everyAct, everyParty, everyToken, replyExample } from './story-custody.ts';
import { StoryReply } from './story-reply.ts';
import { storyExample, StoryPath } from './story.ts';

/** Where a project is verified by running. */
const runsAgain = ['verification_under_way', 'verification_unbound', 'commit_incomplete'] as const;
const none = Type.Object({}, { additionalProperties: false });

const collectRoute = route({
  method: 'POST',
  url: '/api/v1/stories/:story_id/capabilities',
  operation: 'collectStoryCapability',
  summary: 'Collect a capability that is yours at present',
  description:
    'For whoever claimed the story or was drawn for it. A capability lives 15 minutes; a fresh one voids the one before it.',
  tags: ['custody'],
  role: collectRule,
  params: StoryPath,
  body: CollectBody,
  status: 200,
  response: StoryReply,
  codes: [
    ...everyAct,
    ...everyParty,
    'capability_not_held',
    'story_not_held',
    'story_held_by_another',
    'lease_lapsed',
    'story_started',
    'story_not_in_review',
    'story_not_reported',
    'story_verified',
    'self_report_blocked',
    'self_review_blocked',
    'self_verify_blocked',
    'reviewer_other',
    'verifier_other',
    'review_missing',
    'second_review_missing',
    'review_completed',
    ...runsAgain,
  ],
  examples: { params: { story_id: storyExample.id }, body: { act: 'verify' }, response: replyExample },
  handler: (call) =>
    performCustody(call, {
      definition: collectCapability,
      command: { ...call.body, ...call.params },
      shows: call.body.act,
    }),
});

export const storyJudgementRoutes: readonly Route[] = [
  collectRoute,
  actRoute({
    act: 'report',
    path: 'report',
    operation: 'reportStory',
    summary: 'Report, as the reviewer who was drawn, that a story is done',
    body: none,
    example: {},
    codes: [...everyParty, ...everyToken, 'self_report_blocked', 'story_not_in_review', 'reviewer_other'],
    definition: reportStory,
    takesCapability: true,
  }),
  actRoute({
    act: 'review_complete',
    path: 'review-complete',
    operation: 'completeStoryReview',
    summary: 'Complete the review of a story',
    description:
      'By the reviewer who was drawn, with a capability for `review`, or by an orchestrator from another root than the work. A draw then picks the verifier among orchestrators of other roots, ' +
      'or, for work that looks too small, a second reviewer who had no part in it, whom nobody stands in for.',
    body: ReviewCompleteBody,
    example: { findings: 2, fixes: 1, disproved: 1 },
    codes: [
      ...everyParty,
      ...everyToken,
      'self_review_blocked',
      'story_not_reported',
      'story_verified',
      'review_completed',
      'review_unresolved',
      'reviewer_other',
    ],
    definition: completeReview,
    takesCapability: true,
  }),
  actRoute({
    act: 'verify',
    path: 'verify',
    operation: 'verifyStory',
    summary: 'Verify a story, as whoever was drawn to',
    description:
      'The method is `attested`: the word of the verifier, with the evidence that it names. Where the project says `executed`, ' +
      'the answer is 202: what was handed in is run again, `custody.verification_run` names the run, and the story is verified ' +
      'when that has passed. Criteria that no machine checks need a note each in `attestations`.',
    body: VerifyBody,
    example: { result: 'pass', evidence: 'Ran the tests at the commit: 212 passed' },
    codes: [
      ...everyParty,
      ...everyToken,
      'self_verify_blocked',
      'story_not_reported',
      'story_verified',
      'review_missing',
      'second_review_missing',
      'verifier_other',
      ...runsAgain,
      'attestation_missing',
      'run_limit',
    ],
    definition: verifyStory,
    takesCapability: true,
  }),
  actRoute({
    act: 'reject',
    path: 'reject',
    operation: 'rejectStory',
    summary: 'Reject what was handed in; the story is pending again',
    description: 'Also a story that was verified: its epic is then open again.',
    body: RejectBody,
    example: { reason: 'The second criterion does not hold on an empty list' },
    codes: [...everyParty, 'self_reject_blocked', 'story_not_in_review'],
    definition: rejectStory,
  }),
  actRoute({
    act: 'backfill',
    path: 'backfill',
    operation: 'backfillStory',
    summary: 'Record a story that nobody ever took on as done before',
    body: BackfillBody,
    example: { reason: 'Done before the ledger came', evidence_url: 'https://example.com/commit/1f0e2d3' },
    codes: ['story_touched'],
    definition: backfillStory,
  }),
  actRoute({
    act: 'draw',
    path: 'draw',
    operation: 'drawStoryJudge',
    summary: 'Draw a reviewer or a verifier for a story that waits for one',
    body: none,
    example: {},
    codes: ['draw_not_needed', 'nobody_unrelated'],
    definition: drawJudge,
  }),
];
