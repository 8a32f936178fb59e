// Who may enrol and revoke authenticators, and when one is believed.
import type { RoleRule } from '../kernel/actor.ts';
import type { LookupDefinition, World } from '../kernel/command.ts';
import type { Loaded, NewEvent } from '../kernel/event.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import { record } from '../kernel/stream.ts';
import {
  type Authenticator,
  AuthenticatorEnrolled,
  AuthenticatorRevoked,
  authenticatorStream,
  AuthenticatorUsed,
} from '../events/authenticator.ts';

export const authenticatorRules = {
  read: { atLeast: 'user' },
  enrol: { atLeast: 'user' },
  revoke: { atLeast: 'user' },
  stepUp: { atLeast: 'user' },
} as const satisfies Record<string, RoleRule>;

export const maxAuthenticators = 5;

export const authenticatorRefusals = defineRefusals({
  authenticator_not_found: {
    kind: 'missing',
    title: 'No such authenticator',
    remedy: 'List the authenticators with GET /api/v1/authenticators.',
  },
  authenticator_last: {
    kind: 'conflict',
    title: 'This is the last authenticator',
    remedy: 'Enrol another one first: without any nobody could ever sign in again.',
  },
  authenticator_known: {
    kind: 'conflict',
    title: 'This authenticator was enrolled before',
    remedy: 'Use another device, or another passkey of this one; a revoked one does not come back.',
  },
  authenticator_limit: {
    kind: 'conflict',
    title: 'There are as many authenticators as there may be',
    remedy: 'Revoke one that is no longer used.',
  },
  operator_missing: {
    kind: 'conflict',
    title: 'The tenant has no operator',
    remedy: 'It was founded by the platform, without a person; sign up for a tenant of your own.',
  },
  ceremony_failed: {
    kind: 'invalid',
    title: 'The ceremony did not succeed',
    remedy:
      'Begin again with fresh options. Each is answered once, within its time, by an authenticator that verifies its user.',
  },
});

/** One refusal for all that can be wrong with a ceremony: whoever tries out forgeries learns nothing from it. */
export function ceremonyFailed(): Error {
  return authenticatorRefusals.refuse('ceremony_failed', 'The answer of the authenticator was not accepted.');
}

interface KnownAuthenticator {
  readonly authenticator_id: string;
  readonly credential_id: string;
  readonly active: boolean;
}

export const allAuthenticators = 'tenant';

/** Revoked ones too: they do not come back. */
export const authenticatorsOfTenant: LookupDefinition<readonly KnownAuthenticator[]> = {
  name: 'authenticators-of-tenant',
  keyOf: ({ type }) =>
    type === AuthenticatorEnrolled.type || type === AuthenticatorRevoked.type ? allAuthenticators : null,
  fold(known, { type, stream, data }) {
    const others = known.filter(({ authenticator_id }) => authenticator_id !== stream.id);
    const before = known.find(({ authenticator_id }) => authenticator_id === stream.id);
    if (type === AuthenticatorRevoked.type)
      return before === undefined ? others : [...others, { ...before, active: false }];
    return [...others, { authenticator_id: stream.id, credential_id: data['credential_id'] as string, active: true }];
  },
};

export function authenticatorOf(world: World, id: string): Loaded<Authenticator> {
  const authenticator = world.find(authenticatorStream, id);
  if (authenticator === undefined) {
    throw authenticatorRefusals.refuse('authenticator_not_found', 'There is no such authenticator.');
  }
  return authenticator;
}

export interface Proof {
  readonly authenticator_id: string;
  /** The operation that it is for. */
  readonly act: string;
  readonly sign_count: number;
  readonly backup_eligible: boolean;
  readonly backed_up: boolean;
}

/**
 * An assertion whose signature was checked becomes a fact. What only the log can tell is decided here, at the position it
 * is written at: not revoked, the counter goes forward (0 stays 0 for synced passkeys), eligibility for backup as enrolled.
 */
export function proveWith(world: World, { authenticator_id, ...proof }: Proof): NewEvent {
  const authenticator = world.find(authenticatorStream, authenticator_id)?.state;
  if (authenticator?.status !== 'active') throw ceremonyFailed();
  if (authenticator.backup_eligible !== proof.backup_eligible) throw ceremonyFailed();
  const isSynced = authenticator.sign_count === 0 && proof.sign_count === 0;
  if (!isSynced && proof.sign_count <= authenticator.sign_count) throw ceremonyFailed();
  const { act, sign_count, backed_up } = proof;
  return record(
    AuthenticatorUsed,
    { type: authenticatorStream.type, id: authenticator_id },
    { act, sign_count, backed_up, used_at: world.now },
    null,
  );
}
