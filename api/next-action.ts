// What a caller may do next, as calls to make. Which acts those are, the policies say; here each becomes a request.
import { type Static, Type } from 'typebox';
import type { NextAct } from '../policies/next-act.ts';

export const NextActionView = Type.Object(
  {
    action: Type.String({ maxLength: 40 }),
    method: Type.Enum(['POST']),
    path: Type.String({ maxLength: 200 }),
    required_body: Type.Union([Type.Object({}, { additionalProperties: true }), Type.Null()], {
      description: 'What must be said; what stands in angle brackets is yours to fill in',
    }),
    preconditions: Type.Array(Type.String({ maxLength: 300 }), { maxItems: 5 }),
    learn_more: Type.String({ maxLength: 500 }),
  },
  { additionalProperties: false },
);
export type NextActionView = Static<typeof NextActionView>;
export const NextActions = Type.Array(NextActionView, {
  maxItems: 30,
  description: 'Exactly the calls that would succeed for this caller now',
});

interface Template {
  readonly path: string;
  readonly operation: string;
  readonly body?: Readonly<Record<string, string | number>>;
}

const reason = { reason: '<why>' };

const templates: Readonly<Record<NextAct['act'], Template>> = {
  contract: {
    path: 'contract',
    operation: 'contractStory',
    body: {
      title: '<title of the story>',
      criteria_count: '<number of its criteria>',
      criteria_hash: '<SHA-256 of the canonical JSON of its criteria>',
    },
  },
  claim: { path: 'claim', operation: 'claimStory' },
  start: { path: 'start', operation: 'startStory' },
  heartbeat: { path: 'heartbeat', operation: 'heartbeatStory' },
  unclaim: { path: 'unclaim', operation: 'unclaimStory' },
  add_artifact: {
    path: 'artifacts',
    operation: 'addStoryArtifact',
    body: { artifact: '<an object with name and url or sha256>' },
  },
  request_review: {
    path: 'request-review',
    operation: 'requestStoryReview',
    body: { commit: '<hash of the commit>' },
  },
  report: { path: 'report', operation: 'reportStory' },
  review_complete: {
    path: 'review-complete',
    operation: 'completeStoryReview',
    body: { findings: '<number>', fixes: '<number>', disproved: '<number>' },
  },
  verify: { path: 'verify', operation: 'verifyStory', body: { result: 'pass', evidence: '<what you saw>' } },
  reject: { path: 'reject', operation: 'rejectStory', body: reason },
  force_unclaim: { path: 'force-unclaim', operation: 'forceUnclaimStory', body: reason },
  backfill: { path: 'backfill', operation: 'backfillStory', body: { ...reason, evidence_url: '<URL>' } },
  draw: { path: 'draw', operation: 'drawStoryJudge' },
  collect_capability: { path: 'capabilities', operation: 'collectStoryCapability', body: {} },
};

export function showNextActions(publicUrl: string, storyId: string, acts: readonly NextAct[]): NextActionView[] {
  return acts.map(({ act, capability }) => {
    const { path, operation, body } = templates[act];
    const isCollecting = act === 'collect_capability';
    const needed = `A capability for \`${capability}\` in the header Loopledger-Capability; POST …/capabilities gives it.`;
    return {
      action: act,
      method: 'POST',
      path: `/api/v1/stories/${storyId}/${path}`,
      required_body: isCollecting ? { act: capability } : (body ?? null),
      preconditions: capability === null || isCollecting ? [] : [needed],
      learn_more: learnMore(publicUrl, operation),
    };
  });
}

function learnMore(publicUrl: string, operation: string): string {
  return `${publicUrl}/docs#${operation}`;
}
