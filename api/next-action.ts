// What a caller may do next with a story, as calls to make. Which acts those are, the policies say; here each becomes a request.
import type { TObject } from 'typebox';
import {
  ArtifactBody,
  ClaimBody,
  ContractBody,
  ForceUnclaimBody,
  HeartbeatBody,
  StartBody,
  UnclaimBody,
} from '../commands/story-claim.ts';
import {
  BackfillBody,
  CollectBody,
  RejectBody,
  RequestReviewBody,
  ReviewCompleteBody,
  VerifyBody,
} from '../commands/story-review.ts';
import type { CapabilityAct } from '../events/story-custody.ts';
import type { NextAct } from '../policies/next-act.ts';
import { type ActionTemplate, type ActionView, fixed, found, type From, showAction } from './action.ts';

interface Act {
  readonly why: string;
  /** The last part of the path. */
  readonly path: string;
  readonly operation: string;
  readonly body?: TObject;
  readonly told?: ActionTemplate['told'];
}

/** Stands for the id in texts that are made once. */
const someId = '{story_id}';
const story = `/api/v1/stories/${someId}`;

function ofStory(pointer: string, as?: From['as']) {
  return found({ get: story, pointer, ...(as === undefined ? {} : { as }) });
}

const acts: Readonly<Record<NextAct['act'], Act>> = {
  contract: {
    why: 'Say what the story asks for, and take it on',
    path: 'contract',
    operation: 'contractStory',
    body: ContractBody,
    told: {
      title: ofStory('/title'),
      criteria_count: ofStory('/criteria', 'count'),
      criteria_hash: ofStory('/criteria', 'sha256_of_canonical_json'),
    },
  },
  claim: { why: 'Hold the story for the time of a lease', path: 'claim', operation: 'claimStory', body: ClaimBody },
  start: { why: 'Begin the work', path: 'start', operation: 'startStory', body: StartBody },
  heartbeat: { why: 'Extend the lease', path: 'heartbeat', operation: 'heartbeatStory', body: HeartbeatBody },
  unclaim: { why: 'Give the story back', path: 'unclaim', operation: 'unclaimStory', body: UnclaimBody },
  add_artifact: {
    why: 'Name something that the work brought about',
    path: 'artifacts',
    operation: 'addStoryArtifact',
    body: ArtifactBody,
  },
  request_review: {
    why: 'Hand the work in',
    path: 'request-review',
    operation: 'requestStoryReview',
    body: RequestReviewBody,
  },
  report: { why: 'Report that the story is done', path: 'report', operation: 'reportStory' },
  review_complete: {
    why: 'Complete the review',
    path: 'review-complete',
    operation: 'completeStoryReview',
    body: ReviewCompleteBody,
  },
  verify: { why: 'Verify that the story is done', path: 'verify', operation: 'verifyStory', body: VerifyBody },
  reject: { why: 'Reject what was handed in', path: 'reject', operation: 'rejectStory', body: RejectBody },
  force_unclaim: {
    why: 'Take the story from whoever holds or reviews it',
    path: 'force-unclaim',
    operation: 'forceUnclaimStory',
    body: ForceUnclaimBody,
  },
  backfill: { why: 'Record it as done before', path: 'backfill', operation: 'backfillStory', body: BackfillBody },
  draw: { why: 'Draw a judge', path: 'draw', operation: 'drawStoryJudge' },
  collect_capability: {
    why: 'Get a capability that is yours at present',
    path: 'capabilities',
    operation: 'collectStoryCapability',
    body: CollectBody,
  },
};

const capabilityHeader = 'Loopledger-Capability';

function templateOf({ act, capability }: NextAct): ActionTemplate {
  const { path, told, ...shown } = acts[act];
  const template = { ...shown, action: act, path: `${story}/${path}` };
  if (act === 'collect_capability') return { ...template, told: { act: fixed(capability) } };
  return { ...template, ...(told === undefined ? {} : { told }), ...(capability === null ? {} : needing(capability)) };
}

function needing(capability: CapabilityAct): Pick<ActionTemplate, 'headers' | 'preconditions'> {
  const from = { post: `${story}/capabilities`, body: { act: capability }, pointer: '/capabilities/0/token' };
  const needed = `A capability for \`${capability}\` in the header ${capabilityHeader}; POST …/capabilities gives it.`;
  return { headers: { [capabilityHeader]: { from } }, preconditions: [needed] };
}

/** By public URL and act, the JSON of an action in pieces between which the id of the story goes. */
const pieces = new Map<string, readonly string[]>();

function piecesOf(publicUrl: string, next: NextAct): readonly string[] {
  const place = `${publicUrl} ${next.act} ${next.capability ?? ''}`;
  const known = pieces.get(place);
  if (known !== undefined) return known;
  const made = JSON.stringify(showAction(publicUrl, templateOf(next))).split(someId);
  pieces.set(place, made);
  return made;
}

/** JSON text: every answer to an act of custody has it, and only the id differs from story to story. */
export function nextActionsText(publicUrl: string, storyId: string, next: readonly NextAct[]): string {
  return `[${next.map((one) => piecesOf(publicUrl, one).join(storyId)).join(',')}]`;
}

export function showNextActions(publicUrl: string, storyId: string, next: readonly NextAct[]): ActionView[] {
  return JSON.parse(nextActionsText(publicUrl, storyId, next)) as ActionView[];
}
