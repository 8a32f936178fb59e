// Commands on keys.
import { type Static, Type } from 'typebox';
import { platformId } from '../kernel/actor.ts';
import type { CommandDefinition, World } from '../kernel/command.ts';
import { record } from '../kernel/stream.ts';
import { addSeconds } from '../kernel/timestamp.ts';
import { Id } from '../kernel/shape.ts';
import { KeyCreated, keyFields, KeyRenamed, KeyRevoked, KeyRotated } from '../events/key.ts';
import { openAgent } from '../policies/agent.ts';
import { endFamilies } from '../policies/dispatch.ts';
import { isOver, keyOf, keyRefusals, keyRules, makeRoom, requireAnotherUser } from '../policies/key.ts';
import { requireRole } from '../policies/role.ts';
import { openTenant } from '../policies/tenant.ts';

const closed = { additionalProperties: false } as const;
const yearS = 31_536_000;

export const CreateKeyBody = Type.Object(
  {
    name: keyFields.name,
    role: keyFields.role,
    agent_id: Type.Optional(Id),
    expires_in: Type.Optional(
      Type.Integer({ minimum: 60, maximum: yearS, description: 'Seconds; without it the key does not expire' }),
    ),
  },
  closed,
);
const daySeconds = 86_400;
export const RotateKeyBody = Type.Object(
  {
    grace_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: daySeconds,
        default: 0,
        description: 'For so long the former secret works too; without it, it stops at once',
      }),
    ),
  },
  closed,
);
export const RenameKeyBody = Type.Object({ name: keyFields.name }, closed);

const keyRef = (id: string) => ({ type: 'key', id });

export interface CreateKey extends Static<typeof CreateKeyBody> {
  readonly key_id: string;
  readonly prefix: string;
  readonly secret_hash: string;
}

export const createKey: CommandDefinition<CreateKey> = {
  name: 'CreateKey',
  subject: ({ key_id }) => keyRef(key_id),
  authorize: (_command, world) => requireRole(keyRules.create, world.actor),
  decide(command, world) {
    openTenant(world);
    const { key_id, name, role, prefix, secret_hash, expires_in } = command;
    const agent_id = requireHolder(command, world);
    const expires_at = expires_in === undefined ? null : addSeconds(world.now, expires_in);
    const data = { name, role, agent_id, prefix, secret_hash, expires_at };
    return [...makeRoom(world, role, agent_id), record(KeyCreated, keyRef(key_id), data, null)];
  },
};

function requireHolder({ role, agent_id }: CreateKey, world: World): string | null {
  if (role === 'user') {
    if (agent_id === undefined) return null;
    throw keyRefusals.refuse('key_agent_unexpected', 'A key of a user belongs to no agent.');
  }
  if (agent_id === undefined) throw keyRefusals.refuse('key_agent_required', `A key of an ${role} names its agent.`);
  openAgent(world, agent_id);
  return agent_id;
}

export interface GrantKey {
  readonly key_id: string;
  readonly name: string;
  readonly prefix: string;
  readonly secret_hash: string;
}

/** A key of the platform, in the log of the platform. */
export const grantKey: CommandDefinition<GrantKey> = {
  name: 'GrantKey',
  subject: ({ key_id }) => keyRef(key_id),
  authorize(_command, world) {
    requireRole(keyRules.grant, world.actor);
    if (world.actor.kind !== 'system' || world.tenantId !== platformId) {
      throw new Error('keys of the platform are granted by the server, in the log of the platform');
    }
  },
  decide({ key_id, ...given }) {
    const data = { ...given, role: 'superadmin', agent_id: null, expires_at: null } as const;
    return [record(KeyCreated, keyRef(key_id), data, null)];
  },
};

export interface RenameKey extends Static<typeof RenameKeyBody> {
  readonly key_id: string;
}

export const renameKey: CommandDefinition<RenameKey> = {
  name: 'RenameKey',
  subject: ({ key_id }) => keyRef(key_id),
  authorize: (_command, world) => requireRole(keyRules.change, world.actor),
  decide({ key_id, name }, world) {
    if (keyOf(world, key_id).state.name === name) return [];
    return [record(KeyRenamed, keyRef(key_id), { name }, null)];
  },
};

export interface RotateKey extends Static<typeof RotateKeyBody> {
  readonly key_id: string;
  readonly prefix: string;
  readonly secret_hash: string;
}

export const rotateKey: CommandDefinition<RotateKey> = {
  name: 'RotateKey',
  subject: ({ key_id }) => keyRef(key_id),
  authorize: (_command, world) => requireRole(keyRules.rotate, world.actor),
  decide({ key_id, prefix, secret_hash, grace_seconds = 0 }, world) {
    openTenant(world);
    const { state: key } = keyOf(world, key_id);
    if (key.ended !== null || isOver(key, world.now)) {
      throw keyRefusals.refuse('key_ended', 'An ended key gets no other secret.');
    }
    if (key.dispatch !== undefined) throw keyRefusals.refuse('key_ephemeral', 'The key belongs to a dispatch.');
    const grace_until = grace_seconds === 0 ? null : addSeconds(world.now, grace_seconds);
    return [record(KeyRotated, keyRef(key_id), { prefix, secret_hash, grace_until }, null)];
  },
};

export interface NameKey {
  readonly key_id: string;
}

export const revokeKey: CommandDefinition<NameKey> = {
  name: 'RevokeKey',
  subject: ({ key_id }) => keyRef(key_id),
  authorize: (_command, world) => requireRole(keyRules.revoke, world.actor),
  decide({ key_id }, world) {
    const { state: key } = keyOf(world, key_id);
    if (key.ended !== null) return [];
    if (key.role === 'user' && !isOver(key, world.now)) requireAnotherUser(world, key_id);
    if (key.dispatch !== undefined) return endFamilies(world, [key.dispatch.lineage]);
    return [record(KeyRevoked, keyRef(key_id), { agent_id: key.agent_id }, null)];
  },
};
