// Commands on sessions.
import type { CommandDefinition } from '../kernel/command.ts';
import { record } from '../kernel/stream.ts';
import { addSeconds } from '../kernel/timestamp.ts';
import { SessionEnded, SessionStarted, sessionStream } from '../events/session.ts';
import { authenticatorOf, type Proof, proveWith } from '../policies/authenticator.ts';
import { requireRole } from '../policies/role.ts';
import { sessionRules, sessionSeconds } from '../policies/session.ts';
import { openTenant } from '../policies/tenant.ts';

export interface StartSession {
  readonly session_id: string;
  readonly proof: Proof;
}

const sessionRef = (id: string) => ({ type: sessionStream.type, id });

/** By the server itself: whoever signs in is nobody until then. */
export const startSession: CommandDefinition<StartSession> = {
  name: 'StartSession',
  subject: ({ session_id }) => sessionRef(session_id),
  authorize: (_command, { actor }) => requireRole({ exactly: ['superadmin'] }, actor),
  decide({ session_id, proof }, world) {
    openTenant(world);
    const used = proveWith(world, proof);
    const { authenticator_id } = proof;
    const { operator_id } = authenticatorOf(world, authenticator_id).state;
    const [started_at, expires_at] = [world.now, addSeconds(world.now, sessionSeconds)];
    return [
      used,
      record(SessionStarted, sessionRef(session_id), { operator_id, authenticator_id, started_at, expires_at }, null),
    ];
  },
};

export interface NameSession {
  readonly session_id: string;
}

export const endSession: CommandDefinition<NameSession> = {
  name: 'EndSession',
  subject: ({ session_id }) => sessionRef(session_id),
  authorize: (_command, { actor }) => requireRole(sessionRules.use, actor),
  decide({ session_id }, world) {
    const session = world.find(sessionStream, session_id)?.state;
    return session?.status === 'active' ? [record(SessionEnded, sessionRef(session_id), {}, null)] : [];
  },
};
