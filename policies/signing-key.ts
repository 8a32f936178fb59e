// Which key the tenant signs with, and who may read and change that.
import type { RoleRule } from '../kernel/actor.ts';
import type { LookupDefinition } from '../kernel/command.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import { SigningKeyCreated } from '../events/signing-key.ts';

export const signingKeyRules = {
  read: { atLeast: 'agent' },
} as const satisfies Record<string, RoleRule>;

export const signingKeyRefusals = defineRefusals({
  signing_key_not_found: {
    kind: 'missing',
    title: 'No such signing key',
    remedy: 'List the signing keys with GET /api/v1/signing-keys.',
  },
});

/** By purpose: the id of the key that was created last; null where there never was one. */
export const signingKeyInForce: LookupDefinition<string | null> = {
  name: 'signing-key-in-force',
  keyOf: ({ type, data }) => (type === SigningKeyCreated.type ? (data['purpose'] as string) : null),
  fold: (_before, { stream }) => stream.id,
};
