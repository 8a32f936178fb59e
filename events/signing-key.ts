// Signing key: the public half of a key that the server signs with for the tenant. Private halves are in no event.
import { type Static, Type } from 'typebox';
import { Id } from '../kernel/shape.ts';
import { signingPurposes } from '../kernel/signing.ts';
import { born, defineStream, eventType, when } from '../kernel/stream.ts';

export const SigningKeyPurpose = Type.Enum([...signingPurposes]);

const closed = { additionalProperties: false } as const;

export const signingKeyFields = {
  purpose: SigningKeyPurpose,
  public_key: Type.String({
    pattern: '^[A-Za-z0-9_-]{43}$',
    minLength: 43,
    maxLength: 43,
    description: 'Ed25519: the 32 bytes in base64url',
  }),
} as const;

/** The word of the key before it for the one that takes over. The first keys of a tenant have nobody to vouch for them. */
const Succession = Type.Object(
  { replaces: Id, signature: Type.String({ pattern: '^[A-Za-z0-9_-]{86}$', minLength: 86, maxLength: 86 }) },
  closed,
);

export const SigningKeyCreated = eventType(
  'signing_key.created',
  Type.Object({ ...signingKeyFields, succession: Type.Union([Succession, Type.Null()]) }, closed),
  'The tenant got a key to sign with, from now on the one in force for its purpose.',
);
export const SigningKeyRetired = eventType(
  'signing_key.retired',
  Type.Object({ replaced_by: Id }, closed),
  'Another key took over. What this one signed before stays valid.',
);

export interface SigningKey extends Static<typeof SigningKeyCreated.shape> {
  readonly status: 'active' | 'retired';
  readonly replaced_by: string | null;
}

export const signingKeyStream = defineStream<SigningKey>('signing_key', [
  born(SigningKeyCreated, (data) => ({ ...data, status: 'active', replaced_by: null })),
  when(SigningKeyRetired, (key, { replaced_by }) => ({ ...key, status: 'retired', replaced_by })),
]);
