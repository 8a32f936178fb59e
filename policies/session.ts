// Who may have a session, which ones there are, and what ends them.
import type { RoleRule } from '../kernel/actor.ts';
import type { LookupDefinition, World } from '../kernel/command.ts';
import type { Fact, NewEvent } from '../kernel/event.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import { record } from '../kernel/stream.ts';
import { type Session, SessionEnded, SessionStarted, sessionStream } from '../events/session.ts';

export const sessionRules = {
  use: { atLeast: 'user' },
} as const satisfies Record<string, RoleRule>;

/** After this a person proves itself again, however busy the session was. */
export const sessionSeconds = 12 * 3_600;

export const sessionRefusals = defineRefusals({
  session_required: {
    kind: 'forbidden',
    title: 'This is for sessions',
    remedy: 'Sign in: ask for POST /api/v1/login/options and answer with POST /api/v1/login.',
  },
  origin_forbidden: {
    kind: 'forbidden',
    title: 'The request comes from a page that is not ours',
    remedy: 'Send it from an origin that the server is configured for; a session is never used from elsewhere.',
  },
});

export interface LiveSession {
  readonly session_id: string;
  readonly authenticator_id: string;
  readonly expires_at: string;
}

const allSessions = 'tenant';

/** Those that were not ended. What is over is dropped when the next one starts, so the list stays as long as it must be. */
export const liveSessions: LookupDefinition<readonly LiveSession[]> = {
  name: 'live-sessions',
  keyOf: ({ type }) => (type === SessionStarted.type || type === SessionEnded.type ? allSessions : null),
  fold(live, { type, stream, data }: Fact) {
    if (type === SessionEnded.type) return live.filter(({ session_id }) => session_id !== stream.id);
    const { authenticator_id, started_at, expires_at } = data as unknown as Session;
    const others = live.filter((session) => session.expires_at > started_at);
    return [...others, { session_id: stream.id, authenticator_id, expires_at }];
  },
};

/** All of the tenant, or those that one authenticator opened. */
export function endSessions(world: World, authenticatorId: string | null): NewEvent[] {
  return world
    .lookup(liveSessions, allSessions)
    .filter((session) => authenticatorId === null || session.authenticator_id === authenticatorId)
    .map(({ session_id }) => record(SessionEnded, { type: sessionStream.type, id: session_id }, {}, null));
}
