// Draw: seeds that the tenant commits to before it uses them. There is one stream of it in every log, and its id is the
// tenant's own.
import { type Static, Type } from 'typebox';
import { born, defineStream, eventType } from '../kernel/stream.ts';

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

/** The commitment that no draw has used yet. */
export type Draw = Static<typeof DrawCommitted.shape>;

export const drawStream = defineStream<Draw>('draw', [born(DrawCommitted, (data) => data)]);
