// Secrets of webhooks: made here, shown once, kept sealed, and opened where deliveries are signed.
import { randomBytes } from 'node:crypto';
import { openSealed, sealText } from '../kernel/seal.ts';
import { newKeyPair, type SecretPair } from '../kernel/webhook-signature.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';

export interface SecretPlace {
  readonly masterKey: Buffer;
  readonly tenantId: string;
  readonly secretId: string;
}

const keepStatement = statement('keep_webhook_secret', 'select platform.keep_webhook_secret($1, $2, $3)');

/** The form that Standard Webhooks gives them: 24 to 64 random bytes, or a key pair. */
export function newWebhookSecret(signature: 'v1' | 'v1a'): SecretPair {
  if (signature === 'v1a') return newKeyPair();
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  return { kept: secret, shown: secret };
}

/** Before the command that names it: a secret that no event names is forgotten, one that is missing could never sign. */
export async function keepWebhookSecret(database: Database, place: SecretPlace, secret: string): Promise<void> {
  await database.platform(keepStatement, [place.tenantId, place.secretId, sealText(sealPlace(place), secret)]);
}

export function openWebhookSecret(place: SecretPlace, sealed: string): string | null {
  return openSealed(sealPlace(place), sealed);
}

function sealPlace({ masterKey, tenantId, secretId }: SecretPlace) {
  return { masterKey, tenantId, purpose: 'webhook-secret', about: secretId };
}
