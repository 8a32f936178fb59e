// Session: the time in which an operator is believed after one assertion. Ends by itself, or by a fact of its own.
import { type Static, Type } from 'typebox';
import { Id, Timestamp } from '../kernel/shape.ts';
import { born, defineStream, eventType, when } from '../kernel/stream.ts';

const closed = { additionalProperties: false } as const;

export const SessionStarted = eventType(
  'session.started',
  Type.Object({ operator_id: Id, authenticator_id: Id, started_at: Timestamp, expires_at: Timestamp }, closed),
  'An operator signed in.',
);
export const SessionEnded = eventType('session.ended', Type.Object({}, closed), 'A session ended before its time.');

export interface Session extends Static<typeof SessionStarted.shape> {
  readonly status: 'active' | 'ended';
}

export const sessionStream = defineStream<Session>('session', [
  born(SessionStarted, (data) => ({ ...data, status: 'active' })),
  when(SessionEnded, (session) => ({ ...session, status: 'ended' })),
]);
