// Consumers over HTTP: a follower's place in the log, kept for it under a name.
import { Type } from 'typebox';
import { newId } from '../kernel/id.ts';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id, Position, Slug, viewFrame } from '../kernel/shape.ts';
import { consumerRefusals, consumerRules, maxConsumers, mayMoveAny } from '../policies/consumer.ts';
import {
  type Consumer,
  type ConsumerChange,
  type ConsumerOutcome,
  dropConsumer,
  findConsumer,
  listConsumers,
  putConsumer,
} from '../projections/consumer.ts';
import { readPosition } from '../sql/feed-position.ts';
import { ledgerRefusals } from '../sql/refusals.ts';
import type { Answer, Call } from './call.ts';
import { beginOf } from './feed-filter.ts';
import { ifMatchOf, requireIdempotencyHeader } from './perform.ts';
import { pageOf, present, presentList, type Shown } from './present.ts';
import { type Route, route } from './route.ts';

const closed = { additionalProperties: false } as const;
const ConsumerPath = Type.Object({ name: Slug }, closed);
interface ConsumerPath {
  readonly name: string;
}

const CheckpointBody = Type.Object(
  {
    cursor: Type.String({
      maxLength: 1_024,
      pattern: '^(?:0|now|[A-Za-z0-9_-]{40,1024})$',
      description: 'The last cursor that the consumer is done with; `0` and `now` as in `since`',
    }),
  },
  closed,
);

const ConsumerView = Type.Object(
  {
    ...viewFrame,
    id: Id,
    name: Slug,
    cursor: Type.String({ maxLength: 1_024, description: 'Where to go on: pass it as `since`' }),
    position: Position,
    head: Position,
    lag: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Events behind the head' }),
  },
  closed,
);

const tags = ['feed'] as const;
const url = '/api/v1/consumers/:name/checkpoint';
const params = { name: 'board' };
const example = {
  id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d44',
  version: 1,
  created_at: '2026-01-02T03:04:05.678Z',
  updated_at: '2026-01-02T03:04:05.678Z',
  name: 'board',
  cursor: 'mBq1c0YQ',
  position: 40,
  head: 42,
  lag: 2,
};

const { refuse } = consumerRefusals;

function textOf(call: Call, consumer: Consumer): string {
  const { id, version, created_at, updated_at, name, position, head } = consumer;
  const cursor = call.api.cursors.sealFeed(call.tenantId, position);
  return JSON.stringify({ id, version, created_at, updated_at, name, cursor, position, head, lag: head - position });
}

async function shownOf(call: Call, name: string): Promise<Shown> {
  const consumer = await findConsumer(call.api.database, call.tenantId, name);
  if (consumer === null) throw refuse('consumer_not_found', 'There is no such consumer.');
  return { body: textOf(call, consumer), version: consumer.version, position: consumer.head };
}

/** No consumer was ever moved so often; larger numbers are no integers of the database. */
const mostVersions = 2 ** 31 - 1;

function changeOf(call: Call): ConsumerChange {
  requireIdempotencyHeader(call);
  const asked = ifMatchOf(call);
  const version = asked === null ? null : Math.min(asked, mostVersions);
  return { key: call.actor.key_id, any: mayMoveAny(call.actor), version };
}

/** Throws what the outcome means to the caller, unless it was done. */
export function requireDone({ outcome, version }: ConsumerOutcome): void {
  if (outcome === 'foreign') throw refuse('consumer_foreign', 'The consumer belongs to another key.');
  if (outcome === 'full') throw refuse('consumers_exceeded', `There are ${maxConsumers} consumers already.`);
  if (outcome === 'missing') throw refuse('consumer_not_found', 'There is no such consumer.');
  if (outcome === 'stale')
    throw ledgerRefusals.refuse('version_conflict', `The version is ${version}.`, {
      members: { current_version: version },
    });
}

async function moveCheckpoint(call: Call<ConsumerPath, unknown, { readonly cursor: string }>): Promise<Answer> {
  const { api, tenantId, params: path, body } = call;
  const change = { ...changeOf(call), id: newId(), most: maxConsumers };
  const position = (await beginOf(api, tenantId, body.cursor)) ?? (await readPosition(api.database, tenantId));
  requireDone(await putConsumer(api.database, { tenantId, ...path }, position, change));
  const { body: text, version, position: head } = await shownOf(call, path.name);
  return { status: 200, body: text, headers: ['etag', `"v${version}"`, 'loopledger-position', String(head)] };
}

async function dropCheckpoint(call: Call<ConsumerPath>): Promise<Answer> {
  const { api, tenantId, params: path } = call;
  requireDone(await dropConsumer(api.database, { tenantId, ...path }, changeOf(call)));
  const head = await readPosition(api.database, tenantId);
  return { status: 204, body: '', headers: ['loopledger-position', String(head)] };
}

export const consumerRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/consumers',
    operation: 'listConsumers',
    summary: 'List consumers by name, and how far each has come',
    tags,
    role: consumerRules.read,
    query: pageQuery({}),
    status: 200,
    response: listOf(ConsumerView),
    codes: [],
    examples: { response: { data: [example], next_cursor: null, changes_cursor: 'c2VhbGVk' } },
    handler: async (call) => {
      const { api, tenantId } = call;
      return presentList(call, await listConsumers(api.database, tenantId, pageOf(call), (item) => textOf(call, item)));
    },
  }),
  route({
    method: 'GET',
    url,
    operation: 'getCheckpoint',
    summary: 'Show how far a consumer has come',
    tags,
    role: consumerRules.read,
    params: ConsumerPath,
    status: 200,
    response: ConsumerView,
    codes: ['consumer_not_found'],
    examples: { params, response: example },
    handler: async (call) => present(call, await shownOf(call, call.params.name)),
  }),
  route({
    method: 'PUT',
    url,
    operation: 'moveCheckpoint',
    summary: 'Keep how far a consumer has come',
    description:
      'The first one makes the consumer, which then belongs to the key that made it; users may move any. Going back is ' +
      'allowed. It is no event: nobody who follows the log hears of it.',
    tags,
    role: consumerRules.move,
    params: ConsumerPath,
    body: CheckpointBody,
    status: 200,
    response: ConsumerView,
    codes: ['cursor_invalid', 'cursor_epoch', 'consumer_foreign', 'consumers_exceeded'],
    examples: { params, body: { cursor: 'now' }, response: example },
    handler: moveCheckpoint,
  }),
  route({
    method: 'DELETE',
    url,
    operation: 'deleteCheckpoint',
    summary: 'Forget a consumer',
    tags,
    role: consumerRules.move,
    params: ConsumerPath,
    status: 204,
    response: Type.Null(),
    codes: ['consumer_not_found', 'consumer_foreign'],
    examples: { params },
    handler: dropCheckpoint,
  }),
];
