// JSON Schemas of the baselines' stories: what they check on the way in, and how they write on the way out.

const uuid = { type: 'string', format: 'uuid' };
const time = { type: 'string', format: 'date-time' };

const fields = {
  title: { type: 'string', minLength: 1, maxLength: 200 },
  description: { type: 'string', maxLength: 20_000 },
  priority: { type: 'integer', minimum: 0, maximum: 4 },
  criteria: {
    type: 'array',
    maxItems: 100,
    items: {
      type: 'object',
      required: ['text', 'binding'],
      additionalProperties: false,
      properties: { text: { type: 'string', maxLength: 2_000 }, binding: { type: ['string', 'null'], maxLength: 520 } },
    },
  },
};

export const newStoryShape = { type: 'object', required: ['title'], additionalProperties: false, properties: fields };

export const createdStoryShape = {
  type: 'object',
  properties: { id: uuid, epic_id: uuid, ...fields, created_at: time },
};

export const storyShape = {
  type: 'object',
  properties: {
    id: uuid,
    version: { type: 'integer' },
    created_at: time,
    updated_at: time,
    project_id: uuid,
    epic_id: uuid,
    number: { type: 'string' },
    ...fields,
    estimate: { type: ['integer', 'null'] },
    criteria_revision: { type: 'integer' },
    agent_status: { type: 'string' },
    verified_status: { type: 'string' },
    status: { type: 'string' },
  },
};

export const storyPageShape = { type: 'object', properties: { data: { type: 'array', items: storyShape } } };
