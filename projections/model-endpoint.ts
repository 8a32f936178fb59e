// Model endpoints as people read them, and as whoever asks a model needs them.
import { type Static, Type } from 'typebox';
import { viewFrame } from '../kernel/shape.ts';
import {
  EndpointKind,
  EndpointName,
  type ModelEndpoint,
  modelEndpointFields,
  modelEndpointStream,
} from '../events/model-endpoint.ts';
import { endpointsOfTenant } from '../policies/model-endpoint.ts';
import type { Database } from '../sql/database.ts';
import { type LookupLoader, rowPerStream } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import { loadParsedAtHead } from './lookup.ts';
import { type Found, findObject, frameText, type ObjectRow } from './object.ts';
import { headPosition, leastId, type Listed, listQuery, type PageRequest, readPage } from './page.ts';

const EndpointStatus = Type.Enum(['active', 'disabled']);

export const ModelEndpointView = Type.Object(
  {
    ...viewFrame,
    name: EndpointName,
    kind: EndpointKind,
    ...modelEndpointFields,
    secret_last_four: Type.Union([Type.String({ maxLength: 4 }), Type.Null()], {
      description: 'Of the key, which is never shown; null where there is none',
    }),
    status: EndpointStatus,
  },
  { additionalProperties: false },
);

export const modelEndpointInline = rowPerStream('model_endpoint', modelEndpointStream, (endpoint) => ({ ...endpoint }));

type Shown = Omit<Static<typeof ModelEndpointView>, keyof typeof viewFrame>;

/** Ids of secrets and digests of scripts are nobody's business. */
export function modelEndpointText(endpoint: ModelEndpoint): Shown {
  const { name, kind, base_url, models, description, secret_last_four, status } = endpoint;
  const shown = status === 'active' ? 'active' : 'disabled';
  return { name, kind, base_url, models, description, secret_last_four, status: shown };
}

interface EndpointRow extends ObjectRow {
  readonly name: string;
  readonly kind: ModelEndpoint['kind'];
  readonly base_url: string | null;
  /** JSON text. */
  readonly models: string;
  readonly description: string;
  readonly secret_last_four: string | null;
  readonly status: string;
}

const columns = `e.endpoint_id as id, e.version, e.created_at, e.updated_at, e.name, e.kind, e.base_url, e.models,
       e.description, e.secret_last_four, e.status`;

function rowText(row: EndpointRow): string {
  const { name, kind, base_url, models, description, secret_last_four, status } = row;
  const first = JSON.stringify({ name, kind, base_url }).slice(1, -1);
  const last = JSON.stringify({ description, secret_last_four, status }).slice(1);
  return `{${frameText(row)},${first},"models":${models},${last}`;
}

const byId = statement(
  'find_model_endpoint',
  `select ${headPosition} as position, ${columns}
     from view.model_endpoints e where e.tenant_id = $1 and e.endpoint_id = $2 and e.status <> 'deleted'`,
);

export function findModelEndpoint(database: Database, tenantId: string, id: string): Promise<Found | null> {
  return findObject(database, byId, { tenantId, id, show: rowText });
}

export const modelEndpointFilters = { status: Type.Optional(EndpointStatus) } as const;

const inOrderOfBirth = listQuery({
  name: 'list_model_endpoints',
  columns,
  source: `from view.model_endpoints e
          where e.tenant_id = $1 and e.status <> 'deleted' and ($4::text is null or e.status = $4)`,
  after: 'e.endpoint_id > $3::uuid',
  order: ['id'],
});

export async function listModelEndpoints(
  database: Database,
  tenantId: string,
  filters: { readonly status?: Static<typeof EndpointStatus> },
  page: PageRequest,
): Promise<Listed> {
  const values = [page.after?.[0] ?? leastId, filters.status ?? null];
  return readPage(database, inOrderOfBirth, { tenantId, page, values, show: rowText });
}

/** An endpoint with what is needed to ask there. */
export interface AskedEndpoint extends Pick<ModelEndpoint, 'name' | 'kind' | 'base_url' | 'models' | 'secret_id'> {
  readonly id: string;
  readonly version: number;
  readonly status: string;
}

const toAsk = statement(
  'endpoints_to_ask',
  `select e.endpoint_id as id, e.version, e.name, e.kind, e.base_url, e.models, e.secret_id, e.status
     from view.model_endpoints e
    where e.tenant_id = $1 and e.status <> 'deleted' and ($2::uuid is null or e.endpoint_id = $2)`,
);

type AskedRow = Omit<AskedEndpoint, 'models'> & { readonly models: string };

/** All of a tenant, disabled ones too, or one. */
export async function readEndpointsToAsk(
  database: Database,
  tenantId: string,
  id: string | null = null,
): Promise<readonly AskedEndpoint[]> {
  const rows = await database.read<AskedRow & Record<string, unknown>>(tenantId, toAsk, [tenantId, id]);
  return rows.map((row) => ({ ...row, models: JSON.parse(row.models) as AskedEndpoint['models'] }));
}

export const modelEndpointLookups: readonly LookupLoader[] = [
  {
    definition: endpointsOfTenant,
    load: loadParsedAtHead(
      'model_endpoints_of_tenant',
      `(select coalesce(json_object_agg(e.name, e.endpoint_id), '{}')
          from view.model_endpoints e
         where e.tenant_id = $1 and e.status <> 'deleted' and $2::text is not null)`,
    ),
  },
];
