// Signing up: a person with authenticators founds a tenant. Until the last step nothing of it exists but a ceremony.
import { type Static, Type } from 'typebox';
import { newId } from '../kernel/id.ts';
import { Id, Name, Slug } from '../kernel/shape.ts';
import { operatorFields } from '../events/operator.ts';
import { maxAuthenticators } from '../policies/authenticator.ts';
import { foundTenantIn } from '../sql/founding.ts';
import { fixed, NextActions, showAction, whoamiAction } from './action.ts';
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
import { type Route, route } from './route.ts';
import { checkRegistration, creationOptions, userHandle } from './webauthn.ts';

const closed = { additionalProperties: false } as const;
const url = '/api/v1/signup';
const tags = ['signing-in'] as const;
const bodyLimitBytes = 128 << 10;

export const SignupOptionsBody = Type.Object(
  {
    name: Type.String({ ...Name, description: 'Of the tenant' }),
    slug: Slug,
    email: operatorFields.email,
    person: Type.Optional(
      Type.String({ ...Name, description: 'Name of the operator; the e-mail address when left out' }),
    ),
  },
  closed,
);

const SignupBody = Type.Object(
  {
    ceremony_id: Id,
    authenticators: Type.Array(Type.Object({ name: Name, response: CredentialAnswer }, closed), {
      minItems: 1,
      maxItems: maxAuthenticators,
      description: 'All of them answer the same options. With two, losing one locks nobody out.',
    }),
  },
  closed,
);

const SignupView = Type.Object(
  {
    tenant: Type.Object({ id: Id, name: Name, slug: Slug }, closed),
    operator_id: Id,
    authenticator_ids: Type.Array(Id, { maxItems: maxAuthenticators }),
    key: Type.Object(
      {
        id: Id,
        secret: Type.String({
          pattern: '^ll_live_[0-9A-Za-z]{38}$',
          minLength: 46,
          maxLength: 46,
          description: 'Of the role user; shown here and nowhere else',
        }),
      },
      closed,
    ),
    next_actions: NextActions,
  },
  closed,
);

async function openSignup(call: Call<unknown, unknown, Static<typeof SignupOptionsBody>>): Promise<Answer> {
  countCeremony(call);
  const { name, slug, email, person = email } = call.body;
  const [tenant_id, operator_id, challenge] = [newId(), newId(), newChallenge()];
  const begun = await beginCeremony(call.api, 'signup', {
    challenge,
    tenant_id,
    operator_id,
    name,
    slug,
    email,
    person,
  });
  const user = { handle: userHandle(tenant_id, operator_id), name: email, displayName: `${person} (${name})` };
  const options = creationOptions(call.api.relyingParty, challenge, user);
  const next_actions = [signupAction(call.api.options.publicUrl, begun.ceremony_id)];
  return { status: 200, body: JSON.stringify({ ...begun, options, next_actions }) };
}

/** What an authenticator answers stands inside a list, so its place is told there. */
function signupAction(publicUrl: string, ceremonyId: string) {
  const { items } = SignupBody.properties.authenticators;
  const response = { ...CredentialAnswer, from: { pointer: '/options', as: 'new_credential' } };
  return showAction(publicUrl, {
    action: 'signup',
    why: 'Found the tenant, and get its first key',
    path: url,
    operation: 'signup',
    body: SignupBody,
    told: {
      ceremony_id: fixed(ceremonyId),
      authenticators: { items: { ...items, properties: { ...items.properties, response } } },
    },
  });
}

async function finishSignup(call: Call<unknown, unknown, Static<typeof SignupBody>>): Promise<Answer> {
  countCeremony(call);
  const { api, body } = call;
  const begun = await endCeremony(api, 'signup', body.ceremony_id);
  const { challenge, tenant_id: tenantId, operator_id, name, slug, email, person } = begun;
  const authenticators = [];
  for (const given of body.authenticators) {
    const credential = await checkRegistration(api.relyingParty, challenge, given.response);
    authenticators.push({ authenticator_id: newId(), name: given.name, ...credential });
  }
  const operator = { operator_id, name: person, email, authenticators };
  const founded = await foundTenantIn(api.ledger, api.tenantKeys, {
    tenantId,
    name,
    slug,
    operator,
    correlationId: call.requestId,
  });
  const shown = {
    tenant: { id: tenantId, name, slug },
    operator_id,
    authenticator_ids: authenticators.map(({ authenticator_id }) => authenticator_id),
    key: { id: founded.keyId, secret: founded.secret },
    next_actions: [whoamiAction(api.options.publicUrl, { from: { pointer: '/key/secret' } })],
  };
  return { status: 201, body: JSON.stringify(shown) };
}

const exampleCredential = { id: 'Y3JlZGVudGlhbA', rawId: 'Y3JlZGVudGlhbA', type: 'public-key' };

export const signupRoutes: readonly Route[] = [
  route({
    method: 'POST',
    url: `${url}/options`,
    operation: 'openSignup',
    summary: 'Begin to sign up: name the tenant, get what an authenticator answers',
    description: 'Good for fifteen minutes. Nothing is left of a signup that was not finished.',
    tags,
    role: 'public',
    body: SignupOptionsBody,
    status: 200,
    response: Type.Object({ ...ceremonyFields, options: CredentialOptions, next_actions: NextActions }, closed),
    codes: ['rate_limited', 'database_unavailable'],
    examples: {
      body: { name: 'Meridian', slug: 'meridian', email: 'ada@meridian.example' },
      response: {
        ceremony_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d07',
        expires_at: '2026-01-02T03:19:05.678Z',
        options: { rp: { id: 'ledger.example' }, challenge: 'c2VhbGVk', attestation: 'none' },
        next_actions: [],
      },
    },
    handler: openSignup,
  }),
  route({
    method: 'POST',
    url,
    operation: 'signup',
    summary: 'Finish to sign up: the tenant, its operator and the first key, in one commit',
    description:
      'One to five authenticators, each of which verified its user. The key is shown in this answer alone; whoever missed it ' +
      'signs in and creates another one.',
    tags,
    role: 'public',
    body: SignupBody,
    bodyLimitBytes,
    status: 201,
    response: SignupView,
    codes: [
      'ceremony_failed',
      'authenticator_known',
      'authenticator_limit',
      'tenant_slug_taken',
      'tenant_founded',
      'rate_limited',
      'database_unavailable',
      'outcome_unknown',
      'overloaded',
    ],
    examples: {
      body: {
        ceremony_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d07',
        authenticators: [{ name: 'laptop', response: exampleCredential }],
      },
      response: {
        tenant: { id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d01', name: 'Meridian', slug: 'meridian' },
        operator_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d08',
        authenticator_ids: ['01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d09'],
        key: { id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d03', secret: `ll_live_${'0'.repeat(38)}` },
        next_actions: [],
      },
    },
    handler: finishSignup,
  }),
];
