// From the answer of an authenticator to a proof that a command can take: whose credential it is, and that it is right.
import type { Proof } from '../policies/authenticator.ts';
import { ceremonyFailed } from '../policies/authenticator.ts';
import { findCredentials } from '../projections/authenticator.ts';
import type { ApiContext } from './context.ts';
import { checkAssertion, readAssertion, userHandle } from './webauthn.ts';

export interface Asked {
  readonly tenantId: string;
  readonly challenge: string;
  /** The operation that it is for. */
  readonly act: string;
}

export async function proofOf(api: ApiContext, { tenantId, challenge, act }: Asked, answer: unknown): Promise<Proof> {
  const response = readAssertion(answer);
  const [credential] = await findCredentials(api.database, tenantId, response.id);
  if (credential === undefined) throw ceremonyFailed();
  const { authenticator_id, operator_id } = credential;
  const handle = response.response.userHandle ?? null;
  if (handle !== null && handle !== userHandle(tenantId, operator_id)) throw ceremonyFailed();
  const checked = await checkAssertion(api.relyingParty, challenge, credential, response);
  return { authenticator_id, act, ...checked };
}
