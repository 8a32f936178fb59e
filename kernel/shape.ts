// Shapes that every noun uses. TypeBox is the only place where a shape is declared.
import { Type } from 'typebox';
import { uuidPattern } from './id.ts';

/** No control characters, no bidirectional overrides, not blank, no space at either end. */
const namePattern =
  '^(?![\\s])[^\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]+(?<![\\s])$';

export const Id = Type.String({
  pattern: uuidPattern,
  minLength: 36,
  maxLength: 36,
  description: 'UUIDv7, lower case',
});
export const Name = Type.String({ minLength: 1, maxLength: 200, pattern: namePattern });
export const Slug = Type.String({ minLength: 1, maxLength: 64, pattern: '^[a-z0-9-]{1,64}$' });
export const LongText = Type.String({ maxLength: 20_000 });
export const Timestamp = Type.String({
  minLength: 24,
  maxLength: 24,
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$',
  description: 'RFC 3339, UTC, milliseconds',
});
export const Version = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });
export const Position = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** What every view has beside its own members. */
export const viewFrame = {
  id: Id,
  version: Version,
  created_at: Timestamp,
  updated_at: Timestamp,
} as const;
