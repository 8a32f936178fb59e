// Ceremonies: the server asks, an authenticator of this browser answers. Its answer is good once, for what was asked.
import {
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser';
import { type Call, deliver, type Operation, requestOf, type Response, send, type Session } from './client.ts';

export interface Enrolment {
  readonly ceremony_id: string;
  readonly options: object;
}

/** `beside` are answers to the same options: one authenticator is not enrolled twice. */
export function register(
  { options }: Enrolment,
  beside: readonly RegistrationResponseJSON[] = [],
): Promise<RegistrationResponseJSON> {
  const asked = options as PublicKeyCredentialCreationOptionsJSON;
  const known = beside.map(({ id }) => ({ id, type: 'public-key' as const }));
  const excludeCredentials = [...(asked.excludeCredentials ?? []), ...known];
  return startRegistration({ optionsJSON: { ...asked, excludeCredentials } });
}

export async function signIn(): Promise<Session> {
  const { ceremony_id, options } = await send('POST /api/v1/login/options', {});
  const response = await startAuthentication({ optionsJSON: options as PublicKeyCredentialRequestOptionsJSON });
  return send('POST /api/v1/login', { body: { ceremony_id, response } });
}

/** Lets a person confirm one request, and sends it. */
export async function sendConfirmed<O extends Operation>(...[operation, given]: Call<O>): Promise<Response<O>> {
  const request = requestOf(operation, given);
  const { method, path, body } = request;
  const asked = (await deliver({
    method: 'POST',
    path: '/api/v1/step-up/options',
    body: { method, path, ...(body === undefined ? {} : { body }) },
  })) as Enrolment;
  const { ceremony_id, options } = asked;
  const response = await startAuthentication({ optionsJSON: options as PublicKeyCredentialRequestOptionsJSON });
  const confirmation = textToBase64Url(JSON.stringify({ ceremony_id, response }));
  return (await deliver(request, { 'loopledger-step-up': confirmation })) as Response<O>;
}

function textToBase64Url(text: string): string {
  const binary = String.fromCodePoint(...new TextEncoder().encode(text));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
