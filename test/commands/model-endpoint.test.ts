import { test } from 'tap';
import {
  changeModelEndpoint,
  createModelEndpoint,
  deleteModelEndpoint,
  disableModelEndpoint,
  enableModelEndpoint,
} from '../../commands/model-endpoint.ts';
import {
  ModelEndpointChanged,
  ModelEndpointCreated,
  ModelEndpointDeleted,
  ModelEndpointDisabled,
  ModelEndpointEnabled,
} from '../../events/model-endpoint.ts';
import { TenantFounded } from '../../events/tenant.ts';
import { record } from '../../kernel/stream.ts';
import { maxModelEndpoints } from '../../policies/model-endpoint.ts';
import { given, idOf, tenantId } from '../support/given.ts';

const endpoint_id = idOf(1);
const ref = { type: 'model_endpoint', id: endpoint_id };
const models = [{ name: 'm-1', price: { input: 3_000_000, cached: 300_000, output: 15_000_000 } }];
const data = {
  name: 'ours',
  kind: 'openai',
  base_url: 'https://api.openai.com/v1',
  models,
  description: '',
  secret_id: idOf(2),
  secret_last_four: 'abcd',
} as const;
const founded = record(TenantFounded, { type: 'tenant', id: tenantId }, { name: 'T', slug: 't' }, null);
const created = record(ModelEndpointCreated, ref, { ...data, models }, null);
const allowed = { allow_private: false, allow_scripted: false };
const secret = { secret_id: idOf(2), secret_last_four: 'abcd' };
const create = { endpoint_id, name: 'ours', kind: 'openai' as const, models, ...secret, ...allowed };

test('a provider is asked at its own address unless another one is named', async (t) => {
  given(t, founded).when(createModelEndpoint, create).thenEvents(created);
  const elsewhere = { ...create, base_url: 'https://models.example.org/v1/' };
  given(t, founded)
    .when(createModelEndpoint, elsewhere)
    .thenEvents(
      record(ModelEndpointCreated, ref, { ...data, models, base_url: 'https://models.example.org/v1' }, null),
    );
  given(t, founded)
    .when(createModelEndpoint, { ...create, kind: 'compatible' })
    .thenRefused('model_endpoint_address_unfit');
});

test('only a user says where models are asked', async (t) => {
  for (const role of ['agent', 'orchestrator'] as const) {
    const history = given(t, founded, created).by(role);
    history.when(createModelEndpoint, create).thenRefused('role_forbidden');
    history.when(changeModelEndpoint, { endpoint_id, changes: {}, allow_private: false }).thenRefused('role_forbidden');
    for (const command of [enableModelEndpoint, disableModelEndpoint, deleteModelEndpoint]) {
      history.when(command, { endpoint_id }).thenRefused('role_forbidden');
    }
  }
});

test('models are asked at public addresses, unless the server allows others', async (t) => {
  for (const base_url of ['http://127.0.0.1:11434/v1', 'https://169.254.169.254/v1', 'https://localhost/v1']) {
    const command = { ...create, kind: 'compatible' as const, base_url };
    given(t, founded).when(createModelEndpoint, command).thenRefused('model_endpoint_url_refused');
    given(t, founded)
      .when(createModelEndpoint, { ...command, allow_private: true })
      .thenEvents(record(ModelEndpointCreated, ref, { ...data, models, kind: 'compatible', base_url }, null));
    const change = { endpoint_id, changes: { base_url }, ...secret, allow_private: false };
    given(t, founded, created).when(changeModelEndpoint, change).thenRefused('model_endpoint_url_refused');
  }
});

test('scripts are answered where the server allows it, by endpoints that reach nobody', async (t) => {
  const { secret_id: _id, secret_last_four: _last, ...rest } = create;
  const scripted = { ...rest, kind: 'scripted' as const };
  given(t, founded).when(createModelEndpoint, scripted).thenRefused('model_endpoint_kind_refused');
  const allow = { allow_scripted: true };
  const bare = { secret_id: null, secret_last_four: null, base_url: null, kind: 'scripted' } as const;
  given(t, founded)
    .when(createModelEndpoint, { ...scripted, ...allow })
    .thenEvents(record(ModelEndpointCreated, ref, { ...data, models, ...bare }, null));
  for (const unfit of [{ base_url: 'https://a.example.org/v1' }, secret]) {
    given(t, founded)
      .when(createModelEndpoint, { ...scripted, ...allow, ...unfit })
      .thenRefused('model_endpoint_address_unfit');
  }
});

