// Webhooks over HTTP. A secret is shown in the answer that made it, and again in the repeat of that request.
import { type Static, Type } from 'typebox';
import { newId } from '../kernel/id.ts';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id } from '../kernel/shape.ts';
import {
  changeWebhook,
  ChangeWebhookBody,
  createWebhook,
  CreateWebhookBody,
  deleteWebhook,
  disableWebhook,
  enableWebhook,
  rotateWebhookSecret,
  RotateWebhookBody,
} from '../commands/webhook.ts';
import type { Webhook } from '../events/webhook.ts';
import { maxWebhooks, webhookRefusals, webhookRules } from '../policies/webhook.ts';
import { findWebhook, listWebhooks, webhookFilters, webhookText, WebhookView } from '../projections/webhook.ts';
import { readWebhookHealth, WebhookHealthView } from '../projections/webhook-health.ts';
import type { ExecuteRequest, Subject } from '../sql/batch.ts';
import { keepWebhookSecret, newWebhookSecret } from '../sql/webhook-secret.ts';
import type { Answer, Call } from './call.ts';
import { requireKnownTypes } from './event-type.ts';
import { perform } from './perform.ts';
import { pageOf, presentList } from './present.ts';
import { presentFound, showNothing } from './render.ts';
import { type Route, route } from './route.ts';
import { performShowing } from './sealed-secret.ts';

export const WebhookPath = Type.Object({ webhook_id: Id }, { additionalProperties: false });
const url = '/api/v1/webhooks';
export const oneWebhook = `${url}/:webhook_id`;
const tags = ['webhooks'] as const;

const NewWebhookView = Type.Object(
  {
    ...WebhookView.properties,
    secret: Type.String({
      pattern: '^wh(?:sec|pk)_[0-9A-Za-z+/]{43}=$',
      minLength: 49,
      maxLength: 50,
      description: 'What signatures are checked with, for `v1a` a public key; shown here and nowhere else',
    }),
  },
  { additionalProperties: false },
);

export const webhookExample = {
  id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d0a',
  version: 1,
  created_at: '2026-01-02T03:04:05.678Z',
  updated_at: '2026-01-02T03:04:05.678Z',
  url: 'https://hooks.example.org/loopledger',
  event_types: ['story.*'],
  project_id: null,
  description: '',
  ordering: 'none',
  status: 'active',
  disabled_by: null,
  former_secret_until: null,
};
const secret = `whsec_${'A'.repeat(43)}=`;
const params = { webhook_id: webhookExample.id };

export function missingWebhook(): Error {
  return webhookRefusals.refuse('webhook_not_found', 'There is no such webhook.');
}

function viewOf({ id, version, created_at, updated_at, state }: Subject): object {
  return { id, version, created_at, updated_at, ...webhookText(state as Webhook) };
}

const show: ExecuteRequest['render'] = (subject) => ({ status: 200, body: JSON.stringify(viewOf(subject)) });

async function keepSecret(call: Call, secretId: string, signature: 'v1' | 'v1a' = 'v1'): Promise<string> {
  const { kept, shown } = newWebhookSecret(signature);
  const { masterKey } = call.api.options;
  await keepWebhookSecret(call.api.database, { masterKey, tenantId: call.tenantId, secretId }, kept);
  return shown;
}

async function createWithSecret(call: Call<unknown, unknown, Static<typeof CreateWebhookBody>>): Promise<Answer> {
  requireKnownTypes(call.body.event_types ?? []);
  const secret_id = newId();
  const { webhookAllowPrivate: allow_private } = call.api.options;
  return performShowing(call, {
    definition: createWebhook,
    command: { ...call.body, webhook_id: newId(), secret_id, allow_private },
    secret: await keepSecret(call, secret_id, call.body.signature),
    status: 201,
    view: viewOf,
    location: url,
  });
}

type Rotation = Call<Static<typeof WebhookPath>, unknown, Static<typeof RotateWebhookBody>>;

async function rotateSecret(call: Rotation): Promise<Answer> {
  const secret_id = newId();
  return performShowing(call, {
    definition: rotateWebhookSecret,
    command: { ...call.params, ...call.body, secret_id },
    secret: await keepSecret(call, secret_id, call.body.signature),
    status: 200,
    view: viewOf,
  });
}

type Change = Call<Static<typeof WebhookPath>, unknown, Static<typeof ChangeWebhookBody>>;

function change(call: Change): Promise<Answer> {
  requireKnownTypes(call.body.event_types ?? []);
  const command = {
    ...call.params,
    changes: call.body,
    allow_private: call.api.options.webhookAllowPrivate,
  };
  return perform(call, { definition: changeWebhook, command, render: show });
}

const listRoute = route({
  method: 'GET',
  url,
  operation: 'listWebhooks',
  summary: 'List webhooks in the order in which they were created',
  tags,
  role: webhookRules.read,
  query: pageQuery(webhookFilters),
  status: 200,
  response: listOf(WebhookView),
  codes: [],
  examples: { response: { data: [webhookExample], next_cursor: null, changes_cursor: 'c2VhbGVk' } },
  handler: async (call) =>
    presentList(call, await listWebhooks(call.api.database, call.tenantId, call.query, pageOf(call))),
});

