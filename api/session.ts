// Signing in and out. A session is a cookie that lasts a quarter of an hour and is renewed while the session is in force.
import { type Static, Type } from 'typebox';
import { systemActor } from '../kernel/actor.ts';
import { newId } from '../kernel/id.ts';
import { Id, Name, Slug, Timestamp } from '../kernel/shape.ts';
import { endSession, startSession } from '../commands/session.ts';
import { ceremonyFailed } from '../policies/authenticator.ts';
import { sessionRefusals, sessionRules } from '../policies/session.ts';
import { findOperator, OperatorView } from '../projections/operator.ts';
import type { Answer, Call } from './call.ts';
import {
  beginCeremony,
  ceremonyFields,
  countCeremony,
  CredentialAnswer,
  CredentialOptions,
  endCeremony,
  newChallenge,
} from './ceremony.ts';
import { perform, requireWriteHeaders } from './perform.ts';
import { proofOf } from './assertion.ts';
import { showNothing } from './render.ts';
import { type Route, route } from './route.ts';
import { readAssertion, requestOptions, tenantOfHandle } from './webauthn.ts';

const closed = { additionalProperties: false } as const;
const url = '/api/v1/session';
const tags = ['signing-in'] as const;

const LoginBody = Type.Object({ ceremony_id: Id, response: CredentialAnswer }, closed);

