// Who may send whom: what a parent must be, what its children may be, and what ends with a dispatch.
import { type Role, roles, type RoleRule } from '../kernel/actor.ts';
import type { LookupDefinition, World } from '../kernel/command.ts';
import type { Loaded, NewEvent } from '../kernel/event.ts';
import { maxLineage } from '../kernel/lineage.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import { record } from '../kernel/stream.ts';
import { type Dispatch, DispatchCreated, DispatchRevoked, dispatchStream } from '../events/dispatch.ts';
import { KeyRevoked, keyStream } from '../events/key.ts';

export const dispatchRules = {
  read: { atLeast: 'agent' },
  /** Whoever was sent may send others; a root needs a user with an authenticator on top. */
  create: { atLeast: 'agent' },
  createRoot: { atLeast: 'user' },
  revoke: { atLeast: 'user' },
} as const satisfies Record<string, RoleRule>;

export const dispatchRefusals = defineRefusals({
  dispatch_not_found: {
    kind: 'missing',
    title: 'No such dispatch',
    remedy: 'List the dispatches with GET /api/v1/dispatches.',
  },
  dispatch_required: {
    kind: 'forbidden',
    title: 'This needs a dispatch',
    remedy: 'Use the key of a dispatch: a user mints roots, and whoever was sent sends others.',
  },
  dispatch_lineage_broken: {
    kind: 'forbidden',
    title: 'The lineage of the caller is not that of its dispatch',
    remedy: 'Use the key that the dispatch was created with.',
  },
  dispatch_parent_foreign: {
    kind: 'forbidden',
    title: 'The parent is neither your own dispatch nor one that came from it',
    remedy: 'Name your own dispatch as `parent`; GET /api/v1/whoami shows it.',
  },
  dispatch_ended: {
    kind: 'conflict',
    title: 'The dispatch is revoked or expired',
    remedy: 'Ask whoever sent it for another one.',
  },
  dispatch_role_raised: {
    kind: 'forbidden',
    title: 'A child has a higher role than its parent',
    remedy: 'Choose the role of the parent or a lower one.',
  },
  dispatch_story_foreign: {
    kind: 'forbidden',
    title: 'The parent is for another story',
    remedy: 'Leave `story_id` out: the child is for the story of its parent.',
  },
  dispatch_too_deep: {
    kind: 'conflict',
    title: 'The line of dispatches is too long',
    remedy: 'Send the agent from a dispatch that is nearer to the root.',
  },
});

interface LiveDispatch {
  readonly dispatch_id: string;
  readonly lineage: readonly string[];
  readonly key_id: string;
  readonly agent_id: string;
}

/** Those of one root that were not revoked. Their time may be over; a root lives for hours, so there are few. */
export const dispatchesOfRoot: LookupDefinition<readonly LiveDispatch[]> = {
  name: 'dispatches-of-root',
  keyOf({ type, data }) {
    if (type === DispatchRevoked.type) return data['root_id'] as string;
    return type === DispatchCreated.type ? rootOf(data['lineage'] as readonly string[]) : null;
  },
  fold(live, { type, stream, data }) {
    if (type !== DispatchCreated.type) return live.filter(({ dispatch_id }) => dispatch_id !== stream.id);
    const { lineage, key_id, agent_id } = data as unknown as Dispatch;
    return [...live, { dispatch_id: stream.id, lineage, key_id, agent_id }];
  },
};

function rootOf(lineage: readonly string[]): string {
  return lineage[0] as string;
}

export function dispatchOf(world: World, id: string): Loaded<Dispatch> {
  const dispatch = world.find(dispatchStream, id);
  if (dispatch === undefined) throw dispatchRefusals.refuse('dispatch_not_found', 'There is no such dispatch.');
  return dispatch;
}

/** Descendants end with their ancestors: revoked in the same commit, and never for longer than their parent. */
function requireLive({ status, expires_at }: Dispatch, now: string): void {
  if (status === 'active' && expires_at > now) return;
  throw dispatchRefusals.refuse('dispatch_ended', status === 'active' ? 'Its time is over.' : 'It was revoked.');
}

/** The caller's own dispatch as it is at this very commit, whatever its process believes of the key. */
export function ownDispatch(world: World): Dispatch {
  const { lineage } = world.actor;
  const own = lineage.at(-1);
  if (own === undefined) throw dispatchRefusals.refuse('dispatch_required', 'Your key belongs to no dispatch.');
  const dispatch = world.find(dispatchStream, own)?.state;
  if (dispatch === undefined || dispatch.lineage.join() !== lineage.join() || dispatch.role !== world.actor.role) {
    throw dispatchRefusals.refuse('dispatch_lineage_broken', 'Your lineage is not that of your dispatch.');
  }
  requireLive(dispatch, world.now);
  return dispatch;
}

/** A dispatch that the caller may send somebody from. */
export function parentOf(world: World, id: string): Dispatch {
  const own = ownDispatch(world);
  const { state: parent } = dispatchOf(world, id);
  if (!parent.lineage.includes(own.lineage.at(-1) as string)) {
    throw dispatchRefusals.refuse('dispatch_parent_foreign', 'The parent did not come from your dispatch.');
  }
  requireLive(parent, world.now);
  if (parent.lineage.length >= maxLineage) {
    throw dispatchRefusals.refuse('dispatch_too_deep', `A line has at most ${maxLineage} dispatches.`);
  }
  return parent;
}

export function requireRoleWithin(parent: Dispatch, role: Role): void {
  if (roles.indexOf(role) <= roles.indexOf(parent.role)) return;
  throw dispatchRefusals.refuse('dispatch_role_raised', `The parent's role is ${parent.role}, not ${role}.`);
}

/** The story of a child: that of its parent when the parent has one. */
export function storyWithin(parent: Dispatch, storyId: string | null): string | null {
  if (parent.story_id === null || storyId === null || storyId === parent.story_id) return parent.story_id ?? storyId;
  throw dispatchRefusals.refuse('dispatch_story_foreign', 'The parent is for another story.');
}

/** Ends the dispatches that the lineages lead to, with all that came from them and the keys of all. */
export function endFamilies(world: World, lineages: readonly (readonly string[])[]): NewEvent[] {
  const ended = new Map<string, NewEvent[]>();
  for (const lineage of lineages) {
    const [root_id, by] = [rootOf(lineage), lineage.at(-1) as string];
    for (const { dispatch_id, lineage: line, key_id, agent_id } of world.lookup(dispatchesOfRoot, root_id)) {
      if (!line.includes(by) || ended.has(dispatch_id)) continue;
      const revoked = record(DispatchRevoked, { type: dispatchStream.type, id: dispatch_id }, { root_id, by }, null);
      ended.set(dispatch_id, [revoked, ...endKey(world, key_id, agent_id)]);
    }
  }
  return [...ended.values()].flat();
}

function endKey(world: World, keyId: string, agent_id: string): NewEvent[] {
  if (world.find(keyStream, keyId)?.state.ended !== null) return [];
  return [record(KeyRevoked, { type: keyStream.type, id: keyId }, { agent_id }, null)];
}
