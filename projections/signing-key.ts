// Signing keys as people read them: every key that the tenant ever signed with, and when.
import { type Static, Type } from 'typebox';
import { Id, Timestamp, viewFrame } from '../kernel/shape.ts';
import { type SigningKey, signingKeyFields, SigningKeyPurpose, signingKeyStream } from '../events/signing-key.ts';
import { signingKeyInForce } from '../policies/signing-key.ts';
import type { Subject } from '../sql/batch.ts';
import type { Database } from '../sql/database.ts';
import { type LookupLoader, rowPerStream } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import { loadAtHead } from './lookup.ts';
import { type Found, findObject, frameText, type ObjectRow } from './object.ts';
import { headPosition, leastId, type Listed, listQuery, type PageRequest, readPage } from './page.ts';

const SigningKeyStatus = Type.Enum(['active', 'retired']);

export const SigningKeyView = Type.Object(
  {
    ...viewFrame,
    ...signingKeyFields,
    algorithm: Type.Enum(['EdDSA']),
    status: SigningKeyStatus,
    replaced_by: Type.Union([Id, Type.Null()]),
    from: Timestamp,
    until: Type.Union([Timestamp, Type.Null()], { description: 'When it signed for the last time at the latest' }),
  },
  { additionalProperties: false },
);

export const signingKeyInline = rowPerStream('signing_key', signingKeyStream, (key) => {
  const { purpose, public_key, status, replaced_by } = key;
  return { purpose, public_key, status, replaced_by };
});

interface SigningKeyRow extends ObjectRow {
  readonly purpose: string;
  readonly public_key: string;
  readonly status: string;
  readonly replaced_by: string | null;
}

const columns = `s.signing_key_id as id, s.version, s.created_at, s.updated_at, s.purpose, s.public_key, s.status,
       s.replaced_by`;

/** Nothing happens to a key after its retirement, so the time of its last event is the end of its period. */
function signingKeyText(row: SigningKeyRow): string {
  const { purpose, public_key, status, replaced_by, created_at, updated_at } = row;
  const until = status === 'retired' ? updated_at : null;
  return (
    `{${frameText(row)},"purpose":"${purpose}","public_key":"${public_key}","algorithm":"EdDSA","status":"${status}"` +
    `,"replaced_by":${JSON.stringify(replaced_by)},"from":"${created_at}","until":${JSON.stringify(until)}}`
  );
}

/** As a command's answer shows it: the key that has just come into force. */
export function showSigningKey({ id, version, created_at, updated_at, state }: Subject): object {
  const { purpose, public_key, status, replaced_by } = state as SigningKey;
  const frame = { id, version, created_at, updated_at };
  return { ...frame, purpose, public_key, algorithm: 'EdDSA', status, replaced_by, from: created_at, until: null };
}

const byId = statement(
  'find_signing_key',
  `select ${headPosition} as position, ${columns}
     from view.signing_keys s where s.tenant_id = $1 and s.signing_key_id = $2`,
);

export function findSigningKey(database: Database, tenantId: string, id: string): Promise<Found | null> {
  return findObject(database, byId, { tenantId, id, show: signingKeyText });
}

export const signingKeyFilters = {
  purpose: Type.Optional(SigningKeyPurpose),
  status: Type.Optional(SigningKeyStatus),
} as const;
interface SigningKeyFilters {
  readonly purpose?: Static<typeof SigningKeyPurpose>;
  readonly status?: Static<typeof SigningKeyStatus>;
}

const inOrderOfBirth = listQuery({
  name: 'list_signing_keys',
  columns,
  source: `from view.signing_keys s
          where s.tenant_id = $1 and ($4::text is null or s.purpose = $4) and ($5::text is null or s.status = $5)`,
  after: 's.signing_key_id > $3::uuid',
  order: ['id'],
});

export function listSigningKeys(
  database: Database,
  tenantId: string,
  filters: SigningKeyFilters,
  page: PageRequest,
): Promise<Listed> {
  const { purpose = null, status = null } = filters;
  const values = [page.after?.[0] ?? leastId, purpose, status];
  return readPage(database, inOrderOfBirth, { tenantId, page, values, show: signingKeyText });
}

export const signingKeyLookups: readonly LookupLoader[] = [
  {
    definition: signingKeyInForce,
    load: loadAtHead(
      'signing_key_in_force_at_head',
      `(select s.signing_key_id::text from view.signing_keys s
         where s.tenant_id = $1 and s.purpose = $2 and s.status = 'active')`,
    ),
  },
];
