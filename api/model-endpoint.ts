// Model endpoints over HTTP. A key is taken in and never shown again.
import { type Static, Type } from 'typebox';
import { newId } from '../kernel/id.ts';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id } from '../kernel/shape.ts';
import {
  changeModelEndpoint,
  ChangeModelEndpointBody,
  createModelEndpoint,
  CreateModelEndpointBody,
  deleteModelEndpoint,
  disableModelEndpoint,
  enableModelEndpoint,
} from '../commands/model-endpoint.ts';
import type { ModelEndpoint } from '../events/model-endpoint.ts';
import { modelEndpointRefusals, modelEndpointRules } from '../policies/model-endpoint.ts';
import {
  findModelEndpoint,
  listModelEndpoints,
  modelEndpointFilters,
  modelEndpointText,
  ModelEndpointView,
} from '../projections/model-endpoint.ts';
import type { ExecuteRequest } from '../sql/batch.ts';
import { keepModelSecret } from '../sql/model-secret.ts';
import type { Answer, Call } from './call.ts';
import { perform } from './perform.ts';
import { pageOf, presentList } from './present.ts';
import { presentFound, showNothing } from './render.ts';
import { type Route, route } from './route.ts';

const closed = { additionalProperties: false } as const;
export const ModelEndpointPath = Type.Object({ endpoint_id: Id }, closed);
const url = '/api/v1/model-endpoints';
export const oneModelEndpoint = `${url}/:endpoint_id`;
const tags = ['models'] as const;

const secretForm = Type.String({ minLength: 1, maxLength: 500, pattern: '^[\\x21-\\x7e]+$' });
const secret = Type.Optional(
  Type.Union([secretForm, Type.Null()], { description: 'The key of the provider; it is never shown again' }),
);
const CreateBody = Type.Object({ ...CreateModelEndpointBody.properties, secret }, closed);
const ChangeBody = Type.Object({ ...ChangeModelEndpointBody.properties, secret }, { ...closed, minProperties: 1 });

export const modelEndpointExample = {
  id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d0c',
  version: 1,
  created_at: '2026-01-02T03:04:05.678Z',
  updated_at: '2026-01-02T03:04:05.678Z',
  name: 'anthropic',
  kind: 'anthropic',
  base_url: 'https://api.anthropic.com/v1',
  models: [{ name: 'claude-sonnet-4-5', price: null }],
  description: '',
  secret_last_four: 'x7Qa',
  status: 'active',
};
const { name, kind, models } = modelEndpointExample;
const params = { endpoint_id: modelEndpointExample.id };

export function missingModelEndpoint(): Error {
  return modelEndpointRefusals.refuse('model_endpoint_not_found', 'There is no such model endpoint.');
}

function show(status: 200 | 201): ExecuteRequest['render'] {
  return ({ id, version, created_at, updated_at, state }) => ({
    status,
    body: JSON.stringify({ id, version, created_at, updated_at, ...modelEndpointText(state as ModelEndpoint) }),
  });
}

/** The last characters of a short one would be too much of it. */
const shownLength = 12;

async function keep(call: Call, given: string | null | undefined) {
  const { database, options } = call.api;
  const { masterKey, modelAllowPrivate: allow_private } = options;
  if (given === undefined) return { allow_private };
  if (given === null) return { secret_id: null, secret_last_four: null, allow_private };
  const secret_id = newId();
  await keepModelSecret(database, { masterKey, tenantId: call.tenantId, secretId: secret_id }, given);
  return { secret_id, secret_last_four: given.length >= shownLength ? given.slice(-4) : '', allow_private };
}

async function create(call: Call<unknown, unknown, Static<typeof CreateBody>>): Promise<Answer> {
  const { secret: given, ...fields } = call.body;
  const kept = await keep(call, given);
  const allow_scripted = call.api.options.scriptedModels !== null;
  return perform(call, {
    definition: createModelEndpoint,
    command: { ...fields, ...kept, endpoint_id: newId(), allow_scripted },
    render: show(201),
    location: url,
  });
}

type Change = Call<Static<typeof ModelEndpointPath>, unknown, Static<typeof ChangeBody>>;

async function change(call: Change): Promise<Answer> {
  const { secret: given, ...changes } = call.body;
  const command = { ...call.params, ...(await keep(call, given)), changes };
  return perform(call, { definition: changeModelEndpoint, command, render: show(200) });
}

