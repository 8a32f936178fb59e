// Which key the tenant signs with, who may read and change that, and what a key says of the one that takes over.
import type { RoleRule } from '../kernel/actor.ts';
import { canonicalJson } from '../kernel/canonical.ts';
import type { LookupDefinition } from '../kernel/command.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import { type SigningKey, SigningKeyCreated } from '../events/signing-key.ts';

export const signingKeyRules = {
  read: { atLeast: 'agent' },
  rotate: { atLeast: 'user' },
} as const satisfies Record<string, RoleRule>;

export const signingKeyRefusals = defineRefusals({
  signing_key_not_found: {
    kind: 'missing',
    title: 'No such signing key',
    remedy: 'List the signing keys with GET /api/v1/signing-keys.',
  },
  signing_key_outrun: {
    kind: 'conflict',
    title: 'The signing key was rotated meanwhile',
    remedy: 'Look at GET /api/v1/signing-keys, and rotate again if that is still wanted.',
  },
});

/** By purpose: the id of the key that was created last; null where there never was one. */
export const signingKeyInForce: LookupDefinition<string | null> = {
  name: 'signing-key-in-force',
  keyOf: ({ type, data }) => (type === SigningKeyCreated.type ? (data['purpose'] as string) : null),
  fold: (_before, { stream }) => stream.id,
};

export interface SuccessionClaim {
  readonly tenant_id: string;
  readonly purpose: SigningKey['purpose'];
  readonly replaces: string;
  readonly signing_key_id: string;
  readonly public_key: string;
}

/** What the old key signs, so that whoever trusts it can come to trust the new one by the log alone. */
export function successionText({ tenant_id, purpose, replaces, signing_key_id, public_key }: SuccessionClaim): string {
  return canonicalJson({ type: 'signing_key.succession', tenant_id, purpose, replaces, signing_key_id, public_key });
}
