// Keys over HTTP. A secret is shown in the answer that created it, and again in the repeat of that request.
import { type Static, Type } from 'typebox';
import { newId } from '../kernel/id.ts';
import { listOf, pageQuery } from '../kernel/page.ts';
import { newKey } from '../kernel/secret.ts';
import { Id } from '../kernel/shape.ts';
import {
  createKey,
  CreateKeyBody,
  renameKey,
  RenameKeyBody,
  revokeKey,
  rotateKey,
  RotateKeyBody,
} from '../commands/key.ts';
import { type Key, keyStatus } from '../events/key.ts';
import { isOver, keyRefusals, keyRules } from '../policies/key.ts';
import { findKey, keyFilters, KeyView, listKeys } from '../projections/key.ts';
import type { ExecuteRequest, Subject } from '../sql/batch.ts';
import type { Answer, Call } from './call.ts';
import { type Act, perform } from './perform.ts';
import { pageOf, presentList } from './present.ts';
import { presentFound, showNothing } from './render.ts';
import { type Route, route } from './route.ts';
import { performShowing } from './sealed-secret.ts';

const KeyPath = Type.Object({ key_id: Id }, { additionalProperties: false });
const url = '/api/v1/keys';
const one = `${url}/:key_id`;
const tags = ['keys'] as const;

const NewKeyView = Type.Object(
  {
    ...KeyView.properties,
    secret: Type.String({
      pattern: '^ll_live_[0-9A-Za-z]{38}$',
      minLength: 46,
      maxLength: 46,
      description: 'Shown here and nowhere else',
    }),
  },
  { additionalProperties: false },
);

const example = {
  id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d03',
  version: 1,
  created_at: '2026-01-02T03:04:05.678Z',
  updated_at: '2026-01-02T03:04:05.678Z',
  name: 'planner',
  role: 'orchestrator',
  agent_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d02',
  prefix: 'll_live_0000',
  expires_at: null,
  dispatch_id: null,
  status: 'active',
};
const params = { key_id: example.id };

function missingKey(): Error {
  return keyRefusals.refuse('key_not_found', 'There is no such key.');
}

/** Whoever stops a key finds it stopped at once in this process; every other one learns of it within a second. */
export async function performOnKeys<Command>(call: Call, act: Act<Command>): Promise<Answer> {
  const answer = await perform(call, act);
  call.api.authenticator.distrust(call.tenantId);
  return answer;
}

function viewOf({ id, version, created_at, updated_at, state }: Subject): object {
  const key = state as Key;
  const { name, role, agent_id, prefix, expires_at } = key;
  const dispatch_id = key.dispatch?.dispatch_id ?? null;
  const expired = key.ended === null && isOver(key, new Date().toISOString());
  const status = expired ? 'expired' : keyStatus(key);
  return { id, version, created_at, updated_at, name, role, agent_id, prefix, expires_at, dispatch_id, status };
}

const showKey: ExecuteRequest['render'] = (subject) => ({ status: 200, body: JSON.stringify(viewOf(subject)) });

function createWithSecret(call: Call<unknown, unknown, Static<typeof CreateKeyBody>>): Promise<Answer> {
  const { secret, hash, prefix } = newKey('live');
  return performShowing(call, {
    definition: createKey,
    command: { ...call.body, key_id: newId(), prefix, secret_hash: hash.toString('hex') },
    secret,
    status: 201,
    view: viewOf,
    location: url,
  });
}

type Rotation = Call<Static<typeof KeyPath>, unknown, Static<typeof RotateKeyBody>>;

async function rotateWithSecret(call: Rotation): Promise<Answer> {
  const { secret, hash, prefix } = newKey('live');
  const command = { ...call.params, ...call.body, prefix, secret_hash: hash.toString('hex') };
  const answer = await performShowing(call, { definition: rotateKey, command, secret, status: 200, view: viewOf });
  call.api.authenticator.distrust(call.tenantId);
  return answer;
}

