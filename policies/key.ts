// Who may act on keys, which keys there are, and what a key must be for it.
import type { RoleRule } from '../kernel/actor.ts';
import type { LookupDefinition, World } from '../kernel/command.ts';
import type { Fact, Loaded, NewEvent } from '../kernel/event.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import { record } from '../kernel/stream.ts';
import { type Key, KeyCreated, KeyExpired, KeyRevoked, keyStream } from '../events/key.ts';

export const keyRules = {
  /** Of a key of the platform: only the server itself, at the word of whoever runs it. */
  grant: { exactly: ['superadmin'] },
  read: { atLeast: 'user' },
  create: { atLeast: 'user' },
  change: { atLeast: 'user' },
  rotate: { atLeast: 'user' },
  revoke: { atLeast: 'user' },
} as const satisfies Record<string, RoleRule>;

export const keyRefusals = defineRefusals({
  key_not_found: {
    kind: 'missing',
    title: 'No such key',
    remedy: 'List the keys with GET /api/v1/keys.',
  },
  key_agent_required: {
    kind: 'rejected',
    title: 'A key of this role belongs to an agent',
    remedy: 'Name the agent in `agent_id`; POST /api/v1/agents creates one.',
  },
  key_agent_unexpected: {
    kind: 'rejected',
    title: 'A key of a user belongs to no agent',
    remedy: 'Leave `agent_id` out, or choose the role agent or orchestrator.',
  },
  key_role_taken: {
    kind: 'conflict',
    title: 'The agent has a key of this role already',
    remedy: 'Use that key, or revoke it with DELETE /api/v1/keys/{key_id} first.',
  },
  key_last_user: {
    kind: 'conflict',
    title: 'This is the last key of a user',
    remedy: 'Create another key of the role user first: without one nobody could manage the tenant.',
  },
  key_ended: {
    kind: 'conflict',
    title: 'The key is revoked or expired',
    remedy: 'Create another key with POST /api/v1/keys.',
  },
  key_ephemeral: {
    kind: 'conflict',
    title: 'The key of a dispatch is not rotated',
    remedy: 'It ends within hours; revoke the dispatch and create another one.',
  },
  key_secret_lost: {
    kind: 'gone',
    title: 'The secret of this key cannot be shown again',
    remedy: 'Revoke the key and create another one.',
  },
});

/** A key that was neither revoked nor found expired. It may be suspended, and its time may be over. */
export interface HeldKey {
  readonly key_id: string;
  readonly role: Key['role'];
  readonly expires_at: string | null;
  /** Of the dispatch that the key belongs to; empty for keys without one. */
  readonly lineage: readonly string[];
}

/** Stands for the agent where there is none: the keys of users. */
export const userKeys = 'user';

const keyTypes: ReadonlySet<string> = new Set([KeyCreated.type, KeyRevoked.type, KeyExpired.type]);

/** The held keys of one agent, or of the users. */
export const keysOfHolder: LookupDefinition<readonly HeldKey[]> = {
  name: 'keys-of-holder',
  keyOf: (fact) => (keyTypes.has(fact.type) ? ((fact.data['agent_id'] as string | null) ?? userKeys) : null),
  fold: foldKeys,
};

export const wholeTenant = 'tenant';

export const keysOfTenant: LookupDefinition<readonly HeldKey[]> = {
  name: 'keys-of-tenant',
  keyOf: (fact) => (keyTypes.has(fact.type) ? wholeTenant : null),
  fold: foldKeys,
};

function foldKeys(held: readonly HeldKey[], { type, stream, data }: Fact): readonly HeldKey[] {
  const others = held.filter(({ key_id }) => key_id !== stream.id);
  if (type !== KeyCreated.type) return others;
  const { role, expires_at, dispatch } = data as unknown as Key;
  return [...others, { key_id: stream.id, role, expires_at, lineage: dispatch?.lineage ?? [] }];
}

/** Times of one form compare as texts. */
export function isOver({ expires_at }: HeldKey | Key, now: string): boolean {
  return expires_at !== null && expires_at <= now;
}

/** An agent has one key of a role. One whose time is over gives way, and that is written down. */
export function makeRoom(world: World, role: Key['role'], agentId: string | null): NewEvent[] {
  const held = world.lookup(keysOfHolder, agentId ?? userKeys);
  if (role !== 'user' && held.some((key) => key.role === role && !isOver(key, world.now))) {
    throw keyRefusals.refuse('key_role_taken', `The agent has a key of the role ${role} already.`);
  }
  return held
    .filter((key) => isOver(key, world.now))
    .map(({ key_id }) => record(KeyExpired, { type: keyStream.type, id: key_id }, { agent_id: agentId }, null));
}

export function keyOf(world: World, id: string): Loaded<Key> {
  const key = world.find(keyStream, id);
  if (key === undefined) throw keyRefusals.refuse('key_not_found', 'There is no such key.');
  return key;
}

/** A tenant without a user's key could never be managed again. */
export function requireAnotherUser(world: World, keyId: string): void {
  const others = world.lookup(keysOfHolder, userKeys).filter((key) => key.key_id !== keyId && !isOver(key, world.now));
  if (others.length === 0) throw keyRefusals.refuse('key_last_user', 'This is the last key of a user.');
}
