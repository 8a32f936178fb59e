// Draws: secret seeds, one after the other, each committed to before it is used and revealed after.
import { createHmac, hash } from 'node:crypto';

/** Lower-case hexadecimal, like the commitment. Whoever lacks the secret cannot tell the next seed from those before. */
export function seedOf(secret: Buffer, n: number): string {
  return createHmac('sha256', secret).update(String(n)).digest('hex');
}

/** SHA-256 of the 32 bytes of the seed. */
export function commitmentOf(seed: string): string {
  return hash('sha256', Buffer.from(seed, 'hex'), 'hex');
}
