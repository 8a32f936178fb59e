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

/** The same claims and key give the same token. */
export function signCapability(claims: CapabilityClaims, signer: Signer): Capability {
  const head = { alg: 'EdDSA', kid: signer.keyId, typ: capabilityType };
  const signed = `${textOf(canonicalJson(head))}.${textOf(canonicalJson({ ...claims }))}`;
  const token = `${signed}.${signer.sign(Buffer.from(signed)).toString('base64url')}`;
  return { token, hash: capabilityHash(token) };
}

export function capabilityHash(token: string): string {
  return hash('sha256', token, 'hex');
}

function textOf(json: string): string {
  return Buffer.from(json).toString('base64url');
}
