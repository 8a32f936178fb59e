// The `webhooks` section of the OpenAPI document: what is sent to whoever asked for it, by type of event.
import { EventView } from '../../projections/event.ts';
import { deliveryExample, eventCatalogue } from '../event-catalogue.ts';

const { chain_hash: _chain, leaf_hash: _leaf, ...sent } = EventView.properties;
const text = (maxLength: number, description: string) => ({ type: 'string', maxLength, description });

export const deliverySchema = {
  type: 'object',
  description: 'The body of a delivery: the event as the log holds it, in the envelope of Standard Webhooks',
  required: ['type', 'timestamp', 'data'],
  properties: {
    type: text(100, 'Of the event'),
    timestamp: text(24, 'When the event was recorded; RFC 3339'),
    data: { type: 'object', required: Object.keys(sent), properties: sent },
  },
};

const headers = [
  ['webhook-id', 'The same in every attempt and replay: whoever remembers it sees each delivery once'],
  ['webhook-timestamp', 'Seconds since 1970, of this attempt'],
  [
    'webhook-signature',
    '`v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`; two of them while a secret is rotated',
  ],
].map(([name, description]) => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string', maxLength: 500 },
}));

export function webhookSection(): Record<string, unknown> {
  return Object.fromEntries(
    eventCatalogue.map((entry) => [
      entry.type,
      {
        post: {
          operationId: `on.${entry.type}`,
          summary: entry.summary,
          tags: ['webhooks'],
          security: [],
          parameters: headers,
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: {
                  allOf: [
                    { $ref: '#/components/schemas/Delivery' },
                    {
                      type: 'object',
                      properties: {
                        type: { const: entry.type },
                        data: { type: 'object', properties: { data: entry.shape } },
                      },
                    },
                  ],
                },
                example: deliveryExample(entry),
              },
            },
          },
          responses: { '2XX': { description: 'Taken. Anything else is tried again; 410 disables the webhook.' } },
        },
      },
    ]),
  );
}