test('a name and a model stand once', async (t) => {
  given(t, founded, created)
    .when(createModelEndpoint, { ...create, endpoint_id: idOf(5) })
    .thenRefused('model_endpoint_name_taken');
  const gone = record(ModelEndpointDeleted, ref, { name: 'ours' }, null);
  const other = { type: 'model_endpoint', id: idOf(5) };
  given(t, founded, created, gone)
    .when(createModelEndpoint, { ...create, endpoint_id: idOf(5) })
    .thenEvents(record(ModelEndpointCreated, other, { ...data, models }, null));
  const twice = [...models, ...models];
  given(t, founded)
    .when(createModelEndpoint, { ...create, models: twice })
    .thenRefused('model_endpoint_model_twice');
  given(t, founded, created)
    .when(changeModelEndpoint, { endpoint_id, changes: { models: twice }, allow_private: false })
    .thenRefused('model_endpoint_model_twice');
});

test('a tenant has a bounded number of model endpoints', async (t) => {
  const many = Array.from({ length: maxModelEndpoints }, (_, at) =>
    record(
      ModelEndpointCreated,
      { type: 'model_endpoint', id: idOf(100 + at) },
      { ...data, models, name: `n-${at}` },
      null,
    ),
  );
  given(t, founded, ...many)
    .when(createModelEndpoint, create)
    .thenRefused('model_endpoint_limit');
});

test('a key goes to no other address than it was given for', async (t) => {
  const changes = { base_url: 'https://elsewhere.example.org/v1' };
  const change = { endpoint_id, changes, allow_private: false };
  given(t, founded, created).when(changeModelEndpoint, change).thenRefused('model_endpoint_secret_needed');
  const another = { secret_id: idOf(3), secret_last_four: 'wxyz' };
  given(t, founded, created)
    .when(changeModelEndpoint, { ...change, ...another })
    .thenEvents(record(ModelEndpointChanged, ref, { ...changes, ...another }, null));
  const none = { secret_id: null, secret_last_four: null };
  given(t, founded, created)
    .when(changeModelEndpoint, { ...change, ...none })
    .thenEvents(record(ModelEndpointChanged, ref, { ...changes, ...none }, null));
  given(t, founded, created)
    .when(changeModelEndpoint, { ...change, changes: { base_url: 'https://api.openai.com/v1/' } })
    .thenEvents();
});

test('a change that changes nothing is no event', async (t) => {
  given(t, founded, created)
    .when(changeModelEndpoint, { endpoint_id, changes: { models }, allow_private: false })
    .thenEvents();
});

test('a model endpoint is disabled, enabled and deleted once', async (t) => {
  const disabled = record(ModelEndpointDisabled, ref, {}, null);
  const enabled = record(ModelEndpointEnabled, ref, {}, null);
  const deleted = record(ModelEndpointDeleted, ref, { name: 'ours' }, null);
  given(t, founded, created).when(enableModelEndpoint, { endpoint_id }).thenEvents();
  given(t, founded, created).when(disableModelEndpoint, { endpoint_id }).thenEvents(disabled);
  given(t, founded, created, disabled).when(disableModelEndpoint, { endpoint_id }).thenEvents();
  given(t, founded, created, disabled).when(enableModelEndpoint, { endpoint_id }).thenEvents(enabled);
  given(t, founded, created).when(deleteModelEndpoint, { endpoint_id }).thenEvents(deleted);
  for (const command of [enableModelEndpoint, disableModelEndpoint, deleteModelEndpoint]) {
    given(t, founded, created, deleted).when(command, { endpoint_id }).thenRefused('model_endpoint_not_found');
  }
});
