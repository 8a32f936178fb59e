// Ed25519 keys: how they are made, opened and used. A private key is its 32 seed bytes; a public key is 32 bytes as text.
import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign, verify } from 'node:crypto';

export const signingPurposes = ['log', 'capability', 'runner'] as const;
/** Keys of different purposes are separate, so that a signature for one thing never passes for another. */
export type SigningPurpose = (typeof signingPurposes)[number];

export interface Signer {
  readonly keyId: string;
  /** The 32 bytes in base64url. */
  readonly publicKey: string;
  /** Ed25519 over the bytes as they are; the same bytes give the same signature. */
  sign(bytes: Uint8Array): Buffer;
}

const seedBytes = 32;
/** What stands before the seed in PKCS #8. */
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');

export function newSeed(): Buffer {
  return randomBytes(seedBytes);
}

export function openSigner(keyId: string, seed: Buffer): Signer {
  if (seed.length !== seedBytes) throw new Error('a private key has 32 bytes');
  const key = createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8' });
  return { keyId, publicKey: publicText(key), sign: (bytes) => sign(null, bytes, key) };
}

function publicText(key: KeyObject): string {
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  if (x === undefined) throw new Error('the key has no public half');
  return x;
}

/** The same of a text and a signature in base64url. */
export function isSignatureOf(publicKey: string, text: string, signature: string): boolean {
  return isSignedBy(publicKey, Buffer.from(text), Buffer.from(signature, 'base64url'));
}

/** False for everything that is not a signature of these bytes by that key, whatever is wrong with it. */
export function isSignedBy(publicKey: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
    return verify(null, bytes, key, signature);
  } catch {
    return false;
  }
}
