// Seals short secrets: what is stored can be read again only with the master key, for the tenant and object it was for.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

export interface SealPlace {
  readonly masterKey: Buffer;
  readonly tenantId: string;
  /** Keys of different purposes have nothing in common. */
  readonly purpose: string;
  /** The object that the secret belongs to: moved to another one, it does not open. */
  readonly about: string;
}

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

export function sealText(place: SealPlace, text: string): string {
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, keyOf(place), nonce, { authTagLength: tagBytes });
  sealing.setAAD(Buffer.from(place.about));
  const hidden = Buffer.concat([sealing.update(text, 'utf8'), sealing.final()]);
  return Buffer.concat([nonce, hidden, sealing.getAuthTag()]).toString('base64url');
}

/** Null when it was sealed with another key, for another place, or changed since. */
export function openSealed(place: SealPlace, sealed: string): string | null {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < nonceBytes + tagBytes) return null;
  const opening = createDecipheriv(cipher, keyOf(place), bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
  opening.setAAD(Buffer.from(place.about));
  opening.setAuthTag(bytes.subarray(-tagBytes));
  try {
    return opening.update(bytes.subarray(nonceBytes, -tagBytes), undefined, 'utf8') + opening.final('utf8');
  } catch {
    return null;
  }
}

function keyOf({ masterKey, tenantId, purpose }: SealPlace): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, tenantId, purpose, 32));
}
