// What acts of custody are refused with, beside what capabilities are refused with.
import { defineRefusals } from '../kernel/refusal.ts';

const look = 'GET /api/v1/stories/{story_id}/next-actions lists what you may do now.';

export const custodyRefusals = defineRefusals({
  contract_mismatch: {
    kind: 'rejected',
    title: 'What was echoed is not what the story asks for',
    remedy:
      'Read the story and its criteria, and send its title, the number of its criteria, and the SHA-256 of their canonical JSON.',
  },
  contract_void: {
    kind: 'conflict',
    title: 'The criteria were revised after the contract',
    remedy: 'Read the new criteria and contract the story again; your claim stands.',
  },
  story_not_pending: {
    kind: 'conflict',
    title: 'The story is not pending',
    remedy: 'Choose another one from GET /api/v1/stories/ready.',
  },
  story_not_contracted: {
    kind: 'conflict',
    title: 'Nobody has contracted the story',
    remedy: 'Contract it first with POST /api/v1/stories/{story_id}/contract.',
  },
  story_already_claimed: {
    kind: 'conflict',
    title: 'Somebody else was faster',
    remedy: 'Choose another one from GET /api/v1/stories/ready.',
  },
  story_blocked: {
    kind: 'conflict',
    title: 'The story waits for others',
    remedy:
      'Each of `blockers` has to be verified or complete first. GET /api/v1/stories/ready lists what waits for nothing.',
  },
  story_not_held: {
    kind: 'conflict',
    title: 'Nobody holds the story at present',
    remedy: look,
  },
  story_held_by_another: {
    kind: 'forbidden',
    title: 'The story is held by another dispatch',
    remedy: 'Only the dispatch that claimed a story works on it.',
  },
  lease_lapsed: {
    kind: 'conflict',
    title: 'The lease of the story is over',
    remedy: 'The story is free again: contract and claim it anew, and extend the lease with heartbeats.',
  },
  fence_stale: {
    kind: 'conflict',
    title: 'The story was claimed again since',
    remedy: 'Stop: what you work on belongs to an earlier claim.',
  },
  story_started: {
    kind: 'conflict',
    title: 'Work on the story has begun already',
    remedy: look,
  },
  story_not_started: {
    kind: 'conflict',
    title: 'Work on the story has not begun',
    remedy: 'Begin it with POST /api/v1/stories/{story_id}/start.',
  },
  artifact_limit: {
    kind: 'conflict',
    title: 'The story has as many artifacts as it may have',
    remedy: 'Name one artifact that lists the others.',
  },
  story_not_in_review: {
    kind: 'conflict',
    title: 'The story is not in review',
    remedy: look,
  },
  story_not_reported: {
    kind: 'conflict',
    title: 'The story is not reported done',
    remedy: look,
  },
  story_verified: {
    kind: 'conflict',
    title: 'The story is verified already',
    remedy: 'Nothing has to be done.',
  },
  self_report_blocked: {
    kind: 'conflict',
    title: 'Nobody reports their own work as done',
    remedy:
      'The reviewer who was drawn reports it. It shares neither a dispatch nor the agent with whoever did the work.',
  },
  self_review_blocked: {
    kind: 'conflict',
    title: 'Nobody reviews their own work',
    remedy: 'The reviewer who was drawn, or an orchestrator from another root, completes the review.',
  },
  self_verify_blocked: {
    kind: 'conflict',
    title: 'Nobody verifies what they did or reviewed',
    remedy: 'The verifier who was drawn decides. It comes from another root than the work and its review.',
  },
  self_reject_blocked: {
    kind: 'conflict',
    title: 'Nobody rejects their own work',
    remedy: 'An orchestrator from another root rejects it. Before it is handed in, give it back with /unclaim.',
  },
  reviewer_other: {
    kind: 'forbidden',
    title: 'Another dispatch was drawn to review the story',
    remedy:
      'Only whoever was drawn reports it. Without one, an orchestrator draws with POST /api/v1/stories/{story_id}/draw.',
  },
  verifier_other: {
    kind: 'forbidden',
    title: 'Another dispatch was drawn to verify the story',
    remedy:
      'Only whoever was drawn verifies it. Without one, an orchestrator draws with POST /api/v1/stories/{story_id}/draw.',
  },
  review_missing: {
    kind: 'conflict',
    title: 'The review of the story is not complete',
    remedy: 'The reviewer completes it with POST /api/v1/stories/{story_id}/review-complete.',
  },
  second_review_missing: {
    kind: 'conflict',
    title: 'The second review of the story is not complete',
    remedy: 'Whoever was drawn for it completes it with POST /api/v1/stories/{story_id}/review-complete.',
  },
  review_completed: {
    kind: 'conflict',
    title: 'The review of the story is complete already',
    remedy: look,
  },
  review_unresolved: {
    kind: 'rejected',
    title: 'Not every finding is dealt with',
    remedy:
      'Every finding is fixed or disproved: `fixes` and `disproved` together are at least `findings`. Else reject the story.',
  },
  story_touched: {
    kind: 'conflict',
    title: 'Somebody took the story on before',
    remedy:
      'Only a story that nobody ever contracted or claimed can be backfilled. Let it be done, reviewed and verified.',
  },
  draw_not_needed: {
    kind: 'conflict',
    title: 'Nobody has to be drawn for the story',
    remedy: look,
  },
  nobody_unrelated: {
    kind: 'conflict',
    title: 'Nobody is there who could be drawn',
    remedy: 'A person mints a root for another agent (agents review, orchestrators verify); then draw again.',
  },
});
