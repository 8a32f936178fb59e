// Who has a part in a story, and what they say of it.
import { type Static, Type } from 'typebox';
import { Lineage } from './lineage.ts';
import { Id } from './shape.ts';

export const Note = Type.String({ minLength: 1, maxLength: 2_000 });

/** A word of the verifier on one criterion, counted from 1. */
export const Attestations = Type.Array(
  Type.Object({ criterion: Type.Integer({ minimum: 1, maximum: 100 }), note: Note }, { additionalProperties: false }),
  { maxItems: 100 },
);

/** Who did something: the agent, and the dispatches that it came by. */
export const Party = Type.Object({ agent_id: Id, lineage: Lineage }, { additionalProperties: false });
export type Party = Static<typeof Party>;
