// The catalogue of events over HTTP, and the check that a filter names something that exists.
import { Type } from 'typebox';
import { webhookRefusals, webhookRules } from '../policies/webhook.ts';
import { eventCatalogue } from './event-catalogue.ts';
import { type Route, route } from './route.ts';

const Free = Type.Object({}, { additionalProperties: true });

const EventTypeView = Type.Object(
  {
    type: Type.String({ maxLength: 100 }),
    stream: Type.String({ maxLength: 50 }),
    schema: Type.Integer({ minimum: 1, maximum: 32_767 }),
    summary: Type.String({ maxLength: 500 }),
    data_schema: Free,
    example: Free,
  },
  { additionalProperties: false },
);

const shown = eventCatalogue.map(({ type, stream, schema, summary, shape, example }) => ({
  type,
  stream,
  schema,
  summary,
  data_schema: shape,
  example,
}));
const body = JSON.stringify({ data: shown });
const known = new Set(eventCatalogue.flatMap(({ type }) => ['*', type, `${type.split('.')[0]}.*`]));

/** A filter that can match nothing is a slip of the pen, and is found out now instead of never. */
export function requireKnownTypes(types: readonly string[]): void {
  const unknown = types.find((type) => !known.has(type));
  if (unknown === undefined) return;
  throw webhookRefusals.refuse('webhook_event_type_unknown', `There is no event of the type ${unknown}.`);
}

export const eventTypeRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/event-types',
    operation: 'listEventTypes',
    summary: 'List the types of events, with the schema and an example of their data',
    tags: ['webhooks'],
    role: webhookRules.catalogue,
    status: 200,
    response: Type.Object({ data: Type.Array(EventTypeView, { maxItems: 1_000 }) }, { additionalProperties: false }),
    codes: [],
    examples: { response: { data: shown.filter(({ type }) => type === 'story.archived') } },
    handler: () => ({ status: 200, body }),
  }),
];
