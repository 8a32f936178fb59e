// Content that is kept beside the log; an event carries its digest.
import { type Static, Type } from 'typebox';
import { Digest } from './digest.ts';

export const Content = Type.Object(
  { sha256: Digest, size: Type.Integer({ minimum: 0 }) },
  { additionalProperties: false },
);
export type Content = Static<typeof Content>;
