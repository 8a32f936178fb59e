// Model endpoint: where models are asked, and which. Its key is kept elsewhere and named by an id.
import { type Static, Type } from 'typebox';
import { Id } from '../kernel/shape.ts';
import { born, defineStream, eventType, when } from '../kernel/stream.ts';

const closed = { additionalProperties: false } as const;
const none = Type.Object({}, closed);

/** A thousand dollars for a token: sums of any answer stay exact. */
const maxPrice = 1_000_000_000_000;
const price = (description: string) => Type.Integer({ minimum: 0, maximum: maxPrice, description });

/** In millionths of a US dollar for a million tokens, so that $3 is 3,000,000. */
const ModelPrice = Type.Object(
  {
    input: price('Millionths of a dollar for a million tokens that are asked'),
    cached: price('… of them those that the provider had in its cache'),
    output: price('… that are answered, reasoning included'),
  },
  closed,
);
export type ModelPrice = Static<typeof ModelPrice>;

export const ModelName = Type.String({ minLength: 1, maxLength: 150, pattern: '^[\\x21-\\x7e]+$' });
export const OfferedModel = Type.Object(
  {
    name: ModelName,
    price: Type.Union([ModelPrice, Type.Null()], { description: 'Null: as the platform lists it, or not known' }),
  },
  closed,
);

export const EndpointName = Type.String({
  minLength: 1,
  maxLength: 40,
  pattern: '^[a-z0-9][a-z0-9-]{0,39}$',
  description: 'Routing names a model as `<endpoint>/<model>`',
});
export const EndpointKind = Type.Enum(['openai', 'anthropic', 'compatible', 'scripted']);
const LastFour = Type.String({ maxLength: 4 });

const BaseUrl = Type.String({
  minLength: 10,
  maxLength: 500,
  pattern: '^https?://[\\x21\\x22\\x24-\\x3e\\x40-\\x7e]+$',
});

export const modelEndpointFields = {
  base_url: Type.Union([BaseUrl, Type.Null()], {
    description: 'With the version, such as `https://api.openai.com/v1`; null where nothing is asked',
  }),
  models: Type.Array(OfferedModel, { minItems: 1, maxItems: 50 }),
  description: Type.String({ maxLength: 500 }),
} as const;

/** The key that is in force; null where the server asks for none. */
const secretFields = {
  secret_id: Type.Union([Id, Type.Null()]),
  secret_last_four: Type.Union([LastFour, Type.Null()]),
} as const;

export const ModelEndpointCreated = eventType(
  'model_endpoint.created',
  Type.Object({ name: EndpointName, kind: EndpointKind, ...modelEndpointFields, ...secretFields }, closed),
  'A place was added where models are asked.',
);
export const ModelEndpointChanged = eventType(
  'model_endpoint.changed',
  Type.Partial(Type.Object({ ...modelEndpointFields, ...secretFields }), closed),
  'Address, models, prices or the key of a model endpoint changed.',
);
export const ModelEndpointEnabled = eventType('model_endpoint.enabled', none, 'A model endpoint is asked again.');
export const ModelEndpointDisabled = eventType(
  'model_endpoint.disabled',
  none,
  'A model endpoint is not asked until it is enabled again.',
);
export const ModelEndpointDeleted = eventType(
  'model_endpoint.deleted',
  Type.Object({ name: EndpointName }, closed),
  'A model endpoint was removed.',
);

export interface ModelEndpoint extends Static<typeof ModelEndpointCreated.shape> {
  readonly status: 'active' | 'disabled' | 'deleted';
}

export const modelEndpointStream = defineStream<ModelEndpoint>('model_endpoint', [
  born(ModelEndpointCreated, (data) => ({ ...data, status: 'active' })),
  when(ModelEndpointChanged, (endpoint, data) => ({ ...endpoint, ...data })),
  when(ModelEndpointEnabled, (endpoint) => ({ ...endpoint, status: 'active' })),
  when(ModelEndpointDisabled, (endpoint) => ({ ...endpoint, status: 'disabled' })),
  when(ModelEndpointDeleted, (endpoint) => ({
    ...endpoint,
    status: 'deleted',
    secret_id: null,
    secret_last_four: null,
  })),
]);