const listRoute = route({
  method: 'GET',
  url,
  operation: 'listModelEndpoints',
  summary: 'List where models are asked, in the order in which it was said',
  tags,
  role: modelEndpointRules.read,
  query: pageQuery(modelEndpointFilters),
  status: 200,
  response: listOf(ModelEndpointView),
  codes: [],
  examples: { response: { data: [modelEndpointExample], next_cursor: null, changes_cursor: 'c2VhbGVk' } },
  handler: async (call) =>
    presentList(call, await listModelEndpoints(call.api.database, call.tenantId, call.query, pageOf(call))),
});

const createRoute = route({
  method: 'POST',
  url,
  operation: 'createModelEndpoint',
  summary: 'Say where models are asked, which ones, and with which key',
  description:
    'A provider’s own address may be left out. `compatible` is any server of the protocol of OpenAI, such as Ollama or ' +
    'vLLM. A model without a price, here or in the list of the platform, is not asked where a cap is set.',
  tags,
  role: modelEndpointRules.change,
  body: CreateBody,
  status: 201,
  response: ModelEndpointView,
  codes: [
    'model_endpoint_name_taken',
    'model_endpoint_limit',
    'model_endpoint_url_refused',
    'model_endpoint_kind_refused',
    'model_endpoint_address_unfit',
    'model_endpoint_model_twice',
    'tenant_not_found',
    'tenant_suspended',
  ],
  examples: { body: { name, kind, models, secret: 'sk-ant-api03-x7Qa' }, response: modelEndpointExample },
  handler: create,
});

const getRoute = route({
  method: 'GET',
  url: oneModelEndpoint,
  operation: 'getModelEndpoint',
  summary: 'Show a model endpoint, without its key',
  tags,
  role: modelEndpointRules.read,
  params: ModelEndpointPath,
  status: 200,
  response: ModelEndpointView,
  codes: ['model_endpoint_not_found'],
  examples: { params, response: modelEndpointExample },
  handler: (call) =>
    presentFound(
      call,
      findModelEndpoint(call.api.database, call.tenantId, call.params.endpoint_id),
      missingModelEndpoint,
    ),
});

const changeRoute = route({
  method: 'PATCH',
  url: oneModelEndpoint,
  operation: 'changeModelEndpoint',
  summary: 'Change address, models, prices, key or description of a model endpoint',
  description: 'A new address needs the key again, so that a key is sent nowhere else than where it was given for.',
  tags,
  role: modelEndpointRules.change,
  params: ModelEndpointPath,
  body: ChangeBody,
  status: 200,
  response: ModelEndpointView,
  codes: [
    'model_endpoint_not_found',
    'model_endpoint_url_refused',
    'model_endpoint_address_unfit',
    'model_endpoint_secret_needed',
    'model_endpoint_model_twice',
  ],
  examples: {
    params,
    body: { models: [...models, { name: 'claude-haiku-4-5', price: null }] },
    response: { ...modelEndpointExample, version: 2, models: [...models, { name: 'claude-haiku-4-5', price: null }] },
  },
  handler: change,
});

const enableRoute = route({
  method: 'POST',
  url: `${oneModelEndpoint}/enable`,
  operation: 'enableModelEndpoint',
  summary: 'Ask at a disabled model endpoint again',
  tags,
  role: modelEndpointRules.change,
  params: ModelEndpointPath,
  status: 200,
  response: ModelEndpointView,
  codes: ['model_endpoint_not_found'],
  examples: { params, response: { ...modelEndpointExample, version: 3 } },
  handler: (call) => perform(call, { definition: enableModelEndpoint, command: call.params, render: show(200) }),
});

const disableRoute = route({
  method: 'POST',
  url: `${oneModelEndpoint}/disable`,
  operation: 'disableModelEndpoint',
  summary: 'Ask nothing at a model endpoint until it is enabled again',
  tags,
  role: modelEndpointRules.change,
  params: ModelEndpointPath,
  status: 200,
  response: ModelEndpointView,
  codes: ['model_endpoint_not_found'],
  examples: { params, response: { ...modelEndpointExample, version: 2, status: 'disabled' } },
  handler: (call) => perform(call, { definition: disableModelEndpoint, command: call.params, render: show(200) }),
});

const deleteRoute = route({
  method: 'DELETE',
  url: oneModelEndpoint,
  operation: 'deleteModelEndpoint',
  summary: 'Remove a model endpoint and its key',
  tags,
  role: modelEndpointRules.change,
  params: ModelEndpointPath,
  status: 204,
  response: Type.Null(),
  codes: ['model_endpoint_not_found'],
  examples: { params },
  handler: (call) => perform(call, { definition: deleteModelEndpoint, command: call.params, render: showNothing }),
});

export const modelEndpointRoutes: readonly Route[] = [
  listRoute,
  createRoute,
  getRoute,
  changeRoute,
  enableRoute,
  disableRoute,
  deleteRoute,
];
