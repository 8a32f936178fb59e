// Keys of model endpoints: kept sealed, and opened where a model is asked. They are shown to nobody.
import { openSealed, sealText } from '../kernel/seal.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';

export interface ModelSecretPlace {
  readonly masterKey: Buffer;
  readonly tenantId: string;
  readonly secretId: string;
}

const keepStatement = statement('keep_model_secret', 'select platform.keep_model_secret($1, $2, $3)');
const readStatement = statement('read_model_secret', 'select platform.model_secret($1, $2) as sealed');

/** Before the command that names it: a secret that no event names is forgotten. */
export async function keepModelSecret(database: Database, place: ModelSecretPlace, secret: string): Promise<void> {
  await database.platform(keepStatement, [place.tenantId, place.secretId, sealText(sealPlace(place), secret)]);
}

/** Null when it is gone or cannot be opened: then nothing is asked. */
export async function readModelSecret(database: Database, place: ModelSecretPlace): Promise<string | null> {
  const [row] = await database.platform<{ sealed: string | null }>(readStatement, [place.tenantId, place.secretId]);
  return typeof row?.sealed === 'string' ? openSealed(sealPlace(place), row.sealed) : null;
}

function sealPlace({ masterKey, tenantId, secretId }: ModelSecretPlace) {
  return { masterKey, tenantId, purpose: 'model-secret', about: secretId };
}
