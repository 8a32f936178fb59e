// Key: what a caller proves itself with. The log holds the hash of the secret and never the secret.
import { type Static, Type } from 'typebox';
import { Lineage } from '../kernel/lineage.ts';
import { Id, Name, Timestamp } from '../kernel/shape.ts';
import { born, defineStream, eventType, when } from '../kernel/stream.ts';

export const KeyRole = Type.Enum(['user', 'orchestrator', 'agent']);
/** Keys of the platform itself have a role that no tenant can give. */
const AnyKeyRole = Type.Enum(['user', 'orchestrator', 'agent', 'superadmin']);
/** What a key may be suspended with; it works again when nothing of this holds any more. */
const KeySuspender = Type.Enum(['tenant', 'agent']);

const closed = { additionalProperties: false } as const;
/** Stays on the fact, so that the keys of an agent are known from the facts alone. Users' keys belong to no agent. */
const holder = { agent_id: Type.Union([Id, Type.Null()]) } as const;
const held = Type.Object(holder, closed);

export const keyFields = {
  name: Name,
  role: KeyRole,
  ...holder,
  prefix: Type.String({ pattern: '^ll_(live|eph)_[0-9A-Za-z]{4,5}$', minLength: 12, maxLength: 12 }),
  expires_at: Type.Union([Timestamp, Type.Null()]),
} as const;

/** What an ephemeral key is bound to; keys that live on have none. */
const KeyDispatch = Type.Object({ dispatch_id: Id, lineage: Lineage, story_id: Type.Union([Id, Type.Null()]) }, closed);
const secret_hash = Type.String({ pattern: '^[0-9a-f]{64}$', maxLength: 64 });

export const KeyCreated = eventType(
  'key.created',
  Type.Object({ ...keyFields, role: AnyKeyRole, secret_hash, dispatch: Type.Optional(KeyDispatch) }, closed),
  'A key was created. Its role and holder stay for life.',
);
/** The one before works until `grace_until`, or stops at once; any before that one stops now. */
export const KeyRotated = eventType(
  'key.rotated',
  Type.Object({ prefix: keyFields.prefix, secret_hash, grace_until: Type.Union([Timestamp, Type.Null()]) }, closed),
  'A key got another secret.',
);
export const KeyRenamed = eventType('key.renamed', Type.Object({ name: Name }, closed), 'A key got another name.');
export const KeySuspended = eventType(
  'key.suspended',
  Type.Object({ by: KeySuspender }, closed),
  'A key stopped with its tenant or its agent.',
);
export const KeyResumed = eventType(
  'key.resumed',
  Type.Object({ by: KeySuspender }, closed),
  'What a key was suspended with works again.',
);
export const KeyRevoked = eventType('key.revoked', held, 'A key was revoked, for ever.');
/** Expiry needs no event to take effect; this one frees the place of the key for another. */
export const KeyExpired = eventType('key.expired', held, 'An expired key made room for another.');

export interface Key extends Static<typeof KeyCreated.shape> {
  /** Earlier secrets, with the time until which they work; null for those that stopped. */
  readonly former: readonly { readonly secret_hash: string; readonly until: string | null }[];
  readonly ended: 'revoked' | 'expired' | null;
  readonly suspended_by: readonly Static<typeof KeySuspender>[];
}

export const keyStream = defineStream<Key>('key', [
  born(KeyCreated, (data) => ({ ...data, former: [], ended: null, suspended_by: [] })),
  when(KeyRotated, (key, { prefix, secret_hash: next, grace_until }) => {
    const stopped = key.former.map((secret) => ({ ...secret, until: null }));
    const former = [...stopped, { secret_hash: key.secret_hash, until: grace_until }];
    return { ...key, prefix, secret_hash: next, former };
  }),
  when(KeyRenamed, (key, data) => ({ ...key, ...data })),
  when(KeySuspended, (key, { by }) => ({
    ...key,
    suspended_by: [...key.suspended_by.filter((held) => held !== by), by],
  })),
  when(KeyResumed, (key, { by }) => ({ ...key, suspended_by: key.suspended_by.filter((held) => held !== by) })),
  when(KeyRevoked, (key) => ({ ...key, ended: 'revoked' })),
  when(KeyExpired, (key) => ({ ...key, ended: 'expired' })),
]);

/** Apart from expiry, which is a matter of the clock. */
export function keyStatus({ ended, suspended_by }: Key): 'active' | 'suspended' | 'revoked' | 'expired' {
  if (ended !== null) return ended;
  return suspended_by.length > 0 ? 'suspended' : 'active';
}
