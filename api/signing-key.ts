// Signing keys over HTTP: what a signature of this tenant is checked with, today and years later.
import { type Static, Type } from 'typebox';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id } from '../kernel/shape.ts';
import { rotateSigningKey, RotateSigningKeyBody } from '../commands/signing-key.ts';
import { signingKeyRefusals, signingKeyRules, successionText } from '../policies/signing-key.ts';
import { requireStepUp } from '../policies/step-up.ts';
import {
  findSigningKey,
  listSigningKeys,
  showSigningKey,
  signingKeyFilters,
  SigningKeyView,
} from '../projections/signing-key.ts';
import type { Answer, Call } from './call.ts';
import { perform } from './perform.ts';
import { pageOf, presentList } from './present.ts';
import { presentFound } from './render.ts';
import { type Route, route } from './route.ts';

const SigningKeyPath = Type.Object({ signing_key_id: Id }, { additionalProperties: false });
const url = '/api/v1/signing-keys';
const tags = ['signing-keys'] as const;

const example = {
  id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d06',
  version: 1,
  created_at: '2026-01-02T03:04:05.678Z',
  updated_at: '2026-01-02T03:04:05.678Z',
  purpose: 'log',
  public_key: 'GWr2XJzFVDfKqkC9v5qgV0iYq0kI4pQfD3Yf1dP0m7w',
  algorithm: 'EdDSA',
  status: 'active',
  replaced_by: null,
  from: '2026-01-02T03:04:05.678Z',
  until: null,
};
const params = { signing_key_id: example.id };

function missingSigningKey(): Error {
  return signingKeyRefusals.refuse('signing_key_not_found', 'There is no such signing key.');
}

type Rotation = Call<unknown, unknown, Static<typeof RotateSigningKeyBody>>;

async function rotate(call: Rotation): Promise<Answer> {
  // Before a key is made: whoever lacks the assertion leaves nothing behind.
  requireStepUp(call.actor, 'rotateSigningKey');
  const { tenantId, body } = call;
  const { tenantKeys } = call.api;
  const old = await tenantKeys.signer(tenantId, body.purpose);
  const key = await tenantKeys.add(tenantId, body.purpose);
  const text = successionText({ ...key, tenant_id: tenantId, replaces: old.keyId });
  const signature = old.sign(Buffer.from(text)).toString('base64url');
  return perform(call, {
    definition: rotateSigningKey,
    command: { ...key, signature },
    render: (subject) => ({ status: 201, body: JSON.stringify(showSigningKey(subject)) }),
    location: url,
  });
}

const listRoute = route({
  method: 'GET',
  url,
  operation: 'listSigningKeys',
  summary: 'List the public keys that signatures of the tenant are checked with',
  description: 'Retired ones stay in the list for ever: what they signed in their period stays valid.',
  tags,
  role: signingKeyRules.read,
  query: pageQuery(signingKeyFilters),
  status: 200,
  response: listOf(SigningKeyView),
  codes: [],
  examples: { response: { data: [example], next_cursor: null, changes_cursor: 'c2VhbGVk' } },
  handler: async (call) =>
    presentList(call, await listSigningKeys(call.api.database, call.tenantId, call.query, pageOf(call))),
});

const getRoute = route({
  method: 'GET',
  url: `${url}/:signing_key_id`,
  operation: 'getSigningKey',
  summary: 'Show a public key',
  tags,
  role: signingKeyRules.read,
  params: SigningKeyPath,
  status: 200,
  response: SigningKeyView,
  codes: ['signing_key_not_found'],
  examples: { params, response: example },
  handler: (call) =>
    presentFound(call, findSigningKey(call.api.database, call.tenantId, call.params.signing_key_id), missingSigningKey),
});

const rotateRoute = route({
  method: 'POST',
  url: `${url}/rotate`,
  operation: 'rotateSigningKey',
  summary: 'Let a new key take over from the one in force',
  description:
    'Needs a step-up. The old key signs the word for the new one, which stands in the event, and stays published with its ' +
    'period: what it signed stays valid.',
  tags,
  role: signingKeyRules.rotate,
  body: RotateSigningKeyBody,
  status: 201,
  response: SigningKeyView,
  codes: ['signing_key_not_found', 'signing_key_outrun', 'step_up_required'],
  examples: { body: { purpose: 'log' }, response: example },
  handler: rotate,
});

export const signingKeyRoutes: readonly Route[] = [listRoute, getRoute, rotateRoute];
