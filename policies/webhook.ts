// Who may act on webhooks, and where they may point. They carry a tenant's events out of the house, so only users may.
import type { RoleRule } from '../kernel/actor.ts';
import { isAddress, isPublicAddress } from '../kernel/address.ts';
import type { LookupDefinition, World } from '../kernel/command.ts';
import type { Loaded } from '../kernel/event.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import { type Webhook, WebhookCreated, WebhookDeleted, webhookStream } from '../events/webhook.ts';

export const webhookRules = {
  read: { atLeast: 'user' },
  change: { atLeast: 'user' },
  send: { atLeast: 'user' },
  /** What the delivering worker finds out about an endpoint. */
  judge: { atLeast: 'superadmin' },
  catalogue: { atLeast: 'agent' },
} as const satisfies Record<string, RoleRule>;

export const webhookRefusals = defineRefusals({
  webhook_not_found: {
    kind: 'missing',
    title: 'No such webhook',
    remedy: 'List the webhooks with GET /api/v1/webhooks.',
  },
  webhook_url_refused: {
    kind: 'rejected',
    title: 'Events are not sent to such an address',
    remedy: 'Name an https URL of a public host on port 443 or 8443, without user, password and fragment.',
  },
  webhook_limit: {
    kind: 'conflict',
    title: 'The tenant has as many webhooks as it may have',
    remedy: 'Delete one that is not used any more.',
  },
  webhook_event_type_unknown: {
    kind: 'rejected',
    title: 'There is no such type of event',
    remedy: 'GET /api/v1/event-types lists them; `story.*` stands for all of one kind and `*` for all.',
  },
  webhook_disabled: {
    kind: 'conflict',
    title: 'The webhook is disabled',
    remedy: 'Enable it with POST /api/v1/webhooks/{webhook_id}/enable first.',
  },
  delivery_not_found: {
    kind: 'missing',
    title: 'No such delivery',
    remedy: 'List them with GET /api/v1/webhooks/{webhook_id}/deliveries.',
  },
});

export const maxWebhooks = 50;
const wholeTenant = 'tenant';

/** How many endpoints the tenant has. */
export const webhookCount: LookupDefinition<number> = {
  name: 'webhook-count',
  keyOf: ({ type }) => (type === WebhookCreated.type || type === WebhookDeleted.type ? wholeTenant : null),
  fold: (count, { type }) => (type === WebhookCreated.type ? count + 1 : count - 1),
};

export function requireRoom(world: World): void {
  if (world.lookup(webhookCount, wholeTenant) < maxWebhooks) return;
  throw webhookRefusals.refuse('webhook_limit', `A tenant has ${maxWebhooks} webhooks at most.`);
}

export function webhookOf(world: World, id: string): Loaded<Webhook> {
  const webhook = world.find(webhookStream, id);
  if (webhook === undefined || webhook.state.status === 'deleted') {
    throw webhookRefusals.refuse('webhook_not_found', 'There is no such webhook.');
  }
  return webhook;
}

const openPorts = new Set(['', '443', '8443']);

/** Null when events may be sent there as far as the text tells; names are judged again by what they resolve to. */
export function targetFault(text: string, allowPrivate: boolean): string | null {
  const url = URL.parse(text);
  if (url === null) return 'It is not a URL.';
  if (url.username !== '' || url.password !== '') return 'It names a user or a password.';
  if (url.hash !== '') return 'It has a fragment.';
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:')) return 'Its scheme is not https.';
  if (allowPrivate) return null;
  if (!openPorts.has(url.port)) return 'Its port is neither 443 nor 8443.';
  return hostFault(url.hostname);
}

function hostFault(name: string): string | null {
  const host = name.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (isAddress(host)) return isPublicAddress(host) ? null : 'Its address is not public.';
  if (!host.includes('.') || /\.(?:localhost|local|internal|home\.arpa)$/.test(host)) return 'Its host is not public.';
  return null;
}

export function requireTarget(url: string, allowPrivate: boolean): void {
  const fault = targetFault(url, allowPrivate);
  if (fault !== null) throw webhookRefusals.refuse('webhook_url_refused', fault);
}
