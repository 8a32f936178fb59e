// Authenticator: a passkey or security key of an operator. The log holds its public key; nothing secret of it exists here.
import { type Static, Type } from 'typebox';
import { Id, Name, Timestamp } from '../kernel/shape.ts';
import { born, defineStream, eventType, when } from '../kernel/stream.ts';

const closed = { additionalProperties: false } as const;
const base64url = (maxLength: number, description: string) =>
  Type.String({ pattern: '^[A-Za-z0-9_-]+$', minLength: 1, maxLength, description });

const SignCount = Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: 'Uses, as the device counts them' });

export const authenticatorFields = {
  name: Name,
  credential_id: base64url(1_400, 'In base64url'),
  public_key: base64url(2_000, 'COSE key in base64url'),
  sign_count: SignCount,
  backup_eligible: Type.Boolean({ description: 'Whether the key may be synced to other devices; stays for life' }),
  transports: Type.Array(Type.String({ pattern: '^[a-z-]{1,20}$', maxLength: 20 }), { maxItems: 8 }),
} as const;

export const AuthenticatorEnrolled = eventType(
  'authenticator.enrolled',
  Type.Object({ operator_id: Id, ...authenticatorFields }, closed),
  'An operator can prove itself with another authenticator.',
);
/** Every use is written down: the counter moves with it, and a copy of the device that falls behind is found out. */
export const AuthenticatorUsed = eventType(
  'authenticator.used',
  Type.Object(
    {
      act: Type.String({
        pattern: '^[A-Za-z]{1,100}$',
        maxLength: 100,
        description: 'The operation that it was used for',
      }),
      sign_count: SignCount,
      backed_up: Type.Boolean(),
      used_at: Timestamp,
    },
    closed,
  ),
  'An operator proved itself.',
);
export const AuthenticatorRevoked = eventType(
  'authenticator.revoked',
  Type.Object({}, closed),
  'An authenticator was revoked, for ever.',
);

export interface Authenticator extends Static<typeof AuthenticatorEnrolled.shape> {
  readonly used_at: string | null;
  readonly status: 'active' | 'revoked';
}

export const authenticatorStream = defineStream<Authenticator>('authenticator', [
  born(AuthenticatorEnrolled, (data) => ({ ...data, used_at: null, status: 'active' })),
  when(AuthenticatorUsed, (authenticator, { sign_count, used_at }) => ({ ...authenticator, sign_count, used_at })),
  when(AuthenticatorRevoked, (authenticator) => ({ ...authenticator, status: 'revoked' })),
]);
