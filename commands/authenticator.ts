// Commands on authenticators. The signature of an answer is checked at the door; what the log must tell is decided here.
import { type Static, Type } from 'typebox';
import type { CommandDefinition } from '../kernel/command.ts';
import { record } from '../kernel/stream.ts';
import {
  AuthenticatorEnrolled,
  authenticatorFields,
  AuthenticatorRevoked,
  authenticatorStream,
} from '../events/authenticator.ts';
import {
  allAuthenticators,
  authenticatorOf,
  authenticatorRefusals,
  authenticatorRules,
  authenticatorsOfTenant,
  maxAuthenticators,
  type Proof,
  proveWith,
} from '../policies/authenticator.ts';
import { requireRole } from '../policies/role.ts';
import { endSessions } from '../policies/session.ts';
import { requireStepUp } from '../policies/step-up.ts';

const NewAuthenticator = Type.Object(authenticatorFields);

export interface EnrolAuthenticator extends Static<typeof NewAuthenticator> {
  readonly authenticator_id: string;
  readonly operator_id: string;
}

const authenticatorRef = (id: string) => ({ type: authenticatorStream.type, id });

export const enrolAuthenticator: CommandDefinition<EnrolAuthenticator> = {
  name: 'EnrolAuthenticator',
  subject: ({ authenticator_id }) => authenticatorRef(authenticator_id),
  authorize(_command, { actor }) {
    requireRole(authenticatorRules.enrol, actor);
    requireStepUp(actor, 'enrolAuthenticator');
  },
  decide({ authenticator_id, ...data }, world) {
    const known = world.lookup(authenticatorsOfTenant, allAuthenticators);
    if (known.some(({ credential_id }) => credential_id === data.credential_id)) {
      throw authenticatorRefusals.refuse('authenticator_known', 'This credential was enrolled before.');
    }
    if (known.filter(({ active }) => active).length >= maxAuthenticators) {
      throw authenticatorRefusals.refuse('authenticator_limit', `There may be ${maxAuthenticators} authenticators.`);
    }
    return [record(AuthenticatorEnrolled, authenticatorRef(authenticator_id), data, null)];
  },
};

export interface NameAuthenticator {
  readonly authenticator_id: string;
}

/** Whoever holds a lost device may be signed in with it, so its sessions end with it. */
export const revokeAuthenticator: CommandDefinition<NameAuthenticator> = {
  name: 'RevokeAuthenticator',
  subject: ({ authenticator_id }) => authenticatorRef(authenticator_id),
  authorize(_command, { actor }) {
    requireRole(authenticatorRules.revoke, actor);
    requireStepUp(actor, 'revokeAuthenticator');
  },
  decide({ authenticator_id }, world) {
    if (authenticatorOf(world, authenticator_id).state.status === 'revoked') return [];
    const known = world.lookup(authenticatorsOfTenant, allAuthenticators);
    if (known.filter(({ active }) => active).length <= 1) {
      throw authenticatorRefusals.refuse('authenticator_last', 'Nobody could sign in any more.');
    }
    return [
      record(AuthenticatorRevoked, authenticatorRef(authenticator_id), {}, null),
      ...endSessions(world, authenticator_id),
    ];
  },
};

/** The assertion of a step-up, written down before the act that it is for. */
export const useAuthenticator: CommandDefinition<Proof> = {
  name: 'UseAuthenticator',
  subject: ({ authenticator_id }) => authenticatorRef(authenticator_id),
  authorize: (_command, { actor }) => requireRole(authenticatorRules.stepUp, actor),
  decide: (proof, world) => [proveWith(world, proof)],
};
