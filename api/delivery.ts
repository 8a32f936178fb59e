// Deliveries over HTTP: what was sent and what came of it, once more, and a test. Nothing here is an event of the log.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Static, Type } from 'typebox';
import { newId } from '../kernel/id.ts';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id, Timestamp } from '../kernel/shape.ts';
import { webhookRefusals, webhookRules } from '../policies/webhook.ts';
import {
  AttemptView,
  deliveryFilters,
  type DeliveryName,
  DeliveryStatus,
  DeliveryView,
  findDelivery,
  type FoundDelivery,
  listDeliveries,
  putTestDelivery,
  type Replay,
  replayDeliveries,
} from '../projections/delivery.ts';
import { findWebhook } from '../projections/webhook.ts';
import { requireWriteHeaders } from './perform.ts';
import type { Answer, Call } from './call.ts';
import { pageOf } from './present.ts';
import { presentListed } from './render.ts';
import { type Route, route } from './route.ts';
import { missingWebhook, oneWebhook, webhookExample, WebhookPath } from './webhook.ts';

const closed = { additionalProperties: false } as const;
const DeliveryPath = Type.Object({ webhook_id: Id, delivery_id: Id }, closed);
const url = `${oneWebhook}/deliveries`;
const tags = ['webhooks'] as const;

const DeliveryWithAttempts = Type.Object(
  { ...DeliveryView.properties, log: Type.Array(AttemptView, { maxItems: 1_000 }) },
  closed,
);
const RecoverBody = Type.Object(
  {
    since: Type.Optional(Timestamp),
    until: Type.Optional(Timestamp),
    status: Type.Optional(
      Type.Array(DeliveryStatus, {
        minItems: 1,
        maxItems: 4,
        description: 'Without it, those that failed or were held',
      }),
    ),
    dry_run: Type.Optional(Type.Boolean({ default: false, description: 'Only count' })),
  },
  closed,
);
const RecoveredView = Type.Object(
  {
    count: Type.Integer({ minimum: 0, maximum: 10_000, description: 'At most 10,000 a call; repeat it until 0' }),
    dry_run: Type.Boolean(),
  },
  closed,
);

const example = {
  id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d0b',
  webhook_id: webhookExample.id,
  event_type: 'story.created',
  position: 42,
  status: 'delivered',
  attempts: 1,
  created_at: '2026-01-02T03:04:05.678Z',
  due_at: null,
  ended_at: '2026-01-02T03:04:05.778Z',
};
const attemptExample = {
  attempt: 1,
  started_at: '2026-01-02T03:04:05.700Z',
  taken: true,
  error: null,
  request: { url: webhookExample.url, headers: { 'webhook-id': example.id } },
  response: { status: 204, headers: {}, body: '', truncated: false },
  timings: { first_byte_ms: 31.4, total_ms: 31.9 },
};
const params = { webhook_id: webhookExample.id, delivery_id: example.id };
const shownExample = { ...example, log: [attemptExample] };

function missingDelivery(): Error {
  return webhookRefusals.refuse('delivery_not_found', 'There is no such delivery.');
}

function show(status: number, { position, delivery, attempts }: FoundDelivery): Answer {
  const body = JSON.stringify({ ...delivery, log: attempts });
  return { status, body, headers: ['loopledger-position', String(position)] };
}

async function found(call: Call, name: DeliveryName): Promise<FoundDelivery> {
  const delivery = await findDelivery(call.api.database, call.tenantId, name);
  if (delivery === null) throw missingDelivery();
  return delivery;
}

async function openWebhook(call: Call, webhookId: string): Promise<number> {
  const webhook = await findWebhook(call.api.database, call.tenantId, webhookId);
  if (webhook === null) throw missingWebhook();
  const { status } = JSON.parse(webhook.body) as { readonly status: string };
  if (status !== 'active') throw webhookRefusals.refuse('webhook_disabled', 'Nothing is sent to a disabled webhook.');
  return webhook.position;
}

const pollMs = 50;

/** A worker sends it, in this process or another one; the answer shows what came of it when it comes in time. */
async function sendTest(call: Call<Static<typeof WebhookPath>>): Promise<Answer> {
  const { database, options, stopping } = call.api;
  const { webhook_id } = call.params;
  await openWebhook(call, webhook_id);
  const name = { webhook_id, delivery_id: newId() };
  await putTestDelivery(database, call.tenantId, name);
  const endMs = performance.now() + options.webhookTestWaitMs;
  for (;;) {
    const now = await found(call, name);
    if (now.delivery.status !== 'pending' || performance.now() > endMs || stopping.aborted) return show(201, now);
    await sleep(pollMs);
  }
}

