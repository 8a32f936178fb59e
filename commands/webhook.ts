// Commands on webhooks.
import { type Static, Type } from 'typebox';
import type { CommandDefinition } from '../kernel/command.ts';
import { record } from '../kernel/stream.ts';
import { addSeconds } from '../kernel/timestamp.ts';
import {
  type Webhook,
  WebhookChanged,
  WebhookCreated,
  WebhookDeleted,
  WebhookDisabled,
  WebhookEnabled,
  webhookFields,
  WebhookRecovered,
  WebhookSecretRotated,
} from '../events/webhook.ts';
import { projectOf } from '../policies/project.ts';
import { requireRole } from '../policies/role.ts';
import { openTenant } from '../policies/tenant.ts';
import { requireRoom, requireTarget, webhookOf, webhookRules } from '../policies/webhook.ts';

const closed = { additionalProperties: false } as const;
const { url, event_types, project_id, description, ordering } = webhookFields;

/** Which kind of secret is made; what it is stays with the secret and is no fact of the log. */
const signature = Type.Enum(['v1', 'v1a'], {
  default: 'v1',
  description: '`v1` signs with a shared secret, `v1a` with an Ed25519 key of which only the public half is shown',
});

export const CreateWebhookBody = Type.Object(
  {
    url,
    event_types: Type.Optional(event_types),
    project_id: Type.Optional(project_id),
    description: Type.Optional(description),
    ordering: Type.Optional(ordering),
    signature: Type.Optional(signature),
  },
  closed,
);
export const ChangeWebhookBody = Type.Partial(Type.Object(webhookFields), { ...closed, minProperties: 1 });
const weekS = 604_800;
export const RotateWebhookBody = Type.Object(
  {
    grace_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: weekS,
        default: 86_400,
        description: 'For so long every delivery carries both signatures',
      }),
    ),
    signature: Type.Optional(signature),
  },
  closed,
);

const webhookRef = (id: string) => ({ type: 'webhook', id });

/** Set by the server's configuration and never by a caller. */
interface Reach {
  readonly allow_private: boolean;
}

export interface CreateWebhook extends Static<typeof CreateWebhookBody>, Reach {
  readonly webhook_id: string;
  readonly secret_id: string;
}

export const createWebhook: CommandDefinition<CreateWebhook> = {
  name: 'CreateWebhook',
  subject: ({ webhook_id }) => webhookRef(webhook_id),
  authorize: (_command, world) => requireRole(webhookRules.change, world.actor),
  decide(command, world) {
    openTenant(world);
    requireTarget(command.url, command.allow_private);
    requireRoom(world);
    const { event_types: types = ['*'], project_id: project = null, description: about = '' } = command;
    if (project !== null) projectOf(world, project);
    const data = {
      url: command.url,
      event_types: types,
      project_id: project,
      description: about,
      ordering: command.ordering ?? 'none',
      secret_id: command.secret_id,
    };
    return [record(WebhookCreated, webhookRef(command.webhook_id), data, null)];
  },
};

export interface ChangeWebhook extends Reach {
  readonly webhook_id: string;
  readonly changes: Static<typeof ChangeWebhookBody>;
}

export const changeWebhook: CommandDefinition<ChangeWebhook> = {
  name: 'ChangeWebhook',
  subject: ({ webhook_id }) => webhookRef(webhook_id),
  authorize: (_command, world) => requireRole(webhookRules.change, world.actor),
  decide({ webhook_id, changes, allow_private }, world) {
    const { state } = webhookOf(world, webhook_id);
    if (changes.url !== undefined) requireTarget(changes.url, allow_private);
    if (typeof changes.project_id === 'string') projectOf(world, changes.project_id);
    return isOther(state, changes) ? [record(WebhookChanged, webhookRef(webhook_id), changes, null)] : [];
  },
};

function isOther(webhook: Webhook, changes: ChangeWebhook['changes']): boolean {
  return Object.entries(changes).some(
    ([name, value]) => JSON.stringify(webhook[name as keyof typeof changes]) !== JSON.stringify(value),
  );
}

export interface RotateWebhookSecret extends Static<typeof RotateWebhookBody> {
  readonly webhook_id: string;
  readonly secret_id: string;
}

export const rotateWebhookSecret: CommandDefinition<RotateWebhookSecret> = {
  name: 'RotateWebhookSecret',
  subject: ({ webhook_id }) => webhookRef(webhook_id),
  authorize: (_command, world) => requireRole(webhookRules.change, world.actor),
  decide({ webhook_id, secret_id, grace_seconds = 86_400 }, world) {
    webhookOf(world, webhook_id);
    const former_until = grace_seconds === 0 ? null : addSeconds(world.now, grace_seconds);
    return [record(WebhookSecretRotated, webhookRef(webhook_id), { secret_id, former_until }, null)];
  },
};

export interface NameWebhook {
  readonly webhook_id: string;
}

export const enableWebhook: CommandDefinition<NameWebhook> = {
  name: 'EnableWebhook',
  subject: ({ webhook_id }) => webhookRef(webhook_id),
  authorize: (_command, world) => requireRole(webhookRules.change, world.actor),
  decide({ webhook_id }, world) {
    if (webhookOf(world, webhook_id).state.status === 'active') return [];
    return [record(WebhookEnabled, webhookRef(webhook_id), {}, null)];
  },
};

export const disableWebhook: CommandDefinition<NameWebhook> = {
  name: 'DisableWebhook',
  subject: ({ webhook_id }) => webhookRef(webhook_id),
  authorize: (_command, world) => requireRole(webhookRules.change, world.actor),
  decide({ webhook_id }, world) {
    if (webhookOf(world, webhook_id).state.status === 'disabled') return [];
    return [record(WebhookDisabled, webhookRef(webhook_id), { reason: 'operator' }, null)];
  },
};

export const deleteWebhook: CommandDefinition<NameWebhook> = {
  name: 'DeleteWebhook',
  subject: ({ webhook_id }) => webhookRef(webhook_id),
  authorize: (_command, world) => requireRole(webhookRules.change, world.actor),
  decide({ webhook_id }, world) {
    webhookOf(world, webhook_id);
    return [record(WebhookDeleted, webhookRef(webhook_id), {}, null)];
  },
};

export interface JudgeWebhook extends NameWebhook {
  readonly verdict: 'gone' | 'failing' | 'recovered';
}

/** What deliveries have shown. An endpoint that somebody changed in the meantime is judged as it is now. */
export const judgeWebhook: CommandDefinition<JudgeWebhook> = {
  name: 'JudgeWebhook',
  subject: ({ webhook_id }) => webhookRef(webhook_id),
  authorize: (_command, world) => requireRole(webhookRules.judge, world.actor),
  decide({ webhook_id, verdict }, world) {
    const { state } = webhookOf(world, webhook_id);
    if (state.status !== 'active') return [];
    if (verdict === 'recovered') {
      return state.on_trial ? [record(WebhookRecovered, webhookRef(webhook_id), {}, null)] : [];
    }
    return [record(WebhookDisabled, webhookRef(webhook_id), { reason: verdict }, null)];
  },
};
