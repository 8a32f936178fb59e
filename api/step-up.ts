// Step-up: a person confirms one request with an authenticator. The challenge follows from the request, so the answer is
// good for that request and nothing else.
import { hash } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { canonicalJson } from '../kernel/canonical.ts';
import type { Json } from '../kernel/event.ts';
import { newId, isId } from '../kernel/id.ts';
import { useAuthenticator } from '../commands/authenticator.ts';
import { authenticatorRefusals, authenticatorRules, ceremonyFailed } from '../policies/authenticator.ts';
import { requireRole } from '../policies/role.ts';
import { findCredentials } from '../projections/authenticator.ts';
import type { Answer, Call } from './call.ts';
import { beginCeremony, ceremonyFields, CredentialOptions, endCeremony, newChallenge } from './ceremony.ts';
import { requireWriteHeaders } from './perform.ts';
import { proofOf } from './assertion.ts';
import { type Route, route } from './route.ts';
import { requestOptions } from './webauthn.ts';

export const stepUpHeader = 'loopledger-step-up';

const StepUpBody = Type.Object(
  {
    method: Type.Enum(['POST', 'PUT', 'PATCH', 'DELETE']),
    path: Type.String({
      minLength: 1,
      maxLength: 2_000,
      pattern: '^/',
      description: 'With its query, as it will be sent',
    }),
    body: Type.Optional(Type.Unknown({ description: 'The body of the request; left out when it has none' })),
  },
  { additionalProperties: false },
);

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** Of a request whose body was parsed, before defaults are put into it. */
export function requestDigest({ tenantId, raw, body }: Call): string {
  return digestOf(tenantId, { method: raw.method ?? '', path: raw.url ?? '', body });
}

function digestOf(tenantId: string, { method, path, body }: Request): string {
  const about = { tenant_id: tenantId, method, path, body: (body ?? null) as Json };
  return hash('sha256', canonicalJson(about), 'hex');
}

function challengeOf(nonce: string, digest: string): string {
  return hash('sha256', `loopledger-step-up\n${nonce}\n${digest}`, 'base64url');
}

async function openStepUp(call: Call<unknown, unknown, Static<typeof StepUpBody>>): Promise<Answer> {
  requireWriteHeaders(call);
  const { api, tenantId, body } = call;
  const credentials = await findCredentials(api.database, tenantId, null);
  if (credentials.length === 0) {
    throw authenticatorRefusals.refuse('operator_missing', 'Nobody of this tenant has an authenticator.');
  }
  const nonce = newChallenge();
  const begun = await beginCeremony(api, 'step_up', { challenge: nonce, tenant_id: tenantId });
  const challenge = challengeOf(nonce, digestOf(tenantId, { ...body, body: body.body }));
  const options = requestOptions(api.relyingParty, challenge, credentials);
  return { status: 200, body: JSON.stringify({ ...begun, options }) };
}

/** Before the handler: from here on the caller is a person who confirmed this very request. */
export async function confirmStepUp(call: Call, header: string, digest: string): Promise<void> {
  const { api, tenantId, actor } = call;
  requireRole(authenticatorRules.stepUp, actor);
  const { ceremony_id, response } = readHeader(header);
  const { challenge: nonce, tenant_id } = await endCeremony(api, 'step_up', ceremony_id);
  if (tenant_id !== tenantId) throw ceremonyFailed();
  const act = call.route.operation;
  const proof = await proofOf(api, { tenantId, challenge: challengeOf(nonce, digest), act }, response);
  await api.ledger.execute({
    tenantId,
    actor,
    definition: useAuthenticator,
    command: proof,
    correlationId: call.requestId,
    idempotency: { key: newId(), requestHash: Buffer.alloc(32), supplied: false },
    expectedVersion: null,
    render: () => ({ status: 200, body: 'null' }),
  });
  call.confirm({ authenticator_id: proof.authenticator_id, act });
}

function readHeader(header: string): { readonly ceremony_id: string; readonly response: unknown } {
  try {
    const { ceremony_id, response } = JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<
      string,
      unknown
    >;
    if (isId(ceremony_id)) return { ceremony_id, response };
  } catch {
    // What cannot be read is no answer of an authenticator.
  }
  throw ceremonyFailed();
}

export const stepUpRoutes: readonly Route[] = [
  route({
    method: 'POST',
    url: '/api/v1/step-up/options',
    operation: 'openStepUp',
    summary: 'Ask for a challenge that confirms one request',
    description:
      'Name the request as it will be sent. Let an authenticator answer the options, and send the request with the header ' +
      '`Loopledger-Step-Up`: base64url of `{"ceremony_id": …, "response": …}`. It is good once, for five minutes, for that ' +
      'method, path and body alone.',
    tags: ['authenticators'],
    role: authenticatorRules.stepUp,
    body: StepUpBody,
    status: 200,
    response: Type.Object({ ...ceremonyFields, options: CredentialOptions }, { additionalProperties: false }),
    codes: ['operator_missing'],
    examples: {
      body: { method: 'POST', path: '/api/v1/dispatches', body: { parent: null } },
      response: {
        ceremony_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d07',
        expires_at: '2026-01-02T03:09:05.678Z',
        options: { rpId: 'ledger.example', challenge: 'c2VhbGVk', userVerification: 'required' },
      },
    },
    handler: openStepUp,
  }),
];
