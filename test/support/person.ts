// People of a test: what they sign up with, sign in with, and confirm requests with.
import { userHandle } from '../../api/webauthn.ts';
import type { FirstOperator } from '../../commands/tenant.ts';
import { newId } from '../../kernel/id.ts';
import {
  type AuthenticatorWish,
  createAuthenticator,
  type RequestOptions,
  type SoftAuthenticator,
} from '../../boot/software-authenticator.ts';

/** As the defaults of the server say. */
export const testPlace = { rpId: 'localhost', origin: 'http://localhost:4000' } as const;

export function newAuthenticator(wish: Partial<AuthenticatorWish> = {}): SoftAuthenticator {
  return createAuthenticator({ ...testPlace, ...wish });
}

/** An operator of a tenant that is about to be founded, whose authenticator is enrolled without a ceremony. */
export function newOperator(tenantId: string, authenticator: SoftAuthenticator): FirstOperator {
  const operator_id = newId();
  const credential = authenticator.enrol(userHandle(tenantId, operator_id));
  const authenticators = [{ authenticator_id: newId(), name: 'in software', ...credential }];
  return { operator_id, name: 'Ada', email: 'ada@meridian.example', authenticators };
}

export interface Confirmed {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

type Ask = (path: string, body: unknown) => Promise<{ readonly ceremony_id: string; readonly options: RequestOptions }>;

/** The header that confirms one request. */
export async function confirmation(ask: Ask, authenticator: SoftAuthenticator, request: Confirmed): Promise<string> {
  const { ceremony_id, options } = await ask('/api/v1/step-up/options', request);
  const answer = { ceremony_id, response: authenticator.assert(options) };
  return Buffer.from(JSON.stringify(answer)).toString('base64url');
}
