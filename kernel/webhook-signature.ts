// Signatures of Standard Webhooks over id, time and body, one for each secret that is in force: HMAC-SHA256, or Ed25519 for
// receivers that are to check without being able to sign.
import { createHmac } from 'node:crypto';
import { newSeed, openSigner } from './signing.ts';

export interface Signed {
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly body: string;
}

const sharedPrefix = 'whsec_';
const privatePrefix = 'whsk_';
const publicPrefix = 'whpk_';

export interface SecretPair {
  /** What signs. */
  readonly kept: string;
  /** What the receiver checks with. */
  readonly shown: string;
}

/** A private key, and the public one beside it. */
export function newKeyPair(): SecretPair {
  const seed = newSeed();
  const { publicKey } = openSigner('webhook', seed);
  return {
    kept: `${privatePrefix}${seed.toString('base64')}`,
    shown: `${publicPrefix}${Buffer.from(publicKey, 'base64url').toString('base64')}`,
  };
}

/** The value of `webhook-signature`. A text that is no secret signs nothing. */
export function signDelivery(secrets: readonly string[], { id, timestamp, body }: Signed): string {
  const content = `${id}.${timestamp}.${body}`;
  return secrets.map((secret) => signatureBy(secret, content)).join(' ');
}

function signatureBy(secret: string, content: string): string {
  if (secret.startsWith(privatePrefix)) {
    const seed = Buffer.from(secret.slice(privatePrefix.length), 'base64');
    return `v1a,${openSigner('webhook', seed).sign(Buffer.from(content)).toString('base64')}`;
  }
  if (!secret.startsWith(sharedPrefix)) throw new Error('this is no secret of a webhook');
  const key = Buffer.from(secret.slice(sharedPrefix.length), 'base64');
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
}
