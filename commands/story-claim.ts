// Commands of whoever takes a story on: from the contract to handing the work in.
import { type Static, Type } from 'typebox';
import { canonicalJson } from '../kernel/canonical.ts';
import { Digest, digestOf } from '../kernel/digest.ts';
import type { CommandDefinition } from '../kernel/command.ts';
import type { NewEvent } from '../kernel/event.ts';
import { Name } from '../kernel/shape.ts';
import { record } from '../kernel/stream.ts';
import { addSeconds } from '../kernel/timestamp.ts';
import {
  Note,
  StoryArtifactAdded,
  StoryClaimed,
  StoryContracted,
  StoryForceUnclaimed,
  StoryLapsed,
  StoryLeaseExtended,
  StoryStarted,
  StoryUnclaimed,
} from '../events/story-custody.ts';
import { Artifact, LeaseSeconds } from '../events/story-custody-shape.ts';
import { grantCapability, voidCapabilities } from '../policies/capability.ts';
import {
  capableCommand,
  custodyCommand,
  type NamesStory,
  type PresentsCapability,
} from '../policies/custody-command.ts';
import { custodyRefusals } from '../policies/custody-refusal.ts';
import { requireRole } from '../policies/role.ts';
import { isLapsed, type Situation } from '../policies/story-custody.ts';
import { openStory, storyOf } from '../policies/story.ts';

const { refuse } = custodyRefusals;
const closed = { additionalProperties: false } as const;
const defaultLeaseSeconds = 1_800;

/** Tells a worker that woke up late that its claim is not the present one. */
const Fence = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: 2_147_483_647,
    description: '`custody.fence` of the claim that this belongs to',
  }),
);

export const ContractBody = Type.Object(
  {
    title: Name,
    criteria_count: Type.Integer({ minimum: 0, maximum: 100 }),
    criteria_hash: Digest,
  },
  closed,
);
export const ClaimBody = Type.Object({ lease_seconds: Type.Optional(LeaseSeconds) }, closed);
export const StartBody = Type.Object({ fence: Fence }, closed);
export const HeartbeatBody = Type.Object(
  { lease_seconds: Type.Optional(LeaseSeconds), note: Type.Optional(Note), fence: Fence },
  closed,
);
export const UnclaimBody = Type.Object({ fence: Fence }, closed);
export const ArtifactBody = Type.Object({ artifact: Artifact, fence: Fence }, closed);
export const ForceUnclaimBody = Type.Object({ reason: Note }, closed);

const storyRef = (id: string) => ({ type: 'story', id });

function requireFence({ held }: Situation, fence: number | undefined): void {
  const present = held.story.custody?.fence ?? 0;
  if (fence === undefined || fence === present) return;
  throw refuse('fence_stale', `The story is at claim ${present}, not ${fence}.`);
}

/** SHA-256 of the canonical JSON (RFC 8785) of the criteria as the story shows them. */
export function criteriaHash(criteria: readonly { readonly text: string; readonly binding: string | null }[]): string {
  return digestOf(canonicalJson(criteria.map(({ text, binding }) => ({ text, binding }))));
}

export type ContractStory = NamesStory & Static<typeof ContractBody>;

export const contractStory = custodyCommand<ContractStory>({
  name: 'ContractStory',
  act: 'contract',
  decide({ story_id, title, criteria_count, criteria_hash }, situation) {
    const { held, by } = situation;
    const { story } = held;
    const hash = criteriaHash(story.criteria);
    if (title !== story.title || criteria_count !== story.criteria.length || criteria_hash !== hash) {
      throw refuse('contract_mismatch', 'Title, number or hash of the criteria differ from those of the story.');
    }
    const contract = { by, criteria_revision: story.criteria_revision, criteria_hash: hash };
    const contracted = record(StoryContracted, storyRef(story_id), contract, story.project_id);
    return isLapsed(situation) ? [...lapse(situation), contracted] : [contracted];
  },
});