const listRoute = route({
  method: 'GET',
  url,
  operation: 'listKeys',
  summary: 'List keys in the order in which they were created',
  description: 'Secrets are not in it; `prefix` is how a key is recognised. Ended keys are listed too.',
  tags,
  role: keyRules.read,
  query: pageQuery(keyFilters),
  status: 200,
  response: listOf(KeyView),
  codes: [],
  examples: { response: { data: [example], next_cursor: null, changes_cursor: 'c2VhbGVk' } },
  handler: async (call) =>
    presentList(call, await listKeys(call.api.database, call.tenantId, call.query, pageOf(call))),
});

const createRoute = route({
  method: 'POST',
  url,
  operation: 'createKey',
  summary: 'Create a key and show its secret',
  description:
    'The secret is shown in this answer alone, and again when the request is repeated with the same Idempotency-Key. ' +
    'Keys of the roles agent and orchestrator belong to an agent, which has one key of each role at a time.',
  tags,
  role: keyRules.create,
  body: CreateKeyBody,
  status: 201,
  response: NewKeyView,
  codes: [
    'agent_not_found',
    'agent_archived',
    'key_agent_required',
    'key_agent_unexpected',
    'key_role_taken',
    'key_secret_lost',
    'tenant_not_found',
    'tenant_suspended',
  ],
  examples: {
    body: { name: example.name, role: example.role, agent_id: example.agent_id },
    response: { ...example, secret: `ll_live_${'0'.repeat(38)}` },
  },
  handler: createWithSecret,
});

const getRoute = route({
  method: 'GET',
  url: one,
  operation: 'getKey',
  summary: 'Show a key, without its secret',
  tags,
  role: keyRules.read,
  params: KeyPath,
  status: 200,
  response: KeyView,
  codes: ['key_not_found'],
  examples: { params, response: example },
  handler: (call) => presentFound(call, findKey(call.api.database, call.tenantId, call.params.key_id), missingKey),
});

const renameRoute = route({
  method: 'PATCH',
  url: one,
  operation: 'renameKey',
  summary: 'Give a key another name',
  tags,
  role: keyRules.change,
  params: KeyPath,
  body: RenameKeyBody,
  status: 200,
  response: KeyView,
  codes: ['key_not_found'],
  examples: { params, body: { name: 'chief planner' }, response: { ...example, version: 2, name: 'chief planner' } },
  handler: (call) =>
    perform(call, { definition: renameKey, command: { ...call.params, ...call.body }, render: showKey }),
});

const rotateRoute = route({
  method: 'POST',
  url: `${one}/rotate`,
  operation: 'rotateKey',
  summary: 'Give a key another secret, and show it',
  description:
    'The new secret works at once, and the former one for `grace_seconds` more. A second rotation ends what was left of ' +
    'the grace of the first.',
  tags,
  role: keyRules.rotate,
  params: KeyPath,
  body: RotateKeyBody,
  status: 200,
  response: NewKeyView,
  codes: ['key_not_found', 'key_ended', 'key_ephemeral', 'key_secret_lost', 'tenant_not_found', 'tenant_suspended'],
  examples: {
    params,
    body: { grace_seconds: 3_600 },
    response: { ...example, version: 2, secret: `ll_live_${'0'.repeat(38)}` },
  },
  handler: rotateWithSecret,
});

const revokeRoute = route({
  method: 'DELETE',
  url: one,
  operation: 'revokeKey',
  summary: 'Revoke a key for ever',
  description: 'It stops within a second on every process, and stays in the list.',
  tags,
  role: keyRules.revoke,
  params: KeyPath,
  status: 204,
  response: Type.Null(),
  codes: ['key_not_found', 'key_last_user'],
  examples: { params },
  handler: (call) => performOnKeys(call, { definition: revokeKey, command: call.params, render: showNothing }),
});

export const keyRoutes: readonly Route[] = [listRoute, createRoute, getRoute, renameRoute, rotateRoute, revokeRoute];
