// Who may say where models are asked, and where that may be. Prompts and a key go there, so only users may.
import type { RoleRule } from '../kernel/actor.ts';
import type { LookupDefinition, World } from '../kernel/command.ts';
import type { Loaded } from '../kernel/event.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import {
  type ModelEndpoint,
  ModelEndpointCreated,
  ModelEndpointDeleted,
  modelEndpointStream,
} from '../events/model-endpoint.ts';
import { targetFault } from './webhook.ts';

export const modelEndpointRules = {
  read: { atLeast: 'user' },
  change: { atLeast: 'user' },
  ask: { atLeast: 'user' },
} as const satisfies Record<string, RoleRule>;

export const modelEndpointRefusals = defineRefusals({
  model_endpoint_not_found: {
    kind: 'missing',
    title: 'No such model endpoint',
    remedy: 'List them with GET /api/v1/model-endpoints.',
  },
  model_endpoint_name_taken: {
    kind: 'conflict',
    title: 'Another model endpoint of the tenant has this name',
    remedy: 'Choose another name, or change the endpoint that has it.',
  },
  model_endpoint_limit: {
    kind: 'conflict',
    title: 'The tenant has as many model endpoints as it may have',
    remedy: 'Delete one that is not used any more.',
  },
  model_endpoint_url_refused: {
    kind: 'rejected',
    title: 'Models are not asked at such an address',
    remedy:
      'Name an https URL of a public host on port 443 or 8443, without user, password and query. Servers of ours are ' +
      'reached only where LOOPLEDGER_MODEL_ALLOW_PRIVATE is 1.',
  },
  model_endpoint_kind_refused: {
    kind: 'rejected',
    title: 'This server does not answer from scripts',
    remedy: 'Use a real provider, or start the server with LOOPLEDGER_SCRIPTED_MODELS.',
  },
  model_endpoint_address_unfit: {
    kind: 'rejected',
    title: 'Every model endpoint but a scripted one has an address',
    remedy: 'Send `base_url`; leave it and `secret` out with kind `scripted`.',
  },
  model_endpoint_secret_needed: {
    kind: 'rejected',
    title: 'The key of an endpoint is not sent to another address than it was given for',
    remedy: 'Send `secret` together with the new `base_url`, or null when the new address asks for none.',
  },
  model_endpoint_model_twice: {
    kind: 'rejected',
    title: 'A model is named twice',
    remedy: 'Name each model of an endpoint once.',
  },
  model_unknown: {
    kind: 'rejected',
    title: 'The tenant has no such model',
    remedy: 'Name one as `<endpoint>/<model>`; GET /api/v1/model-endpoints lists them.',
  },
});

export const maxModelEndpoints = 50;

/** Ids of the endpoints that are not deleted, by name. */
export type EndpointNames = Readonly<Record<string, string>>;
export const everyEndpoint = 'tenant';

export const endpointsOfTenant: LookupDefinition<EndpointNames> = {
  name: 'model-endpoints',
  keyOf: ({ type }) =>
    type === ModelEndpointCreated.type || type === ModelEndpointDeleted.type ? everyEndpoint : null,
  fold(names, { type, stream, data }) {
    const name = data['name'] as string;
    if (type === ModelEndpointCreated.type) return { ...names, [name]: stream.id };
    return Object.fromEntries(Object.entries(names).filter(([known]) => known !== name));
  },
};

export function requireFreeEndpointName(world: World, name: string): void {
  const names = world.lookup(endpointsOfTenant, everyEndpoint);
  if (Object.hasOwn(names, name)) {
    throw modelEndpointRefusals.refuse('model_endpoint_name_taken', `The name ${name} is taken.`);
  }
  if (Object.keys(names).length >= maxModelEndpoints) {
    throw modelEndpointRefusals.refuse('model_endpoint_limit', `A tenant has ${maxModelEndpoints} at most.`);
  }
}

export function modelEndpointOf(world: World, id: string): Loaded<ModelEndpoint> {
  const endpoint = world.find(modelEndpointStream, id);
  if (endpoint === undefined || endpoint.state.status === 'deleted') {
    throw modelEndpointRefusals.refuse('model_endpoint_not_found', 'There is no such model endpoint.');
  }
  return endpoint;
}

export function requireModelTarget(url: string, allowPrivate: boolean): void {
  const fault = targetFault(url, allowPrivate);
  if (fault !== null) throw modelEndpointRefusals.refuse('model_endpoint_url_refused', fault);
}

export function requireOnce(models: readonly { readonly name: string }[]): void {
  const names = models.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return;
  throw modelEndpointRefusals.refuse('model_endpoint_model_twice', `The model ${twice} is named twice.`);
}
