// Plan state: what an orchestrator keeps under a key of a project, so that whoever comes next goes on from it.
import { type Static, Type } from 'typebox';
import type { JsonObject } from '../kernel/event.ts';
import { Id } from '../kernel/shape.ts';
import { defineStream, eventType, when } from '../kernel/stream.ts';

const closed = { additionalProperties: false } as const;

export const PlanStateKey = Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,63}$', minLength: 1, maxLength: 64 });
/** The server keeps it and never looks into it. */
export const PlanStateContent = Type.Unsafe<JsonObject>(
  Type.Object({}, { additionalProperties: true, description: 'Any JSON object of at most 48 KiB' }),
);

export const PlanStateSaved = eventType(
  'plan_state.saved',
  Type.Object({ project_id: Id, key: PlanStateKey, state: PlanStateContent }, closed),
  'An orchestrator saved what it works from; the version of the stream counts the times.',
);
export const PlanStateDeleted = eventType(
  'plan_state.deleted',
  Type.Object({ project_id: Id, key: PlanStateKey }, closed),
  'A plan state was deleted. Its versions stay in the log.',
);

export interface PlanState extends Static<typeof PlanStateSaved.shape> {
  readonly status: 'active' | 'deleted';
}

export const planStateStream = defineStream<PlanState>('plan_state', [
  // Under a key that was deleted the versions go on, so that a number means one state for ever.
  {
    kind: PlanStateSaved,
    apply: (_state, data) => ({ ...(data as Static<typeof PlanStateSaved.shape>), status: 'active' }),
  },
  when(PlanStateDeleted, (state) => ({ ...state, status: 'deleted', state: {} })),
]);
