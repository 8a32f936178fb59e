// Dispatches over HTTP. The key of a dispatch is shown in the answer that created it, and in the repeat of that request.
import { type Static, Type } from 'typebox';
import { newId } from '../kernel/id.ts';
import { listOf, pageQuery } from '../kernel/page.ts';
import { newKey } from '../kernel/secret.ts';
import { Id } from '../kernel/shape.ts';
import { createDispatch, CreateDispatchBody, revokeDispatch } from '../commands/dispatch.ts';
import type { Dispatch } from '../events/dispatch.ts';
import { dispatchRefusals, dispatchRules } from '../policies/dispatch.ts';
import { dispatchFilters, DispatchView, findDispatch, listChildren, listDispatches } from '../projections/dispatch.ts';
import { NextActions, whoamiAction } from './action.ts';
import type { Answer, Call } from './call.ts';
import { performOnKeys } from './key.ts';
import { pageOf, presentList } from './present.ts';
import { presentFound, presentListed, showNothing } from './render.ts';
import { type Route, route } from './route.ts';
import { performShowing } from './sealed-secret.ts';

const DispatchPath = Type.Object({ dispatch_id: Id }, { additionalProperties: false });
const url = '/api/v1/dispatches';
const one = `${url}/:dispatch_id`;
const tags = ['dispatches'] as const;

const NewDispatchView = Type.Object(
  {
    ...DispatchView.properties,
    secret: Type.String({
      pattern: '^ll_eph_[0-9A-Za-z]{38}$',
      minLength: 45,
      maxLength: 45,
      description: 'Of the key of the dispatch; shown here and nowhere else',
    }),
    next_actions: NextActions,
  },
  { additionalProperties: false },
);

const example = {
  id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d05',
  version: 1,
  created_at: '2026-01-02T03:04:05.678Z',
  updated_at: '2026-01-02T03:04:05.678Z',
  parent_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d04',
  lineage: ['01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d04', '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d05'],
  role: 'agent',
  agent_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d02',
  story_id: null,
  key_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d03',
  expires_at: '2026-01-02T04:04:05.678Z',
  status: 'active',
};
const params = { dispatch_id: example.id };
const listed = { data: [example], next_cursor: null, changes_cursor: 'c2VhbGVk' };

function missingDispatch(): Error {
  return dispatchRefusals.refuse('dispatch_not_found', 'There is no such dispatch.');
}

function createWithKey(call: Call<unknown, unknown, Static<typeof CreateDispatchBody>>): Promise<Answer> {
  const { secret, hash, prefix } = newKey('eph');
  const key = { key_id: newId(), prefix, secret_hash: hash.toString('hex') };
  return performShowing(call, {
    definition: createDispatch,
    command: { ...call.body, dispatch_id: newId(), key },
    secret,
    status: 201,
    view: ({ id, version, created_at, updated_at, state }) => ({
      id,
      version,
      created_at,
      updated_at,
      ...(state as Dispatch),
      next_actions: [whoamiAction(call.api.options.publicUrl, { from: { pointer: '/secret' } })],
    }),
    location: url,
  });
}

const listRoute = route({
  method: 'GET',
  url,
  operation: 'listDispatches',
  summary: 'List dispatches in the order in which they were created',
  description: 'Ended ones are listed too.',
  tags,
  role: dispatchRules.read,
  query: pageQuery(dispatchFilters),
  status: 200,
  response: listOf(DispatchView),
  codes: [],
  examples: { response: listed },
  handler: async (call) =>
    presentList(call, await listDispatches(call.api.database, call.tenantId, call.query, pageOf(call))),
});

const createRoute = route({
  method: 'POST',
  url,
  operation: 'createDispatch',
  summary: 'Send an agent: a dispatch and its ephemeral key',
  description:
    'The parent is the dispatch of the caller or one that came from it; a root (parent null) is minted by a user with an ' +
    'authenticator. A child has at most the role of its parent, works for the same story, and ends with it at the latest. ' +
    'The secret is shown in this answer alone, and again when the request is repeated with the same Idempotency-Key.',
  tags,
  role: dispatchRules.create,
  body: CreateDispatchBody,
  status: 201,
  response: NewDispatchView,
  codes: [
    ...Object.keys(dispatchRefusals.codes),
    'step_up_required',
    'dispatch_quota_reached',
    'agent_not_found',
    'agent_archived',
    'story_not_found',
    'story_archived',
    'epic_archived',
    'project_archived',
    'key_role_taken',
    'key_secret_lost',
    'tenant_not_found',
    'tenant_suspended',
  ],
  examples: {
    body: { parent: example.parent_id, role: example.role, agent_id: example.agent_id, expires_in: 3_600 },
    response: { ...example, next_actions: [], secret: `ll_eph_${'0'.repeat(38)}` },
  },
  handler: createWithKey,
});

const getRoute = route({
  method: 'GET',
  url: one,
  operation: 'getDispatch',
  summary: 'Show a dispatch, without its key',
  tags,
  role: dispatchRules.read,
  params: DispatchPath,
  status: 200,
  response: DispatchView,
  codes: ['dispatch_not_found'],
  examples: { params, response: example },
  handler: (call) =>
    presentFound(call, findDispatch(call.api.database, call.tenantId, call.params.dispatch_id), missingDispatch),
});

const childrenRoute = route({
  method: 'GET',
  url: `${one}/children`,
  operation: 'listDispatchChildren',
  summary: 'List the dispatches that a dispatch sent',
  tags,
  role: dispatchRules.read,
  params: DispatchPath,
  query: pageQuery({}),
  status: 200,
  response: listOf(DispatchView),
  codes: ['dispatch_not_found'],
  examples: { params, response: listed },
  handler: (call) =>
    presentListed(
      call,
      listChildren(call.api.database, call.tenantId, call.params.dispatch_id, pageOf(call)),
      missingDispatch,
    ),
});

const revokeRoute = route({
  method: 'DELETE',
  url: one,
  operation: 'revokeDispatch',
  summary: 'Revoke a dispatch, all that came from it, and their keys',
  description: 'They stop within a second on every process, and stay in the list.',
  tags,
  role: dispatchRules.revoke,
  params: DispatchPath,
  status: 204,
  response: Type.Null(),
  codes: ['dispatch_not_found'],
  examples: { params },
  handler: (call) => performOnKeys(call, { definition: revokeDispatch, command: call.params, render: showNothing }),
});

export const dispatchRoutes: readonly Route[] = [listRoute, createRoute, getRoute, childrenRoute, revokeRoute];
