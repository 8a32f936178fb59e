// The ceremonies as a browser goes through them: options, an authenticator's answer, and what comes back.
import type { Answer, CreationOptions, RequestOptions, SoftAuthenticator } from '../../boot/software-authenticator.ts';
import { newAuthenticator, testPlace } from './person.ts';
import type { Heard, TestServer } from './server.ts';

type Say = TestServer['say'];

export interface Begun<Options> {
  readonly ceremony_id: string;
  readonly expires_at: string;
  readonly options: Options;
}

let signups = 0;

export async function openSignup(say: Say, slug = `signed-up-${(signups += 1)}`): Promise<Begun<CreationOptions>> {
  const body = { name: 'Meridian', slug, email: 'ada@meridian.example', person: 'Ada' };
  return begun(await say('POST', '/api/v1/signup/options', { body }));
}

export function finishSignup(say: Say, ceremony_id: string, answers: readonly Answer[]): Promise<Heard> {
  const authenticators = answers.map((response, at) => ({ name: `device ${at}`, response }));
  return say('POST', '/api/v1/signup', { body: { ceremony_id, authenticators } });
}

export interface SignedUp {
  readonly tenantId: string;
  readonly operatorId: string;
  readonly userKey: string;
  readonly authenticatorIds: readonly string[];
}

export async function signUp(say: Say, ...authenticators: readonly SoftAuthenticator[]): Promise<SignedUp> {
  const { ceremony_id, options } = await openSignup(say);
  const heard = await finishSignup(
    say,
    ceremony_id,
    authenticators.map((one) => one.register(options)),
  );
  if (heard.status !== 201) throw new Error(heard.text);
  const { tenant, operator_id, authenticator_ids, key } = heard.body as unknown as {
    readonly tenant: { readonly id: string };
    readonly operator_id: string;
    readonly authenticator_ids: readonly string[];
    readonly key: { readonly secret: string };
  };
  return { tenantId: tenant.id, operatorId: operator_id, userKey: key.secret, authenticatorIds: authenticator_ids };
}

export async function openLogin(say: Say): Promise<Begun<RequestOptions>> {
  return begun(await say('POST', '/api/v1/login/options'));
}

export async function login(
  say: Say,
  authenticator: SoftAuthenticator,
  origin: string = testPlace.origin,
): Promise<Heard> {
  const { ceremony_id, options } = await openLogin(say);
  const body = { ceremony_id, response: authenticator.assert(options) };
  return say('POST', '/api/v1/login', { body, headers: { origin } });
}

export interface Browser {
  readonly say: Say;
  /** The present cookie. */
  cookie(): string;
}

/** Keeps the cookie of a session and sends it along from a page of ours. */
export async function openBrowser(say: Say, authenticator: SoftAuthenticator = newAuthenticator()): Promise<Browser> {
  let cookie = cookieOf(await login(say, authenticator));
  return {
    cookie: () => cookie,
    async say(method, path, said = {}) {
      const heard = await say(method, path, {
        ...said,
        headers: { origin: testPlace.origin, ...said.headers, cookie },
      });
      if (heard.headers.has('set-cookie')) cookie = cookieOf(heard);
      return heard;
    },
  };
}

export function cookieOf({ headers, text }: Heard): string {
  const cookie = headers.get('set-cookie');
  if (cookie === null) throw new Error(`no cookie: ${text}`);
  return cookie.split(';')[0] as string;
}

function begun<Options>(heard: Heard): Begun<Options> {
  if (heard.status !== 200) throw new Error(heard.text);
  return heard.body as unknown as Begun<Options>;
}
