// Dispatch: the errand on which an agent acts. Its lineage says who sent whom, up to the person who sent the first.
import { type Static, Type } from 'typebox';
import { Lineage } from '../kernel/lineage.ts';
import { Id, Timestamp } from '../kernel/shape.ts';
import { born, defineStream, eventType, when } from '../kernel/stream.ts';

export const DispatchRole = Type.Enum(['orchestrator', 'agent']);

const closed = { additionalProperties: false } as const;

export const dispatchFields = {
  parent_id: Type.Union([Id, Type.Null()]),
  lineage: Lineage,
  role: DispatchRole,
  agent_id: Id,
  story_id: Type.Union([Id, Type.Null()]),
  key_id: Id,
  expires_at: Timestamp,
} as const;

export const DispatchCreated = eventType(
  'dispatch.created',
  Type.Object(dispatchFields, closed),
  'An agent was dispatched. Role, lineage and end stay for life.',
);
/** Carries the root, so that the dispatches of a family are known from the facts alone. */
export const DispatchRevoked = eventType(
  'dispatch.revoked',
  Type.Object({ root_id: Id, by: Id }, closed),
  'A dispatch was revoked, by itself or with the ancestor that `by` names.',
);

export interface Dispatch extends Static<typeof DispatchCreated.shape> {
  readonly status: 'active' | 'revoked';
}

export const dispatchStream = defineStream<Dispatch>('dispatch', [
  born(DispatchCreated, (data) => ({ ...data, status: 'active' })),
  when(DispatchRevoked, (dispatch) => ({ ...dispatch, status: 'revoked' })),
]);
