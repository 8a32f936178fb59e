// Commands on dispatches. A dispatch and its key are born in one commit, and end in one.
import { type Static, Type } from 'typebox';
import type { CommandDefinition, World } from '../kernel/command.ts';
import { Id } from '../kernel/shape.ts';
import { record } from '../kernel/stream.ts';
import { addSeconds } from '../kernel/timestamp.ts';
import { type Dispatch, DispatchCreated, DispatchRole } from '../events/dispatch.ts';
import { KeyCreated } from '../events/key.ts';
import { openAgent } from '../policies/agent.ts';
import {
  dispatchOf,
  dispatchRules,
  endFamilies,
  parentOf,
  requireRoleWithin,
  storyWithin,
} from '../policies/dispatch.ts';
import { makeRoom } from '../policies/key.ts';
import { requireDispatchQuota } from '../policies/quota.ts';
import { requireRole } from '../policies/role.ts';
import { requireStepUp } from '../policies/step-up.ts';
import { openStory } from '../policies/story.ts';
import { openTenant } from '../policies/tenant.ts';

export const CreateDispatchBody = Type.Object(
  {
    parent: Type.Union([Id, Type.Null()], {
      description: 'Null for a root, which only a user with an authenticator mints',
    }),
    role: DispatchRole,
    agent_id: Id,
    story_id: Type.Optional(Id),
    expires_in: Type.Integer({ minimum: 60, maximum: 14_400, description: 'Seconds; never longer than the parent' }),
  },
  { additionalProperties: false },
);

const dispatchRef = (id: string) => ({ type: 'dispatch', id });

export interface CreateDispatch extends Static<typeof CreateDispatchBody> {
  readonly dispatch_id: string;
  readonly key: { readonly key_id: string; readonly prefix: string; readonly secret_hash: string };
}

export const createDispatch: CommandDefinition<CreateDispatch> = {
  name: 'CreateDispatch',
  subject: ({ dispatch_id }) => dispatchRef(dispatch_id),
  authorize({ parent }, world) {
    requireRole(parent === null ? dispatchRules.createRoot : dispatchRules.create, world.actor);
    if (parent === null) requireStepUp(world.actor, 'createDispatch');
  },
  decide(command, world) {
    openTenant(world);
    requireDispatchQuota(world);
    const { dispatch_id, role, agent_id, key } = command;
    const { lineage, story_id, expires_at } = placeOf(command, world);
    if (story_id !== null) openStory(world, story_id);
    const { name } = openAgent(world, agent_id);
    const { key_id, ...shown } = key;
    const dispatch = { parent_id: command.parent, lineage, role, agent_id, story_id, key_id, expires_at };
    const bound = { dispatch_id, lineage, story_id };
    return [
      ...makeRoom(world, role, agent_id),
      record(DispatchCreated, dispatchRef(dispatch_id), dispatch, null),
      record(
        KeyCreated,
        { type: 'key', id: key_id },
        { ...shown, name, role, agent_id, expires_at, dispatch: bound },
        null,
      ),
    ];
  },
};

/** Where a dispatch stands: below its parent, for its parent's story, and never longer than it. */
function placeOf(command: CreateDispatch, world: World): Pick<Dispatch, 'lineage' | 'story_id' | 'expires_at'> {
  const { dispatch_id, role, story_id = null } = command;
  const wanted = addSeconds(world.now, command.expires_in);
  if (command.parent === null) return { lineage: [dispatch_id], story_id, expires_at: wanted };
  const parent = parentOf(world, command.parent);
  requireRoleWithin(parent, role);
  return {
    lineage: [...parent.lineage, dispatch_id],
    story_id: storyWithin(parent, story_id),
    expires_at: wanted < parent.expires_at ? wanted : parent.expires_at,
  };
}

export interface NameDispatch {
  readonly dispatch_id: string;
}

export const revokeDispatch: CommandDefinition<NameDispatch> = {
  name: 'RevokeDispatch',
  subject: ({ dispatch_id }) => dispatchRef(dispatch_id),
  authorize: (_command, world) => requireRole(dispatchRules.revoke, world.actor),
  decide({ dispatch_id }, world) {
    const { state: dispatch } = dispatchOf(world, dispatch_id);
    return dispatch.status === 'revoked' ? [] : endFamilies(world, [dispatch.lineage]);
  },
};
