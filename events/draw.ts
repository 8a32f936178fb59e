// Draw: seeds that the tenant commits to before it uses them. There is one stream of it in every log, and its id is the
// tenant's own.
import { type Static, Type } from 'typebox';
import { Digest } from '../kernel/digest.ts';
import { Id } from '../kernel/shape.ts';
import { born, defineStream, eventType, when } from '../kernel/stream.ts';

const closed = { additionalProperties: false } as const;

export const DrawCommitted = eventType(
  'draw.committed',
  Type.Object(
    {
      n: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
      commitment: Type.String({ pattern: '^[0-9a-f]{64}$', minLength: 64, maxLength: 64 }),
    },
    closed,
  ),
  'The server committed to the seed of the next draw, before anybody could know what it is drawn for.',
);

export const maxPool = 1_000;

export const DrawPicked = eventType(
  'draw.picked',
  Type.Object(
    {
      n: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
      act: Type.Enum(['review', 'verify']),
      story_id: Id,
      pool: Type.Array(Id, { minItems: 1, maxItems: maxPool }),
      chosen: Id,
      seed: Digest,
      next_commitment: Digest,
    },
    closed,
  ),
  'One dispatch of a pool was drawn by a seed that was committed to before; the event reveals it and commits to the next.',
);

/** The commitment that no draw has used yet. */
export type Draw = Static<typeof DrawCommitted.shape>;

export const drawStream = defineStream<Draw>('draw', [
  born(DrawCommitted, (data) => data),
  when(DrawPicked, (_draw, { n, next_commitment }) => ({ n: n + 1, commitment: next_commitment })),
]);