const createRoute = route({
  method: 'POST',
  url,
  operation: 'createWebhook',
  summary: 'Have events sent to an address, and show the secret that signs them',
  description:
    'Deliveries follow Standard Webhooks: `webhook-id`, `webhook-timestamp` and `webhook-signature`. They come at least ' +
    'once; whoever remembers `webhook-id` sees each of them once. The endpoint gets events from its creation on. Say ' +
    '`signature` again at each rotation: a secret is of the kind that it is asked for.',
  tags,
  role: webhookRules.change,
  body: CreateWebhookBody,
  status: 201,
  response: NewWebhookView,
  codes: [
    'webhook_url_refused',
    'webhook_limit',
    'webhook_event_type_unknown',
    'project_not_found',
    'key_secret_lost',
    'tenant_not_found',
    'tenant_suspended',
  ],
  examples: {
    body: { url: webhookExample.url, event_types: webhookExample.event_types },
    response: { ...webhookExample, secret },
  },
  handler: createWithSecret,
});

async function showHealth({ api, tenantId }: Call): Promise<Answer> {
  const { position, health } = await readWebhookHealth(api.database, tenantId);
  return { status: 200, body: `{"data":${health}}`, headers: ['loopledger-position', String(position)] };
}

const healthRoute = route({
  method: 'GET',
  url: `${url}/health`,
  operation: 'listWebhookHealth',
  summary: 'Show how each webhook fares: its breaker, and what became of its last deliveries',
  tags,
  role: webhookRules.read,
  status: 200,
  response: Type.Object(
    { data: Type.Array(WebhookHealthView, { maxItems: maxWebhooks }) },
    { additionalProperties: false },
  ),
  codes: [],
  examples: {
    response: {
      data: [
        {
          webhook_id: webhookExample.id,
          breaker: 'open',
          probe_at: '2026-01-02T03:05:05.678Z',
          failures_in_row: 12,
          failing_since: '2026-01-02T03:04:05.678Z',
          recent: { delivered: 184, failed: 2, held: 0, pending: 14 },
        },
      ],
    },
  },
  handler: showHealth,
});

const getRoute = route({
  method: 'GET',
  url: oneWebhook,
  operation: 'getWebhook',
  summary: 'Show a webhook, without its secret',
  tags,
  role: webhookRules.read,
  params: WebhookPath,
  status: 200,
  response: WebhookView,
  codes: ['webhook_not_found'],
  examples: { params, response: webhookExample },
  handler: (call) =>
    presentFound(call, findWebhook(call.api.database, call.tenantId, call.params.webhook_id), missingWebhook),
});

const changeRoute = route({
  method: 'PATCH',
  url: oneWebhook,
  operation: 'changeWebhook',
  summary: 'Change address, filter, order or description of a webhook',
  tags,
  role: webhookRules.change,
  params: WebhookPath,
  body: ChangeWebhookBody,
  status: 200,
  response: WebhookView,
  codes: ['webhook_not_found', 'webhook_url_refused', 'webhook_event_type_unknown', 'project_not_found'],
  examples: {
    params,
    body: {
      url: webhookExample.url,
      event_types: ['story.*', 'epic.*'],
      project_id: null,
      description: 'Ours',
      ordering: 'none',
    },
    response: { ...webhookExample, version: 2, event_types: ['story.*', 'epic.*'], description: 'Ours' },
  },
  handler: change,
});

const rotateRoute = route({
  method: 'POST',
  url: `${oneWebhook}/rotate`,
  operation: 'rotateWebhookSecret',
  summary: 'Give a webhook another secret, and show it',
  description:
    'For `grace_seconds` every delivery carries a signature of each of the two secrets in one header. A second rotation ' +
    'ends what was left of the grace of the first.',
  tags,
  role: webhookRules.change,
  params: WebhookPath,
  body: RotateWebhookBody,
  status: 200,
  response: NewWebhookView,
  codes: ['webhook_not_found', 'key_secret_lost'],
  examples: {
    params,
    body: { grace_seconds: 86_400 },
    response: { ...webhookExample, version: 2, former_secret_until: '2026-01-03T03:04:05.678Z', secret },
  },
  handler: rotateSecret,
});

const enableRoute = route({
  method: 'POST',
  url: `${oneWebhook}/enable`,
  operation: 'enableWebhook',
  summary: 'Send events to a disabled webhook again',
  description: 'What happened in the meantime is held, and is sent when it is recovered.',
  tags,
  role: webhookRules.change,
  params: WebhookPath,
  status: 200,
  response: WebhookView,
  codes: ['webhook_not_found'],
  examples: { params, response: { ...webhookExample, version: 3 } },
  handler: (call) => perform(call, { definition: enableWebhook, command: call.params, render: show }),
});

const disableRoute = route({
  method: 'POST',
  url: `${oneWebhook}/disable`,
  operation: 'disableWebhook',
  summary: 'Send nothing more to a webhook until it is enabled again',
  tags,
  role: webhookRules.change,
  params: WebhookPath,
  status: 200,
  response: WebhookView,
  codes: ['webhook_not_found'],
  examples: {
    params,
    response: { ...webhookExample, version: 2, status: 'disabled', disabled_by: 'operator' },
  },
  handler: (call) => perform(call, { definition: disableWebhook, command: call.params, render: show }),
});

const deleteRoute = route({
  method: 'DELETE',
  url: oneWebhook,
  operation: 'deleteWebhook',
  summary: 'Remove a webhook, its secrets and what was still to be sent',
  tags,
  role: webhookRules.change,
  params: WebhookPath,
  status: 204,
  response: Type.Null(),
  codes: ['webhook_not_found'],
  examples: { params },
  handler: (call) => perform(call, { definition: deleteWebhook, command: call.params, render: showNothing }),
});

export const webhookRoutes: readonly Route[] = [
  listRoute,
  createRoute,
  healthRoute,
  getRoute,
  changeRoute,
  rotateRoute,
  enableRoute,
  disableRoute,
  deleteRoute,
];
