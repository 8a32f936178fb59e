// What the demo speaks HTTP with: requests that any client could make, and a person with an authenticator in software.
import { randomBytes } from 'node:crypto';
import { type CreationOptions, type RequestOptions, SoftAuthenticator } from './software-authenticator.ts';

export interface Said {
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Heard {
  readonly status: number;
  readonly text: string;
  readonly position: number;
}

export type Say = (method: string, path: string, said?: Said) => Promise<Heard>;

export function sayerTo(apiUrl: string): Say {
  return async (method, path, { key, body, headers } = {}) => {
    const response = await fetch(apiUrl + path, {
      method,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const position = Number(response.headers.get('loopledger-position') ?? 0);
    return { status: response.status, text: await response.text(), position };
  };
}

/** The demo ends with the first answer that is not as told. */
export async function done<Body>(promise: Promise<Heard>): Promise<Body> {
  const { status, text } = await promise;
  if (status >= 300) throw new Error(`An answer was not as expected: ${status} ${text}`);
  return JSON.parse(text) as Body;
}

interface Begun<Options> {
  readonly ceremony_id: string;
  readonly options: Options;
}

export interface SignedUp {
  readonly tenant: { readonly id: string; readonly slug: string };
  readonly key: { readonly secret: string };
}

/** A person, as far as the demo goes: signs up, and confirms requests. */
export class DemoPerson {
  private readonly say: Say;
  private readonly authenticator: SoftAuthenticator;

  constructor(say: Say, place: { readonly rpId: string; readonly origin: string }) {
    this.say = say;
    this.authenticator = new SoftAuthenticator(place);
  }

  async signUp(): Promise<SignedUp> {
    const slug = `demo-${randomBytes(4).toString('hex')}`;
    const body = { name: 'Demo', slug, email: 'ada@demo.example', person: 'Ada' };
    const { ceremony_id, options } = await done<Begun<CreationOptions>>(
      this.say('POST', '/api/v1/signup/options', { body }),
    );
    const response = this.authenticator.register(options);
    const authenticators = [{ name: 'software authenticator of the demo, not a real key', response }];
    return done(this.say('POST', '/api/v1/signup', { body: { ceremony_id, authenticators } }));
  }

  /** The request with a fresh assertion that is bound to it. */
  async confirm<Body>(key: string, path: string, body: object): Promise<Body> {
    const asked = { method: 'POST', path, body };
    const begun = await done<Begun<RequestOptions>>(this.say('POST', '/api/v1/step-up/options', { key, body: asked }));
    const answer = { ceremony_id: begun.ceremony_id, response: this.authenticator.assert(begun.options) };
    const confirmed = Buffer.from(JSON.stringify(answer)).toString('base64url');
    return done(this.say('POST', path, { key, body, headers: { 'loopledger-step-up': confirmed } }));
  }
}