function lapse({ held }: Pick<Situation, 'held'>): NewEvent[] {
  const { fence = 0, lease_until = null } = held.story.custody ?? {};
  if (lease_until === null) return [];
  const data = { fence, lease_until };
  return [...voidCapabilities(held), record(StoryLapsed, storyRef(held.id), data, held.story.project_id)];
}

export type ClaimStory = NamesStory & Static<typeof ClaimBody>;

export const claimStory = custodyCommand<ClaimStory>({
  name: 'ClaimStory',
  act: 'claim',
  decide({ story_id, lease_seconds = defaultLeaseSeconds }, { world, held, by }) {
    const fence = (held.story.custody?.fence ?? 0) + 1;
    const lease = { fence, lease_seconds, lease_until: addSeconds(world.now, lease_seconds) };
    return [
      record(StoryClaimed, storyRef(story_id), { by, ...lease }, held.story.project_id),
      grantCapability(world, held, 'start', by),
    ];
  },
});

export type StartStory = PresentsCapability & Static<typeof StartBody>;

export const startStory = capableCommand<StartStory>({
  name: 'StartStory',
  act: 'start',
  decide({ story_id, fence }, situation) {
    requireFence(situation, fence);
    return [record(StoryStarted, storyRef(story_id), {}, situation.held.story.project_id)];
  },
});

export type HeartbeatStory = NamesStory & Static<typeof HeartbeatBody>;

export const heartbeatStory = custodyCommand<HeartbeatStory>({
  name: 'HeartbeatStory',
  act: 'heartbeat',
  decide({ story_id, lease_seconds = defaultLeaseSeconds, note = null, fence }, situation) {
    requireFence(situation, fence);
    const { world, held } = situation;
    const data = { lease_until: addSeconds(world.now, lease_seconds), note };
    return [record(StoryLeaseExtended, storyRef(story_id), data, held.story.project_id)];
  },
});

export type AddArtifact = NamesStory & Static<typeof ArtifactBody>;

export const addArtifact = custodyCommand<AddArtifact>({
  name: 'AddArtifact',
  act: 'add_artifact',
  decide({ story_id, artifact, fence }, situation) {
    requireFence(situation, fence);
    return [record(StoryArtifactAdded, storyRef(story_id), { artifact }, situation.held.story.project_id)];
  },
});

export type UnclaimStory = NamesStory & Static<typeof UnclaimBody>;

export const unclaimStory = custodyCommand<UnclaimStory>({
  name: 'UnclaimStory',
  act: 'unclaim',
  decide({ story_id, fence }, situation) {
    requireFence(situation, fence);
    const { held } = situation;
    return [...voidCapabilities(held), record(StoryUnclaimed, storyRef(story_id), {}, held.story.project_id)];
  },
});

export type ForceUnclaimStory = NamesStory & Static<typeof ForceUnclaimBody>;

export const forceUnclaimStory = custodyCommand<ForceUnclaimStory>({
  name: 'ForceUnclaimStory',
  act: 'force_unclaim',
  decide({ story_id, reason }, { held }) {
    const taken = record(StoryForceUnclaimed, storyRef(story_id), { reason }, held.story.project_id);
    return [...voidCapabilities(held), taken];
  },
});

/** Of a worker: the lease that it found over. */
export interface LapseLease extends NamesStory {
  readonly fence: number;
}

export const lapseLease: CommandDefinition<LapseLease> = {
  name: 'LapseLease',
  subject: ({ story_id }) => storyRef(story_id),
  authorize: (_command, { actor }) => requireRole({ exactly: ['superadmin'] }, actor),
  decide({ story_id, fence }, world) {
    const { version } = storyOf(world, story_id);
    const held = { id: story_id, version, story: openStory(world, story_id) };
    // Refused and not passed over: an answer is remembered under the worker's key, and a refusal is not.
    if (held.story.custody?.fence !== fence || !isLapsed({ world, held })) {
      throw refuse('story_not_held', 'No lease of that claim has run out.');
    }
    return lapse({ held });
  },
};
