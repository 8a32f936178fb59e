// The life of a story over HTTP, as far as whoever takes it on: contract, claim, start, lease, handing in.
import type { Static, TObject } from 'typebox';
import type { CommandDefinition } from '../kernel/command.ts';
import { isVisibleAscii } from '../kernel/text.ts';
import {
  addArtifact,
  ArtifactBody,
  ClaimBody,
  claimStory,
  ContractBody,
  contractStory,
  forceUnclaimStory,
  ForceUnclaimBody,
  HeartbeatBody,
  heartbeatStory,
  StartBody,
  startStory,
  UnclaimBody,
  unclaimStory,
} from '../commands/story-claim.ts';
import { requestReview, RequestReviewBody } from '../commands/story-review.ts';
import type { CapabilityAct } from '../events/story-custody.ts';
import { type CustodyAct, custodyRules } from '../policies/story-custody.ts';
import type { Call } from './call.ts';
import { invalidHeader } from './perform.ts';
import { type Route, route } from './route.ts';
import { performCustody } from './sealed-capability.ts';
import { StoryReply } from './story-reply.ts';
import { storyExample, StoryPath } from './story.ts';

const one = '/api/v1/stories/:story_id';
const params = { story_id: storyExample.id };
export const replyExample = { ...storyExample, version: 2, capabilities: [], next_actions: [] };

/** What any act of custody may be refused with. */
export const everyAct = [
  'story_not_found',
  'story_archived',
  'epic_archived',
  'project_archived',
  'tenant_halted',
  'tenant_not_found',
] as const;
export const everyParty = ['dispatch_required', 'dispatch_lineage_broken', 'dispatch_ended'] as const;
export const everyToken = [
  'capability_missing',
  'capability_type',
  'capability_story',
  'capability_lineage',
  'capability_expired',
  'capability_replayed',
  'capability_signature',
] as const;
const holding = ['story_not_held', 'story_held_by_another', 'lease_lapsed', 'fence_stale'] as const;

interface ActParts<Body extends TObject> {
  readonly act: CustodyAct;
  /** The last part of the path. */
  readonly path: string;
  readonly operation: string;
  readonly summary: string;
  readonly description?: string;
  readonly body?: Body;
  readonly example?: Static<Body>;
  readonly codes: readonly string[];
  readonly definition: CommandDefinition<Static<Body> & { story_id: string; capability: string | null }>;
  /** The capability that the answer shows to its caller. */
  readonly shows?: CapabilityAct;
  readonly takesCapability?: true;
}

const maxTokenLength = 2_000;

function capabilityOf(call: Call): string | null {
  const token = call.header('loopledger-capability');
  if (token === undefined) return null;
  if (isVisibleAscii(token, maxTokenLength)) return token;
  throw invalidHeader('Loopledger-Capability', 'A capability has 1 to 2000 visible ASCII characters and no space.');
}

/** Every act of custody is one POST below its story, and answers with the story and what may come next. */
export function actRoute<Body extends TObject>(parts: ActParts<Body>): Route {
  const { act, path, operation, summary, body, definition, shows = null } = parts;
  return route({
    method: 'POST',
    url: `${one}/${path}`,
    operation,
    summary,
    ...(parts.description === undefined ? {} : { description: parts.description }),
    tags: ['custody'],
    role: custodyRules[act].role,
    params: StoryPath,
    ...(body === undefined ? {} : { body }),
    status: 200,
    response: StoryReply,
    codes: [...everyAct, ...parts.codes],
    ...(parts.takesCapability === undefined ? {} : { takesCapability: parts.takesCapability }),
    examples: {
      params,
      ...(parts.example === undefined ? {} : { body: parts.example }),
      response: replyExample,
    },
    handler: (call) =>
      performCustody(call, {
        definition,
        command: { ...call.body, ...call.params, capability: capabilityOf(call) },
        shows,
      }),
  });
}

const digestExample = '0f'.repeat(32);

export const storyCustodyRoutes: readonly Route[] = [
  actRoute({
    act: 'contract',
    path: 'contract',
    operation: 'contractStory',
    summary: 'Say what a story asks for, and take it on',
    description:
      'Echo the title, the number of criteria and the SHA-256 of the canonical JSON (RFC 8785) of `criteria`. New criteria void the contract.',
    body: ContractBody,
    example: { title: storyExample.title, criteria_count: 1, criteria_hash: digestExample },
    codes: [...everyParty, ...holding, 'contract_mismatch', 'story_not_pending'],
    definition: contractStory,
  }),
  actRoute({
    act: 'claim',
    path: 'claim',
    operation: 'claimStory',
    summary: 'Claim a contracted story for the time of a lease',
    description: 'Of many who claim one story, one wins. The answer holds a capability for `start`.',
    body: ClaimBody,
    example: { lease_seconds: 1_800 },
    codes: [...everyParty, 'story_not_contracted', 'story_already_claimed', 'story_blocked'],
    definition: claimStory,
    shows: 'start',
  }),
  actRoute({
    act: 'start',
    path: 'start',
    operation: 'startStory',
    summary: 'Begin work on the story that you hold',
    body: StartBody,
    example: { fence: 1 },
    codes: [...everyParty, ...holding, ...everyToken, 'story_started'],
    definition: startStory,
    takesCapability: true,
  }),
  actRoute({
    act: 'heartbeat',
    path: 'heartbeat',
    operation: 'heartbeatStory',
    summary: 'Extend the lease of the story that you hold, with a note if there is something to say',
    body: HeartbeatBody,
    example: { lease_seconds: 1_800, note: 'Half of the tests pass' },
    codes: [...everyParty, ...holding],
    definition: heartbeatStory,
  }),
  actRoute({
    act: 'add_artifact',
    path: 'artifacts',
    operation: 'addStoryArtifact',
    summary: 'Name something that the work brought about',
    body: ArtifactBody,
    example: { artifact: { name: 'Report', url: 'https://example.com/report' } },
    codes: [...everyParty, ...holding, 'artifact_limit'],
    definition: addArtifact,
  }),
  actRoute({
    act: 'request_review',
    path: 'request-review',
    operation: 'requestStoryReview',
    summary: 'Hand in the work on a story',
    description:
      'A draw picks the reviewer among agents of other roots. Without one the story waits: `custody.waits_for` says so. ' +
      '`signals` say what the work took; where it looks too small beside what is usual in the tenant, or nothing is said, it is reviewed twice.',
    body: RequestReviewBody,
    example: {
      commit: '1f0e2d3c4b5a69788796a5b4c3d2e1f000112233',
      artifacts: [],
      signals: { tool_calls: 64, tokens: 41_000, tests_run: 12, seconds: 1_800 },
    },
    codes: [...everyParty, ...holding, 'artifact_limit', 'story_not_started', 'contract_void', 'commit_incomplete'],
    definition: requestReview,
  }),
  actRoute({
    act: 'unclaim',
    path: 'unclaim',
    operation: 'unclaimStory',
    summary: 'Give back the story that you hold',
    body: UnclaimBody,
    example: { fence: 1 },
    codes: [...everyParty, ...holding],
    definition: unclaimStory,
  }),
  actRoute({
    act: 'force_unclaim',
    path: 'force-unclaim',
    operation: 'forceUnclaimStory',
    summary: 'Take a story from whoever holds or reviews it',
    body: ForceUnclaimBody,
    example: { reason: 'The agent does not answer' },
    codes: ['story_not_held'],
    definition: forceUnclaimStory,
  }),
];