async function replayOne(call: Call<Static<typeof DeliveryPath>>): Promise<Answer> {
  await openWebhook(call, call.params.webhook_id);
  await found(call, call.params);
  const everything = { since: null, until: null, statuses: ['delivered', 'failed', 'held', 'pending'], dry_run: false };
  await replayDeliveries(call.api.database, call.tenantId, { ...call.params, ...everything });
  return show(200, await found(call, call.params));
}

async function recover(call: Call<Static<typeof WebhookPath>, unknown, Static<typeof RecoverBody>>): Promise<Answer> {
  requireWriteHeaders(call);
  const { since = null, until = null, status = ['failed', 'held'], dry_run = false } = call.body;
  const position = await openWebhook(call, call.params.webhook_id);
  const replay: Replay = { ...call.params, delivery_id: null, since, until, statuses: status, dry_run };
  const count = await replayDeliveries(call.api.database, call.tenantId, replay);
  const headers = ['loopledger-position', String(position)];
  return { status: 200, body: JSON.stringify({ count, dry_run }), headers };
}

const listRoute = route({
  method: 'GET',
  url,
  operation: 'listDeliveries',
  summary: 'List what was or is to be sent to a webhook, in the order of the events',
  tags,
  role: webhookRules.read,
  params: WebhookPath,
  query: pageQuery(deliveryFilters),
  status: 200,
  response: listOf(DeliveryView),
  codes: ['webhook_not_found'],
  examples: {
    params: { webhook_id: webhookExample.id },
    query: { status: 'failed', event_type: 'story.created' },
    response: { data: [example], next_cursor: null, changes_cursor: 'c2VhbGVk' },
  },
  handler: (call) =>
    presentListed(
      call,
      listDeliveries(call.api.database, call.tenantId, { ...call.params, ...call.query }, pageOf(call)),
      missingWebhook,
    ),
});

const getRoute = route({
  method: 'GET',
  url: `${url}/:delivery_id`,
  operation: 'getDelivery',
  summary: 'Show a delivery with all of its attempts: request, answer and times',
  tags,
  role: webhookRules.read,
  params: DeliveryPath,
  status: 200,
  response: DeliveryWithAttempts,
  codes: ['delivery_not_found'],
  examples: { params, response: shownExample },
  handler: async (call) => show(200, await found(call, call.params)),
});

const replayRoute = route({
  method: 'POST',
  url: `${url}/:delivery_id/replay`,
  operation: 'replayDelivery',
  summary: 'Send a delivery again, under the same id',
  tags,
  role: webhookRules.send,
  params: DeliveryPath,
  status: 200,
  response: DeliveryWithAttempts,
  codes: ['webhook_not_found', 'webhook_disabled', 'delivery_not_found'],
  examples: { params, response: { ...shownExample, status: 'pending', ended_at: null } },
  handler: replayOne,
});

const recoverRoute = route({
  method: 'POST',
  url: `${oneWebhook}/recover`,
  operation: 'recoverDeliveries',
  summary: 'Send again what failed or was held, of a time or of all',
  description: 'Each keeps its id, so whoever took one already knows it.',
  tags,
  role: webhookRules.send,
  params: WebhookPath,
  body: RecoverBody,
  status: 200,
  response: RecoveredView,
  codes: ['webhook_not_found', 'webhook_disabled'],
  examples: {
    params: { webhook_id: webhookExample.id },
    body: { since: '2026-01-02T00:00:00.000Z', dry_run: true },
    response: { count: 17, dry_run: true },
  },
  handler: recover,
});

const testRoute = route({
  method: 'POST',
  url: `${oneWebhook}/test`,
  operation: 'testWebhook',
  summary: 'Send a test to a webhook, and show request and answer',
  description:
    'It is tried once, and counts neither for nor against the webhook. While no worker runs, it stays pending.',
  tags,
  role: webhookRules.send,
  params: WebhookPath,
  status: 201,
  response: DeliveryWithAttempts,
  codes: ['webhook_not_found', 'webhook_disabled', 'delivery_not_found'],
  examples: {
    params: { webhook_id: webhookExample.id },
    response: { ...shownExample, event_type: 'webhook.test', position: null },
  },
  handler: sendTest,
});

export const deliveryRoutes: readonly Route[] = [listRoute, getRoute, replayRoute, recoverRoute, testRoute];