const SessionView = Type.Object(
  {
    id: Id,
    tenant: Type.Object({ id: Id, name: Name, slug: Slug }, closed),
    operator: OperatorView,
    expires_at: Type.String({ ...Timestamp, description: 'Of the cookie; POST /api/v1/session/refresh renews it' }),
  },
  closed,
);
const example = {
  id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d0c',
  tenant: { id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d01', name: 'Meridian', slug: 'meridian' },
  operator: { id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d08', name: 'Ada', email: 'ada@meridian.example' },
  expires_at: '2026-01-02T03:19:05.678Z',
};

async function openLogin(call: Call): Promise<Answer> {
  countCeremony(call);
  const challenge = newChallenge();
  const begun = await beginCeremony(call.api, 'login', { challenge });
  return { status: 200, body: JSON.stringify({ ...begun, options: requestOptions(call.api.relyingParty, challenge) }) };
}

async function login(call: Call<unknown, unknown, Static<typeof LoginBody>>): Promise<Answer> {
  countCeremony(call);
  requireOwnOrigin(call);
  const { api, body } = call;
  const { challenge } = await endCeremony(api, 'login', body.ceremony_id);
  const { userHandle } = readAssertion(body.response).response;
  const tenantId = tenantOfHandle(userHandle ?? '');
  if (tenantId === null) throw ceremonyFailed();
  const proof = await proofOf(api, { tenantId, challenge, act: call.route.operation }, body.response);
  const session_id = newId();
  const { body: started } = await api.ledger.execute({
    tenantId,
    actor: systemActor,
    definition: startSession,
    command: { session_id, proof },
    correlationId: call.requestId,
    idempotency: { key: newId(), requestHash: Buffer.alloc(32), supplied: false },
    expectedVersion: null,
    render: ({ state }) => ({ status: 200, body: JSON.stringify(state) }),
  });
  const { operator_id } = JSON.parse(started) as { readonly operator_id: string };
  return showSession(call, tenantId, operator_id, session_id);
}

/** A form on another page could otherwise sign somebody in as somebody else. */
function requireOwnOrigin({ api, raw }: Call): void {
  const { origin } = raw.headers;
  if (origin === undefined || api.relyingParty.origins.includes(origin)) return;
  throw sessionRefusals.refuse('origin_forbidden', 'Sign in from a page of ours.');
}

/** With a fresh cookie, unless the caller only looks. */
async function showSession(
  { api, route: { write } }: Call,
  tenantId: string,
  operatorId: string,
  sessionId: string,
): Promise<Answer> {
  const found = await findOperator(api.database, tenantId, operatorId);
  if (found === null) throw new Error('a session has no operator');
  const { operator_id: id, name, email, tenant_name, tenant_slug } = found;
  const { cookie, expires_at } = api.sessions.issue(tenantId, operatorId, sessionId);
  const tenant = { id: tenantId, name: tenant_name, slug: tenant_slug };
  const shown = { id: sessionId, tenant, operator: { id, name, email } };
  if (!write) return { status: 200, body: JSON.stringify(shown) };
  return { status: 200, body: JSON.stringify({ ...shown, expires_at }), headers: ['set-cookie', cookie] };
}

function ownSession({ tenantId, actor }: Call): readonly [tenantId: string, operatorId: string, sessionId: string] {
  const { operator_id, session_id } = actor;
  if (operator_id === undefined || session_id === undefined) {
    throw sessionRefusals.refuse('session_required', 'Your credential is a key, not a session.');
  }
  return [tenantId, operator_id, session_id];
}

function refresh(call: Call): Promise<Answer> {
  requireWriteHeaders(call);
  return showSession(call, ...ownSession(call));
}

async function logout(call: Call): Promise<Answer> {
  const [tenantId, , session_id] = ownSession(call);
  const answer = await perform(call, { definition: endSession, command: { session_id }, render: showNothing });
  call.api.sessions.distrust(tenantId);
  return { ...answer, headers: [...(answer.headers ?? []), 'set-cookie', call.api.sessions.clearing] };
}

const shared = { tags, role: sessionRules.use, codes: ['session_required'], status: 200 } as const;

export const sessionRoutes: readonly Route[] = [
  route({
    method: 'POST',
    url: '/api/v1/login/options',
    operation: 'openLogin',
    summary: 'Begin to sign in: get what an authenticator answers',
    description: 'Good for five minutes. No name is asked for: the authenticator knows whose it is.',
    tags,
    role: 'public',
    status: 200,
    response: Type.Object({ ...ceremonyFields, options: CredentialOptions }, closed),
    codes: ['rate_limited', 'database_unavailable'],
    examples: {
      response: {
        ceremony_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d07',
        expires_at: '2026-01-02T03:09:05.678Z',
        options: { rpId: 'ledger.example', challenge: 'c2VhbGVk', userVerification: 'required' },
      },
    },
    handler: openLogin,
  }),
  route({
    method: 'POST',
    url: '/api/v1/login',
    operation: 'login',
    summary: 'Sign in: the answer carries the cookie of a session',
    tags,
    role: 'public',
    body: LoginBody,
    status: 200,
    response: SessionView,
    codes: [
      'ceremony_failed',
      'origin_forbidden',
      'tenant_not_found',
      'tenant_suspended',
      'rate_limited',
      'database_unavailable',
      'outcome_unknown',
      'overloaded',
    ],
    examples: {
      body: {
        ceremony_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d07',
        response: { id: 'Y3JlZGVudGlhbA', rawId: 'Y3JlZGVudGlhbA', type: 'public-key' },
      },
      response: example,
    },
    handler: login,
  }),
  route({
    ...shared,
    method: 'GET',
    url,
    operation: 'getSession',
    summary: 'Show whose session this is',
    response: Type.Omit(SessionView, ['expires_at'], closed),
    examples: { response: { id: example.id, tenant: example.tenant, operator: example.operator } },
    handler: (call) => showSession(call, ...ownSession(call)),
  }),
  route({
    ...shared,
    method: 'POST',
    url: `${url}/refresh`,
    operation: 'refreshSession',
    summary: 'Renew the cookie for another quarter of an hour',
    description: 'Until the session has lasted twelve hours; then its operator signs in again.',
    response: SessionView,
    examples: { response: example },
    handler: refresh,
  }),
  route({
    ...shared,
    method: 'DELETE',
    url,
    operation: 'endSession',
    summary: 'Sign out',
    description: 'The session stops within a second on every process, whoever holds a copy of its cookie.',
    status: 204,
    response: Type.Null(),
    examples: {},
    handler: logout,
  }),
];
