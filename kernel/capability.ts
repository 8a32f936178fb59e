// Capabilities: grants to do one act on one story by one lineage, once. On the wire each is a compact JWS.
import { hash } from 'node:crypto';
import { canonicalJson } from './canonical.ts';
import type { Signer } from './signing.ts';

export interface CapabilityClaims {
  readonly iss: string;
  readonly aud: string;
  /** The dispatch that it is granted to. */
  readonly sub: string;
  /** The tenant. */
  readonly tid: string;
  readonly act: 'start' | 'report' | 'review' | 'verify';
  readonly story: string;
  /** The version of the story that it expects. */
  readonly ver: number;
  /** SHA-256 of the lineage. */
  readonly lin: string;
  readonly jti: string;
  /** Seconds since 1970, like the two after it. */
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
}

export interface Capability {
  readonly token: string;
  /** Lower-case hexadecimal SHA-256 of the token: what the log holds of it. */
  readonly hash: string;
}

export const capabilityType = 'll-cap+jwt';

/** Whoever is granted something is shown it at once, and a signature takes longer than all else that a claim needs. */
const recent = new WeakMap<Signer, Map<string, Capability>>();
const maxRecent = 256;

/** The same claims and key give the same token. */
export function signCapability(claims: CapabilityClaims, signer: Signer): Capability {
  const head = { alg: 'EdDSA', kid: signer.keyId, typ: capabilityType };
  const signed = `${textOf(canonicalJson(head))}.${textOf(canonicalJson({ ...claims }))}`;
  const made = recent.get(signer) ?? new Map<string, Capability>();
  recent.set(signer, made);
  const known = made.get(signed);
  if (known !== undefined) return known;
  const token = `${signed}.${signer.sign(Buffer.from(signed)).toString('base64url')}`;
  const capability = { token, hash: capabilityHash(token) };
  made.set(signed, capability);
  if (made.size > maxRecent) made.delete(made.keys().next().value ?? '');
  return capability;
}

export function capabilityHash(token: string): string {
  return hash('sha256', token, 'hex');
}

function textOf(json: string): string {
  return Buffer.from(json).toString('base64url');
}
