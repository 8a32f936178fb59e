// What an answer shows of a story: the story itself, and with acts of custody what was granted and what may come next.
import { type Static, Type } from 'typebox';
import type { World } from '../kernel/command.ts';
import { lineageHash } from '../kernel/lineage.ts';
import { Timestamp } from '../kernel/shape.ts';
import type { Story } from '../events/story.ts';
import { CapabilityAct } from '../events/story-custody.ts';
import { claimsOf } from '../policies/capability.ts';
import { nextActs } from '../policies/next-act.ts';
import { shownStory, StoryView } from '../projections/story.ts';
import type { ExecuteRequest } from '../sql/batch.ts';
import { NextActions } from './action.ts';
import { nextActionsText } from './next-action.ts';

type Render = ExecuteRequest['render'];

const closed = { additionalProperties: false } as const;

const CapabilityView = Type.Object(
  {
    act: CapabilityAct,
    token: Type.String({ minLength: 1, maxLength: 2_000, description: 'For the header Loopledger-Capability, once' }),
    expires_at: Timestamp,
  },
  closed,
);
export type CapabilityView = Static<typeof CapabilityView>;
const Capabilities = Type.Array(CapabilityView, {
  maxItems: 4,
  description: 'Granted to this caller by this call',
});

export const StoryReply = Type.Object(
  { ...StoryView.properties, capabilities: Capabilities, next_actions: NextActions },
  closed,
);

/** The story as its view shows it. */
export function showStory(status: 200 | 201): Render {
  return ({ id, version, created_at, updated_at, state }) => ({
    status,
    body: JSON.stringify({ id, version, created_at, updated_at, ...shownStory(state as Story) }),
  });
}

type Keep = (storyId: string, token: string) => string;
const inTheClear: Keep = (_storyId, token) => token;

/**
 * `shows` names the act that the call grants to its own caller; what it grants to others is not for this answer. `keep` makes
 * of a token what may be stored.
 */
export function showCustody(publicUrl: string, shows: CapabilityAct | null = null, keep: Keep = inTheClear): Render {
  return ({ id, version, created_at, updated_at, state }, world) => {
    const story = state as Story;
    const capabilities = shows === null ? [] : showCapabilities(world, id, story, shows);
    const body = {
      id,
      version,
      created_at,
      updated_at,
      ...shownStory(story),
      capabilities: capabilities.map((one) => ({ ...one, token: keep(id, one.token) })),
    };
    const actions = nextActionsText(publicUrl, id, nextActs(world, id));
    // Only the act of having it run leaves a story that waits for a run.
    const status = story.custody?.verification_run?.status === 'running' ? 202 : 200;
    return { status, body: `${JSON.stringify(body).slice(0, -1)},"next_actions":${actions}}` };
  };
}

/** The token alone, for the server to use in the name of its caller. */
export function showToken(act: CapabilityAct): Render {
  return ({ id, state }, world) => {
    const [granted] = showCapabilities(world, id, state as Story, act);
    return { status: 200, body: granted?.token ?? '' };
  };
}

function showCapabilities(
  world: World,
  storyId: string,
  { capabilities }: Story,
  act: CapabilityAct,
): CapabilityView[] {
  const mine = lineageHash(world.actor.lineage);
  return capabilities.open
    .filter((grant) => grant.act === act && grant.lineage_hash === mine)
    .map((grant) => {
      const { token } = world.capability(claimsOf(world.tenantId, storyId, grant));
      return { act, token, expires_at: grant.expires_at };
    });
}
