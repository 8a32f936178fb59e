// Authenticators as their operators read them, and as the door checks assertions with them.
import { type Static, Type } from 'typebox';
import { Id, Timestamp, viewFrame } from '../kernel/shape.ts';
import { authenticatorFields, authenticatorStream } from '../events/authenticator.ts';
import { authenticatorsOfTenant } from '../policies/authenticator.ts';
import type { Database } from '../sql/database.ts';
import { type LookupLoader, rowPerStream } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import { loadParsedAtHead } from './lookup.ts';
import { type Found, findObject, frameText, type ObjectRow } from './object.ts';
import { headPosition, leastId, type Listed, listQuery, type PageRequest, readPage } from './page.ts';

const AuthenticatorStatus = Type.Enum(['active', 'revoked']);
const { name, credential_id, backup_eligible, transports } = authenticatorFields;

export const AuthenticatorView = Type.Object(
  {
    ...viewFrame,
    operator_id: Id,
    name,
    credential_id,
    backup_eligible,
    transports,
    used_at: Type.Union([Timestamp, Type.Null()]),
    status: AuthenticatorStatus,
  },
  { additionalProperties: false },
);

export const authenticatorInline = rowPerStream('authenticator', authenticatorStream, (held) => ({ ...held }));

interface AuthenticatorRow extends ObjectRow {
  readonly operator_id: string;
  readonly name: string;
  readonly credential_id: string;
  readonly backup_eligible: boolean;
  /** JSON text. */
  readonly transports: string;
  readonly used_at: string | null;
  readonly status: string;
}

const columns = `a.authenticator_id as id, a.version, a.created_at, a.updated_at, a.operator_id, a.name, a.credential_id,
       a.backup_eligible, array_to_json(a.transports)::text as transports, a.used_at, a.status`;

function authenticatorText(row: AuthenticatorRow): string {
  return (
    `{${frameText(row)},"operator_id":"${row.operator_id}","name":${JSON.stringify(row.name)}` +
    `,"credential_id":"${row.credential_id}","backup_eligible":${row.backup_eligible},"transports":${row.transports}` +
    `,"used_at":${JSON.stringify(row.used_at)},"status":"${row.status}"}`
  );
}

const byId = statement(
  'find_authenticator',
  `select ${headPosition} as position, ${columns}
     from view.authenticators a where a.tenant_id = $1 and a.authenticator_id = $2`,
);

export function findAuthenticator(database: Database, tenantId: string, id: string): Promise<Found | null> {
  return findObject(database, byId, { tenantId, id, show: authenticatorText });
}

export const authenticatorFilters = { status: Type.Optional(AuthenticatorStatus) } as const;
interface AuthenticatorFilters {
  readonly status?: Static<typeof AuthenticatorStatus>;
}

const inOrderOfBirth = listQuery({
  name: 'list_authenticators',
  columns,
  source: 'from view.authenticators a where a.tenant_id = $1 and ($4::text is null or a.status = $4)',
  after: 'a.authenticator_id > $3::uuid',
  order: ['id'],
});

export function listAuthenticators(
  database: Database,
  tenantId: string,
  { status = null }: { readonly status?: AuthenticatorFilters['status'] | null },
  page: PageRequest,
): Promise<Listed> {
  const values = [page.after?.[0] ?? leastId, status];
  return readPage(database, inOrderOfBirth, { tenantId, page, values, show: authenticatorText });
}

export interface Credential {
  readonly authenticator_id: string;
  readonly operator_id: string;
  readonly credential_id: string;
  readonly public_key: string;
  readonly sign_count: number;
  readonly backup_eligible: boolean;
  readonly transports: readonly string[];
}

const credentialsStatement = statement(
  'find_credentials',
  `select a.authenticator_id, a.operator_id, a.credential_id, a.public_key, a.sign_count, a.backup_eligible, a.transports
     from view.authenticators a
    where a.tenant_id = $1 and a.status = 'active' and ($2::text is null or a.credential_id = $2)
    order by a.authenticator_id`,
);

/** Those in force: the one of that id, or all when none is named. */
export function findCredentials(
  database: Database,
  tenantId: string,
  credentialId: string | null,
): Promise<Credential[]> {
  return database.read<Credential & Record<string, unknown>>(tenantId, credentialsStatement, [tenantId, credentialId]);
}

export const authenticatorLookups: readonly LookupLoader[] = [
  {
    definition: authenticatorsOfTenant,
    load: loadParsedAtHead(
      'authenticators_of_tenant',
      `coalesce((
         select json_agg(json_build_object('authenticator_id', a.authenticator_id, 'credential_id', a.credential_id,
                  'active', a.status = 'active') order by a.authenticator_id)
           from view.authenticators a where a.tenant_id = $1 and $2::text is not null), '[]')`,
    ),
  },
];
