// Capabilities: how one is granted, what a presented one must be, and in which order it is refused.
import { type CapabilityClaims, capabilityHash } from '../kernel/capability.ts';
import { readCapability } from '../kernel/capability-text.ts';
import type { World } from '../kernel/command.ts';
import type { NewEvent } from '../kernel/event.ts';
import { lineageHash } from '../kernel/lineage.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import { record } from '../kernel/stream.ts';
import { addSeconds, epochSeconds } from '../kernel/timestamp.ts';
import type { CapabilityAct, Party } from '../events/story-custody.ts';
import {
  CapabilityConsumed,
  CapabilityGranted,
  CapabilityVoided,
  type Grant,
} from '../events/story-custody-capability.ts';
import type { HeldStory } from './story.ts';

const lifetimeSeconds = 900;
const issuer = 'loopledger';

const again = 'The holder gets a fresh one from POST /api/v1/stories/{story_id}/capabilities.';

export const capabilityRefusals = defineRefusals({
  capability_missing: {
    kind: 'forbidden',
    title: 'The act needs a capability',
    remedy: `Send it in the header Loopledger-Capability. ${again}`,
  },
  capability_type: {
    kind: 'forbidden',
    title: 'The capability is for another act, or is none',
    remedy: `Use the one that was granted for this act. ${again}`,
  },
  capability_story: {
    kind: 'forbidden',
    title: 'The capability is for another story',
    remedy: `Use the one that was granted for this story. ${again}`,
  },
  capability_lineage: {
    kind: 'forbidden',
    title: 'The capability was granted to another lineage',
    remedy: 'Do only what was granted to you; GET /api/v1/stories/{story_id}/next-actions lists what you may do.',
  },
  capability_expired: {
    kind: 'forbidden',
    title: 'The time of the capability is over',
    remedy: again,
  },
  capability_replayed: {
    kind: 'forbidden',
    title: 'The capability was used or replaced before',
    remedy: `Each is good for one act, once. ${again}`,
  },
  capability_signature: {
    kind: 'forbidden',
    title: 'The capability is not one that this server granted',
    remedy: `Send the token as it was given. ${again}`,
  },
  capability_not_held: {
    kind: 'forbidden',
    title: 'This capability is not yours at present',
    remedy: 'It is given to whoever claimed the story, or was drawn for it, while the act is still to be done.',
  },
});

const { refuse } = capabilityRefusals;

function storyRef(id: string) {
  return { type: 'story', id };
}

/** What the token of a grant says; the same grant makes the same token. */
export function claimsOf(tenantId: string, storyId: string, grant: Grant): CapabilityClaims {
  const issued = epochSeconds(grant.issued_at);
  return {
    iss: issuer,
    aud: issuer,
    sub: grant.dispatch_id,
    tid: tenantId,
    act: grant.act,
    story: storyId,
    ver: grant.version,
    lin: grant.lineage_hash,
    jti: grant.jti,
    iat: issued,
    nbf: issued,
    exp: epochSeconds(grant.expires_at),
  };
}

export function grantCapability(world: World, held: HeldStory, act: CapabilityAct, to: Party): NewEvent {
  const grant = {
    jti: world.newId(),
    act,
    dispatch_id: to.lineage.at(-1) as string,
    lineage_hash: lineageHash(to.lineage),
    version: held.version,
    issued_at: world.now,
    expires_at: addSeconds(world.now, lifetimeSeconds),
  };
  const { hash } = world.capability(claimsOf(world.tenantId, held.id, { ...grant, token_hash: '' }));
  return record(CapabilityGranted, storyRef(held.id), { ...grant, token_hash: hash }, held.story.project_id);
}

/** Of the acts that are named, or of all: what was granted and not used is granted no more. */
export function voidCapabilities({ id, story }: HeldStory, acts?: readonly CapabilityAct[]): NewEvent[] {
  return story.capabilities.open
    .filter(({ act }) => acts === undefined || acts.includes(act))
    .map(({ jti, act }) => record(CapabilityVoided, storyRef(id), { jti, act }, story.project_id));
}

/** The event that uses up the capability. What it is compared with is its hash; what it says only explains a refusal. */
export function consumeCapability(world: World, held: HeldStory, act: CapabilityAct, token: string | null): NewEvent {
  if (token === null) throw refuse('capability_missing', `This act needs a capability for \`${act}\`.`);
  const { id, story } = held;
  const hash = capabilityHash(token);
  const grant = story.capabilities.open.find((open) => open.act === act && open.token_hash === hash);
  if (grant === undefined) throw refusalOf(world, held, act, token);
  if (grant.lineage_hash !== lineageHash(world.actor.lineage)) {
    throw refuse('capability_lineage', 'The capability was granted to another lineage than yours.');
  }
  if (grant.expires_at <= world.now) throw refuse('capability_expired', 'The capability is older than 15 minutes.');
  return record(CapabilityConsumed, storyRef(id), { jti: grant.jti, act }, story.project_id);
}

function refusalOf(world: World, { id, story }: HeldStory, act: CapabilityAct, token: string): Error {
  const claims = readCapability(token);
  if (claims?.act !== act) return refuse('capability_type', `This is not a capability for \`${act}\`.`);
  if (claims.story !== id) return refuse('capability_story', 'The capability is for another story.');
  if (claims.lin !== lineageHash(world.actor.lineage)) {
    return refuse('capability_lineage', 'The capability was granted to another lineage than yours.');
  }
  if (typeof claims.exp !== 'number' || claims.exp <= epochSeconds(world.now)) {
    return refuse('capability_expired', 'The capability is older than 15 minutes.');
  }
  if (story.capabilities.spent.includes(String(claims.jti))) {
    return refuse('capability_replayed', 'The capability was used or replaced before.');
  }
  return refuse('capability_signature', 'No such capability was granted.');
}
