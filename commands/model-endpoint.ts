// Commands on model endpoints.
import { type Static, Type } from 'typebox';
import { canonicalJson } from '../kernel/canonical.ts';
import type { CommandDefinition } from '../kernel/command.ts';
import { record } from '../kernel/stream.ts';
import {
  EndpointKind,
  EndpointName,
  type ModelEndpoint,
  ModelEndpointChanged,
  ModelEndpointCreated,
  ModelEndpointDeleted,
  ModelEndpointDisabled,
  ModelEndpointEnabled,
  modelEndpointFields,
  OfferedModel,
} from '../events/model-endpoint.ts';
import {
  modelEndpointOf,
  modelEndpointRefusals,
  modelEndpointRules,
  requireFreeEndpointName,
  requireModelTarget,
  requireOnce,
} from '../policies/model-endpoint.ts';
import { requireRole } from '../policies/role.ts';
import { openTenant } from '../policies/tenant.ts';

const closed = { additionalProperties: false } as const;
const { base_url, description } = modelEndpointFields;
const { name: modelName, price } = OfferedModel.properties;
const models = Type.Array(Type.Object({ name: modelName, price: Type.Optional(price) }, closed), {
  minItems: 1,
  maxItems: 50,
});

export const CreateModelEndpointBody = Type.Object(
  {
    name: EndpointName,
    kind: EndpointKind,
    base_url: Type.Optional(base_url),
    models,
    description: Type.Optional(description),
  },
  closed,
);
export const ChangeModelEndpointBody = Type.Partial(Type.Object({ base_url, models, description }), closed);

const endpointRef = (id: string) => ({ type: 'model_endpoint', id });

/** What was kept beside the log before the command, and what the server's configuration allows. */
interface Kept {
  readonly secret_id?: string | null;
  readonly secret_last_four?: string | null;
  readonly allow_private: boolean;
}

const homes = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  compatible: null,
  scripted: null,
} as const;

export interface CreateModelEndpoint extends Static<typeof CreateModelEndpointBody>, Kept {
  readonly endpoint_id: string;
  readonly allow_scripted: boolean;
}

export const createModelEndpoint: CommandDefinition<CreateModelEndpoint> = {
  name: 'CreateModelEndpoint',
  subject: ({ endpoint_id }) => endpointRef(endpoint_id),
  authorize: (_command, world) => requireRole(modelEndpointRules.change, world.actor),
  decide(command, world) {
    openTenant(world);
    const { name, kind, secret_id = null, secret_last_four = null } = command;
    if (kind === 'scripted' && !command.allow_scripted) {
      throw modelEndpointRefusals.refuse('model_endpoint_kind_refused', 'No scripts are answered from here.');
    }
    const url = addressOf(command.base_url ?? homes[kind]);
    requireParts(kind, { base_url: url, secret_id });
    if (url !== null) requireModelTarget(url, command.allow_private);
    requireOnce(command.models);
    requireFreeEndpointName(world, name);
    const about = command.description ?? '';
    const data = { name, kind, base_url: url, models: offered(command.models), description: about, secret_id };
    return [record(ModelEndpointCreated, endpointRef(command.endpoint_id), { ...data, secret_last_four }, null)];
  },
};

/** Without a price of the tenant's own, that of the platform holds. */
function offered(named: Static<typeof models>): ModelEndpoint['models'] {
  return named.map(({ name, price: own = null }) => ({ name, price: own }));
}

function addressOf(text: string | null): string | null {
  return text === null ? null : text.replace(/\/+$/, '');
}

type Parts = Pick<ModelEndpoint, 'base_url' | 'secret_id'>;

/** A scripted endpoint reaches nobody; the others must know whom. */
function requireParts(kind: ModelEndpoint['kind'], { base_url: url, secret_id }: Parts): void {
  if (kind === 'scripted' ? url === null && secret_id === null : url !== null) return;
  const detail = kind === 'scripted' ? 'It has neither an address nor a key.' : 'It needs an address.';
  throw modelEndpointRefusals.refuse('model_endpoint_address_unfit', detail);
}

export interface ChangeModelEndpoint extends Kept {
  readonly endpoint_id: string;
  readonly changes: Static<typeof ChangeModelEndpointBody>;
}

export const changeModelEndpoint: CommandDefinition<ChangeModelEndpoint> = {
  name: 'ChangeModelEndpoint',
  subject: ({ endpoint_id }) => endpointRef(endpoint_id),
  authorize: (_command, world) => requireRole(modelEndpointRules.change, world.actor),
  decide({ endpoint_id, changes, allow_private, ...kept }, world) {
    const { state } = modelEndpointOf(world, endpoint_id);
    const { models: named, ...others } = changes;
    const next = { ...others, ...kept, ...(named === undefined ? {} : { models: offered(named) }) };
    if (next.base_url !== undefined) next.base_url = addressOf(next.base_url);
    requireParts(state.kind, { ...state, ...next });
    if (typeof next.base_url === 'string') {
      requireModelTarget(next.base_url, allow_private);
      requireKeyForAddress(state, next.base_url, kept.secret_id !== undefined);
    }
    if (next.models !== undefined) requireOnce(next.models);
    return isOther(state, next) ? [record(ModelEndpointChanged, endpointRef(endpoint_id), next, null)] : [];
  },
};

/** Else whoever may change an address could read a key that is shown to nobody. */
function requireKeyForAddress(endpoint: ModelEndpoint, url: string, isGiven: boolean): void {
  if (isGiven || endpoint.secret_id === null || endpoint.base_url === url) return;
  throw modelEndpointRefusals.refuse('model_endpoint_secret_needed', 'The key was given for another address.');
}

function isOther(endpoint: ModelEndpoint, changes: Static<typeof ModelEndpointChanged.shape>): boolean {
  return Object.entries(changes).some(
    ([name, value]) => canonicalJson(endpoint[name as keyof typeof changes]) !== canonicalJson(value),
  );
}

export interface NameModelEndpoint {
  readonly endpoint_id: string;
}

export const enableModelEndpoint: CommandDefinition<NameModelEndpoint> = {
  name: 'EnableModelEndpoint',
  subject: ({ endpoint_id }) => endpointRef(endpoint_id),
  authorize: (_command, world) => requireRole(modelEndpointRules.change, world.actor),
  decide({ endpoint_id }, world) {
    if (modelEndpointOf(world, endpoint_id).state.status === 'active') return [];
    return [record(ModelEndpointEnabled, endpointRef(endpoint_id), {}, null)];
  },
};

export const disableModelEndpoint: CommandDefinition<NameModelEndpoint> = {
  name: 'DisableModelEndpoint',
  subject: ({ endpoint_id }) => endpointRef(endpoint_id),
  authorize: (_command, world) => requireRole(modelEndpointRules.change, world.actor),
  decide({ endpoint_id }, world) {
    if (modelEndpointOf(world, endpoint_id).state.status === 'disabled') return [];
    return [record(ModelEndpointDisabled, endpointRef(endpoint_id), {}, null)];
  },
};

export const deleteModelEndpoint: CommandDefinition<NameModelEndpoint> = {
  name: 'DeleteModelEndpoint',
  subject: ({ endpoint_id }) => endpointRef(endpoint_id),
  authorize: (_command, world) => requireRole(modelEndpointRules.change, world.actor),
  decide({ endpoint_id }, world) {
    const { name } = modelEndpointOf(world, endpoint_id).state;
    return [record(ModelEndpointDeleted, endpointRef(endpoint_id), { name }, null)];
  },
};
