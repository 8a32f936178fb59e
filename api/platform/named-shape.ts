// Shapes that many operations show stand in the OpenAPI document once, by a name that tools make types of.
import { AgentView } from '../../projections/agent.ts';
import { AuthenticatorView } from '../../projections/authenticator.ts';
import { CheckpointView } from '../../projections/proof.ts';
import { DispatchView } from '../../projections/dispatch.ts';
import { EpicView } from '../../projections/epic.ts';
import { EventView } from '../../projections/event.ts';
import { KeyView } from '../../projections/key.ts';
import { ProjectView } from '../../projections/project.ts';
import { SigningKeyView } from '../../projections/signing-key.ts';
import { StoryView } from '../../projections/story.ts';
import { TenantView } from '../../projections/tenant.ts';
import { WebhookView } from '../../projections/webhook.ts';
import { ActionView } from '../action.ts';
import { StoryReply } from '../story-reply.ts';

type Json = Readonly<Record<string, unknown>>;

const named: Readonly<Record<string, object>> = {
  Action: ActionView,
  Agent: AgentView,
  Authenticator: AuthenticatorView,
  Checkpoint: CheckpointView,
  Custody: StoryView.properties.custody,
  Dispatch: DispatchView,
  Epic: EpicView,
  Event: EventView,
  Key: KeyView,
  Project: ProjectView,
  SigningKey: SigningKeyView,
  Story: StoryView,
  StoryReply,
  Tenant: TenantView,
  Webhook: WebhookView,
};
const names = new Map(Object.entries(named).map(([name, shape]) => [shape, name]));
const place = '#/components/schemas/';
const inlined = /^#\/components\/(schemas|responses)\/(\w+)$/;

/** The document with a reference in the place of each shape that has a name. */
export function shareShapes(document: Json): Record<string, unknown> {
  const used = new Set<string>();
  const share = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const name = names.get(value);
    if (name === undefined) return copyOf(value, share);
    used.add(name);
    return { $ref: `${place}${name}` };
  };
  const shared = copyOf(document, share) as Record<string, unknown>;
  const components = shared['components'] as Json;
  const shapes: Record<string, unknown> = { ...(components['schemas'] as Json) };
  // A shape may show another one, which is then used as well.
  for (const name of used) shapes[name] = copyOf(named[name] as object, share);
  return { ...shared, components: { ...components, schemas: sorted(shapes) } };
}

/** The opposite: each reference to a shape or an answer replaced by it. */
export function inlineShapes(document: Json): Record<string, unknown> {
  const { components = {} } = document as { readonly components?: Readonly<Record<string, Json>> };
  const inline = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const { $ref: reference } = value as { readonly $ref?: unknown };
    const [, kind, name] = typeof reference === 'string' ? (inlined.exec(reference) ?? []) : [];
    if (kind === undefined || name === undefined) return copyOf(value, inline);
    return inline(components[kind]?.[name]);
  };
  return copyOf(document, inline) as Record<string, unknown>;
}

function copyOf(value: object, each: (member: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(each);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, each(member)]));
}

function sorted(shapes: Json): Json {
  return Object.fromEntries(Object.entries(shapes).sort(([one], [other]) => (one < other ? -1 : 1)));
}
