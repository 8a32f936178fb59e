// The shape of problem documents, as OpenAPI and the outcomes of items show it.
import { Type } from 'typebox';

export const problemShape = {
  type: 'object',
  description: 'RFC 9457 problem document',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
  properties: {
    type: { type: 'string', maxLength: 2_000, description: 'URL of the page about the code' },
    title: { type: 'string', maxLength: 200 },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { type: 'string', maxLength: 2_000 },
    instance: { type: 'string', maxLength: 500, description: 'urn:request: and the request id' },
    code: { type: 'string', maxLength: 100 },
    errors: {
      type: 'array',
      maxItems: 100,
      items: {
        type: 'object',
        required: ['pointer', 'code', 'detail'],
        properties: {
          pointer: { type: 'string', maxLength: 2_000, description: 'RFC 6901 pointer into the faulty part' },
          code: { type: 'string', maxLength: 100 },
          detail: { type: 'string', maxLength: 2_000 },
        },
      },
    },
    remediation: {
      type: 'object',
      description: 'The next legal steps, where rules of custody refused',
      properties: {
        description: { type: 'string', maxLength: 2_000 },
        next_actions: { type: 'array', maxItems: 50, items: { type: 'object' } },
        learn_more: { type: 'string', maxLength: 2_000 },
      },
    },
  },
};

export const ProblemView = Type.Unsafe<Readonly<Record<string, unknown>>>(problemShape);
