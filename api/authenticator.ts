// The authenticators of a tenant over HTTP. Whoever changes them confirms it with one that is enrolled already.
import { type Static, Type } from 'typebox';
import { newId } from '../kernel/id.ts';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id, Name } from '../kernel/shape.ts';
import { enrolAuthenticator, revokeAuthenticator } from '../commands/authenticator.ts';
import type { Authenticator } from '../events/authenticator.ts';
import { authenticatorRefusals, authenticatorRules, ceremonyFailed } from '../policies/authenticator.ts';
import { requireStepUp } from '../policies/step-up.ts';
import {
  authenticatorFilters,
  AuthenticatorView,
  findAuthenticator,
  findCredentials,
  listAuthenticators,
} from '../projections/authenticator.ts';
import { findOperator } from '../projections/operator.ts';
import type { Answer, Call } from './call.ts';
import {
  beginCeremony,
  ceremonyFields,
  CredentialAnswer,
  CredentialOptions,
  endCeremony,
  newChallenge,
} from './ceremony.ts';
import { perform, requireWriteHeaders } from './perform.ts';
import { pageOf, presentList } from './present.ts';
import { presentFound, showNothing } from './render.ts';
import { type Route, route } from './route.ts';
import { checkRegistration, creationOptions, userHandle } from './webauthn.ts';

const closed = { additionalProperties: false } as const;
const AuthenticatorPath = Type.Object({ authenticator_id: Id }, closed);
const EnrolBody = Type.Object({ ceremony_id: Id, name: Name, response: CredentialAnswer }, closed);
const url = '/api/v1/authenticators';
const one = `${url}/:authenticator_id`;
const tags = ['authenticators'] as const;

const example = {
  id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d09',
  version: 1,
  created_at: '2026-01-02T03:04:05.678Z',
  updated_at: '2026-01-02T03:04:05.678Z',
  operator_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d08',
  name: 'laptop',
  credential_id: 'Y3JlZGVudGlhbA',
  backup_eligible: true,
  transports: ['internal'],
  used_at: null,
  status: 'active',
};
const params = { authenticator_id: example.id };

function missingAuthenticator(): Error {
  return authenticatorRefusals.refuse('authenticator_not_found', 'There is no such authenticator.');
}

async function openEnrolment(call: Call): Promise<Answer> {
  requireWriteHeaders(call);
  const { api, tenantId } = call;
  const operator = await findOperator(api.database, tenantId, call.actor.operator_id ?? null);
  if (operator === null) throw authenticatorRefusals.refuse('operator_missing', 'The tenant has no operator.');
  const { operator_id, name, email } = operator;
  const known = await findCredentials(api.database, tenantId, null);
  const challenge = newChallenge();
  const begun = await beginCeremony(api, 'enrol', { challenge, tenant_id: tenantId, operator_id });
  const user = { handle: userHandle(tenantId, operator_id), name: email, displayName: name };
  const ids = known.map(({ credential_id }) => credential_id);
  return {
    status: 200,
    body: JSON.stringify({ ...begun, options: creationOptions(api.relyingParty, challenge, user, ids) }),
  };
}

async function enrol(call: Call<unknown, unknown, Static<typeof EnrolBody>>): Promise<Answer> {
  // Before the ceremony is taken: whoever forgot the step-up may still finish it.
  requireStepUp(call.actor, 'enrolAuthenticator');
  const { api, body, tenantId } = call;
  const { challenge, tenant_id, operator_id } = await endCeremony(api, 'enrol', body.ceremony_id);
  if (tenant_id !== tenantId) throw ceremonyFailed();
  const credential = await checkRegistration(api.relyingParty, challenge, body.response);
  return perform(call, {
    definition: enrolAuthenticator,
    command: { authenticator_id: newId(), operator_id, name: body.name, ...credential },
    render({ id, version, created_at, updated_at, state }) {
      const { name, credential_id, backup_eligible, transports, used_at, status } = state as Authenticator;
      const frame = { id, version, created_at, updated_at, operator_id };
      const shown = { ...frame, name, credential_id, backup_eligible, transports, used_at, status };
      return { status: 201, body: JSON.stringify(shown) };
    },
    location: url,
  });
}

async function revoke(call: Call<Static<typeof AuthenticatorPath>>): Promise<Answer> {
  const answer = await perform(call, { definition: revokeAuthenticator, command: call.params, render: showNothing });
  call.api.sessions.distrust(call.tenantId);
  return answer;
}

const listRoute = route({
  method: 'GET',
  url,
  operation: 'listAuthenticators',
  summary: 'List authenticators in the order in which they were enrolled',
  tags,
  role: authenticatorRules.read,
  query: pageQuery(authenticatorFilters),
  status: 200,
  response: listOf(AuthenticatorView),
  codes: [],
  examples: { response: { data: [example], next_cursor: null, changes_cursor: 'c2VhbGVk' } },
  handler: async (call) =>
    presentList(call, await listAuthenticators(call.api.database, call.tenantId, call.query, pageOf(call))),
});

const getRoute = route({
  method: 'GET',
  url: one,
  operation: 'getAuthenticator',
  summary: 'Show an authenticator',
  tags,
  role: authenticatorRules.read,
  params: AuthenticatorPath,
  status: 200,
  response: AuthenticatorView,
  codes: ['authenticator_not_found'],
  examples: { params, response: example },
  handler: (call) =>
    presentFound(
      call,
      findAuthenticator(call.api.database, call.tenantId, call.params.authenticator_id),
      missingAuthenticator,
    ),
});

const openRoute = route({
  method: 'POST',
  url: `${url}/options`,
  operation: 'openEnrolment',
  summary: 'Begin to enrol another authenticator: get what it answers',
  tags,
  role: authenticatorRules.enrol,
  status: 200,
  response: Type.Object({ ...ceremonyFields, options: CredentialOptions }, closed),
  codes: ['operator_missing'],
  examples: {
    response: {
      ceremony_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d07',
      expires_at: '2026-01-02T03:09:05.678Z',
      options: { rp: { id: 'ledger.example' }, challenge: 'c2VhbGVk', attestation: 'none' },
    },
  },
  handler: openEnrolment,
});

const enrolRoute = route({
  method: 'POST',
  url,
  operation: 'enrolAuthenticator',
  summary: 'Enrol another authenticator',
  description: 'Needs a step-up with one that is enrolled. With two, losing one locks nobody out.',
  tags,
  role: authenticatorRules.enrol,
  body: EnrolBody,
  status: 201,
  response: AuthenticatorView,
  codes: ['authenticator_known', 'authenticator_limit', 'step_up_required'],
  examples: {
    body: {
      ceremony_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d07',
      name: 'security key',
      response: { id: 'Y3JlZGVudGlhbA', rawId: 'Y3JlZGVudGlhbA', type: 'public-key' },
    },
    response: example,
  },
  handler: enrol,
});

const revokeRoute = route({
  method: 'DELETE',
  url: one,
  operation: 'revokeAuthenticator',
  summary: 'Revoke an authenticator for ever, and end the sessions that it opened',
  description: 'Needs a step-up, which the revoked one may give itself. The last one cannot be revoked.',
  tags,
  role: authenticatorRules.revoke,
  params: AuthenticatorPath,
  status: 204,
  response: Type.Null(),
  codes: ['authenticator_not_found', 'authenticator_last', 'step_up_required'],
  examples: { params },
  handler: revoke,
});

export const authenticatorRoutes: readonly Route[] = [listRoute, getRoute, openRoute, enrolRoute, revokeRoute];
