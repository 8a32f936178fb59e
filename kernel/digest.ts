// SHA-256 of texts, for what is named by what it says.
import { hash } from 'node:crypto';
import { Type } from 'typebox';

/** Lower-case hexadecimal. */
export const Digest = Type.String({
  minLength: 64,
  maxLength: 64,
  pattern: '^[0-9a-f]{64}$',
  description: 'SHA-256, lower-case hexadecimal',
});

export function digestOf(text: string): string {
  return hash('sha256', text, 'hex');
}
