// Webhooks as people read them.
import { type Static, Type } from 'typebox';
import { Timestamp, viewFrame } from '../kernel/shape.ts';
import { type Webhook, WebhookDisabler, webhookFields, webhookStream } from '../events/webhook.ts';
import { webhookCount } from '../policies/webhook.ts';
import type { Database } from '../sql/database.ts';
import { type LookupLoader, rowPerStream } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import { loadAtHead } from './lookup.ts';
import { type Found, findObject, frameText, type ObjectRow } from './object.ts';
import { headPosition, leastId, type Listed, listQuery, type PageRequest, readPage } from './page.ts';

const WebhookStatus = Type.Enum(['active', 'disabled']);

export const WebhookView = Type.Object(
  {
    ...viewFrame,
    ...webhookFields,
    status: WebhookStatus,
    disabled_by: Type.Union([WebhookDisabler, Type.Null()]),
    former_secret_until: Type.Union([Timestamp, Type.Null()], {
      description: 'Until then every delivery carries two signatures',
    }),
  },
  { additionalProperties: false },
);

export const webhookInline = rowPerStream('webhook', webhookStream, ({ former, ...webhook }) => ({
  ...webhook,
  former_secret_id: former?.secret_id ?? null,
  former_until: former?.until ?? null,
}));

/** What is shown of a state; ids of secrets are nobody's business. */
export function webhookText(webhook: Webhook): Omit<Static<typeof WebhookView>, keyof typeof viewFrame> {
  const { url, event_types, project_id, description, ordering, status, disabled_by, former } = webhook;
  return {
    url,
    event_types,
    project_id,
    description,
    ordering,
    status: status === 'active' ? 'active' : 'disabled',
    disabled_by,
    former_secret_until: former?.until ?? null,
  };
}

interface WebhookRow extends ObjectRow {
  /** JSON text. */
  readonly event_types: string;
  readonly url: string;
  readonly project_id: string | null;
  readonly description: string;
  readonly ordering: string;
  readonly status: string;
  readonly disabled_by: string | null;
  readonly former_secret_until: string | null;
}

const columns = `w.webhook_id as id, w.version, w.created_at, w.updated_at, w.url,
       array_to_json(w.event_types)::text as event_types, w.project_id, w.description, w.ordering, w.status,
       w.disabled_by, w.former_until as former_secret_until`;

function rowText(row: WebhookRow): string {
  const { url, event_types, project_id, description, ordering, status, disabled_by, former_secret_until } = row;
  const rest = { project_id, description, ordering, status, disabled_by, former_secret_until };
  return `{${frameText(row)},"url":${JSON.stringify(url)},"event_types":${event_types},${JSON.stringify(rest).slice(1)}`;
}

const byId = statement(
  'find_webhook',
  `select ${headPosition} as position, ${columns}
     from view.webhooks w where w.tenant_id = $1 and w.webhook_id = $2 and w.status <> 'deleted'`,
);

export function findWebhook(database: Database, tenantId: string, id: string): Promise<Found | null> {
  return findObject(database, byId, { tenantId, id, show: rowText });
}

export const webhookFilters = { status: Type.Optional(WebhookStatus) } as const;

const inOrderOfBirth = listQuery({
  name: 'list_webhooks',
  columns,
  source: `from view.webhooks w
          where w.tenant_id = $1 and w.status <> 'deleted' and ($4::text is null or w.status = $4)`,
  after: 'w.webhook_id > $3::uuid',
  order: ['id'],
});

export async function listWebhooks(
  database: Database,
  tenantId: string,
  filters: { readonly status?: Static<typeof WebhookStatus> },
  page: PageRequest,
): Promise<Listed> {
  const values = [page.after?.[0] ?? leastId, filters.status ?? null];
  return readPage(database, inOrderOfBirth, { tenantId, page, values, show: rowText });
}

export const webhookLookups: readonly LookupLoader[] = [
  {
    definition: webhookCount,
    load: loadAtHead(
      'webhook_count',
      `(select count(*) from view.webhooks w where w.tenant_id = $1 and w.status <> 'deleted' and $2::text is not null)`,
    ),
  },
];
