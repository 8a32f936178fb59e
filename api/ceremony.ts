// Ceremonies: what was asked of an authenticator, kept sealed until the one answer to it comes.
import { randomBytes } from 'node:crypto';
import { Type } from 'typebox';
import { newId } from '../kernel/id.ts';
import { openSealed, type SealPlace, sealText } from '../kernel/seal.ts';
import { Id, Timestamp } from '../kernel/shape.ts';
import { ceremonyFailed } from '../policies/authenticator.ts';
import { openCeremony, takeCeremony } from '../sql/ceremony.ts';
import type { Call } from './call.ts';
import type { ApiContext } from './context.ts';
import { shellRefusals } from './refusals.ts';

/** What was begun, by kind. None of it is known to anybody but the server. */
export interface CeremonyStates {
  readonly signup: {
    readonly challenge: string;
    readonly tenant_id: string;
    readonly operator_id: string;
    readonly name: string;
    readonly slug: string;
    readonly email: string;
    readonly person: string;
  };
  readonly login: { readonly challenge: string };
  readonly enrol: { readonly challenge: string; readonly tenant_id: string; readonly operator_id: string };
  readonly step_up: { readonly challenge: string; readonly tenant_id: string };
}
type Kind = keyof CeremonyStates;

const ceremonySeconds: Readonly<Record<Kind, number>> = { signup: 900, login: 300, enrol: 300, step_up: 300 };

export const ceremonyFields = { ceremony_id: Id, expires_at: Timestamp } as const;

/** The options that a browser hands to `navigator.credentials`, as its own parsers take them. */
export const CredentialOptions = Type.Object(
  {},
  { additionalProperties: true, description: 'JSON form of WebAuthn, for parseCreationOptionsFromJSON and its like' },
);
/** What the browser's credential says of itself by `toJSON()`. */
export const CredentialAnswer = Type.Object(
  {},
  { additionalProperties: true, description: 'JSON form of WebAuthn: the credential by toJSON()' },
);

export function newChallenge(): string {
  return randomBytes(32).toString('base64url');
}

export async function beginCeremony<K extends Kind>(
  api: ApiContext,
  kind: K,
  state: CeremonyStates[K],
): Promise<{ readonly ceremony_id: string; readonly expires_at: string }> {
  const id = newId();
  const sealed = sealText(placeOf(api, id, kind), JSON.stringify(state));
  const expires_at = await openCeremony(api.database, id, sealed, ceremonySeconds[kind]);
  return { ceremony_id: id, expires_at };
}

/** Taken before anything of the answer is looked at: a challenge is answered once, rightly or not. */
export async function endCeremony<K extends Kind>(api: ApiContext, kind: K, id: string): Promise<CeremonyStates[K]> {
  const sealed = await takeCeremony(api.database, id);
  const opened = sealed === null ? null : openSealed(placeOf(api, id, kind), sealed);
  if (opened === null) throw ceremonyFailed();
  return JSON.parse(opened) as CeremonyStates[K];
}

/** One of another kind does not open. */
function placeOf({ options }: ApiContext, id: string, kind: Kind): SealPlace {
  return { masterKey: options.masterKey, tenantId: 'platform', purpose: 'ceremony', about: `${id} ${kind}` };
}

/** Everybody may begin a ceremony, so addresses are counted. */
export function countCeremony({ api, remote, startedMs }: Call): void {
  const { ceremonies } = api;
  if (ceremonies.isExhausted(remote.ip, startedMs)) {
    const seconds = Math.max(1, Math.ceil(ceremonies.waitMs(startedMs) / 1_000));
    throw shellRefusals.refuse('rate_limited', `Too many ceremonies were begun from here; wait ${seconds} s.`, {
      headers: { 'retry-after': String(seconds) },
    });
  }
  ceremonies.count(remote.ip, startedMs);
}
