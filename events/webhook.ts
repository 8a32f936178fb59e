// Webhook: an endpoint of somebody else's that is told of events. Its secrets are kept elsewhere and named by their ids.
import { type Static, Type } from 'typebox';
import { Id, Timestamp } from '../kernel/shape.ts';
import { born, defineStream, eventType, when } from '../kernel/stream.ts';

const closed = { additionalProperties: false } as const;
const none = Type.Object({}, closed);

export const webhookFields = {
  url: Type.String({ minLength: 10, maxLength: 2_000, pattern: '^https?://[\\x21-\\x7e]+$' }),
  event_types: Type.Array(Type.String({ maxLength: 100, pattern: '^(?:\\*|[a-z][a-z_]*\\.(?:\\*|[a-z][a-z_]*))$' }), {
    minItems: 1,
    maxItems: 50,
    description: 'Exact, `story.*`, or `*` for all; GET /api/v1/event-types lists them',
  }),
  project_id: Type.Union([Id, Type.Null()], { description: 'Only events of this project' }),
  description: Type.String({ maxLength: 500 }),
  ordering: Type.Enum(['none', 'subject'], {
    description: '`subject`: of one object, an event is sent when those before it are done',
  }),
} as const;

export const WebhookDisabler = Type.Enum(['operator', 'gone', 'failing']);

export const WebhookCreated = eventType(
  'webhook.created',
  Type.Object({ ...webhookFields, secret_id: Id }, closed),
  'An endpoint was added. It gets events from now on.',
);
export const WebhookChanged = eventType(
  'webhook.changed',
  Type.Partial(Type.Object(webhookFields), closed),
  'Address, filter or description of an endpoint changed.',
);
export const WebhookSecretRotated = eventType(
  'webhook.secret_rotated',
  Type.Object({ secret_id: Id, former_until: Type.Union([Timestamp, Type.Null()]) }, closed),
  'An endpoint got another secret; until the given time the former one signs as well.',
);
export const WebhookEnabled = eventType('webhook.enabled', none, 'A disabled endpoint gets events again.');
export const WebhookDisabled = eventType(
  'webhook.disabled',
  Type.Object({ reason: WebhookDisabler }, closed),
  'An endpoint gets no more events: an operator said so, it answered 410, or it failed for days.',
);
export const WebhookRecovered = eventType(
  'webhook.recovered',
  none,
  'An endpoint that the server had disabled takes deliveries again.',
);
export const WebhookDeleted = eventType('webhook.deleted', none, 'An endpoint was removed.');

export interface Webhook extends Static<typeof WebhookCreated.shape> {
  readonly status: 'active' | 'disabled' | 'deleted';
  readonly disabled_by: Static<typeof WebhookDisabler> | null;
  /** Enabled after the server had disabled it, and nothing was taken since. */
  readonly on_trial: boolean;
  readonly former: { readonly secret_id: string; readonly until: string } | null;
}

export const webhookStream = defineStream<Webhook>('webhook', [
  born(WebhookCreated, (data) => ({ ...data, status: 'active', disabled_by: null, on_trial: false, former: null })),
  when(WebhookChanged, (webhook, data) => ({ ...webhook, ...data })),
  when(WebhookSecretRotated, (webhook, { secret_id, former_until: until }) => ({
    ...webhook,
    secret_id,
    former: until === null ? null : { secret_id: webhook.secret_id, until },
  })),
  when(WebhookEnabled, (webhook) => ({
    ...webhook,
    status: 'active',
    disabled_by: null,
    on_trial: webhook.disabled_by === 'failing' || webhook.disabled_by === 'gone',
  })),
  when(WebhookDisabled, (webhook, { reason }) => ({
    ...webhook,
    status: 'disabled',
    disabled_by: reason,
    on_trial: false,
  })),
  when(WebhookRecovered, (webhook) => ({ ...webhook, on_trial: false })),
  when(WebhookDeleted, (webhook) => ({ ...webhook, status: 'deleted', former: null })),
]);
