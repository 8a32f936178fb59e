// Session tokens: compact JWS that the server signs for itself. Made by hand and not by a library, because the door of the
// server is synchronous for callers that are known, and nothing but this one form has to be understood.
import { hkdfSync } from 'node:crypto';
import { isId } from './id.ts';
import { isSignatureOf, openSigner, type Signer } from './signing.ts';

export interface SessionClaims {
  readonly iss: string;
  readonly aud: string;
  /** The operator. */
  readonly sub: string;
  /** The tenant. */
  readonly tid: string;
  /** The session: a refreshed token has the same one. */
  readonly sid: string;
  readonly jti: string;
  /** Seconds since 1970. */
  readonly iat: number;
  readonly exp: number;
}

export const sessionAudience = 'loopledger-session';
export const tokenSeconds = 900;

/** Clocks of processes differ a little. */
const skewSeconds = 30;
const head = Buffer.from(JSON.stringify({ alg: 'EdDSA', typ: 'll-session+jwt' })).toString('base64url');
const members = ['aud', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub', 'tid'].join();

/** Every process with the master key has the same one, and it signs nothing but sessions. */
export function sessionSigner(masterKey: Buffer): Signer {
  return openSigner('session', Buffer.from(hkdfSync('sha256', masterKey, 'platform', 'session-token', 32)));
}

export function signSession(claims: SessionClaims, signer: Signer): string {
  const signed = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  return `${signed}.${signer.sign(Buffer.from(signed)).toString('base64url')}`;
}

export interface SessionReading {
  readonly signer: Signer;
  readonly issuer: string;
  readonly nowMs: number;
}

/** Null for everything that is not a token of ours in its time. The head is compared whole: it cannot choose anything. */
export function readSession(token: string, { signer, issuer, nowMs }: SessionReading): SessionClaims | null {
  const [first, body, signature, ...more] = token.split('.');
  if (first !== head || body === undefined || signature === undefined || more.length > 0) return null;
  if (!/^[A-Za-z0-9_-]{86}$/.test(signature)) return null;
  if (!isSignatureOf(signer.publicKey, `${first}.${body}`, signature)) return null;
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as SessionClaims | null;
  if (claims === null) return null;
  if (Object.keys(claims).sort().join() !== members) return null;
  const { iss, aud, sub, tid, sid, jti, iat, exp } = claims;
  if (iss !== issuer || aud !== sessionAudience || ![sub, tid, sid, jti].every(isId)) return null;
  const now = nowMs / 1_000;
  const inTime = Number.isInteger(iat) && exp - iat === tokenSeconds && iat <= now + skewSeconds && now < exp;
  return inTime ? claims : null;
}
