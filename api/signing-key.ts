// Signing keys over HTTP: what a signature of this tenant is checked with, today and years later.
import { Type } from 'typebox';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id } from '../kernel/shape.ts';
import { signingKeyRefusals, signingKeyRules } from '../policies/signing-key.ts';
import { findSigningKey, listSigningKeys, signingKeyFilters, SigningKeyView } from '../projections/signing-key.ts';
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

export const signingKeyRoutes: readonly Route[] = [listRoute, getRoute];
