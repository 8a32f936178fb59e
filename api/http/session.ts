// Sessions at the door: a signed token in a cookie says which one, and the database says whether it is still in force.
// What was not confirmed within a second is not trusted, as with keys.
import type { Actor } from '../../kernel/actor.ts';
import { newId } from '../../kernel/id.ts';
import {
  readSession,
  sessionAudience,
  type SessionClaims,
  sessionSigner,
  signSession,
  tokenSeconds,
} from '../../kernel/session-token.ts';
import type { Signer } from '../../kernel/signing.ts';
import { findSession } from '../../projections/session.ts';
import { databaseUnavailable, type Database, isConnectionFailure } from '../../sql/database.ts';
import type { Credential } from './authentication.ts';
import type { RateLimiter } from './rate-limit.ts';

const trustMs = 1_000;
const maxEntries = 10_000;

export interface SessionsOptions {
  readonly database: Database;
  readonly rates: RateLimiter;
  readonly masterKey: Buffer;
  readonly issuer: string;
  readonly secure: boolean;
}

interface Entry {
  readonly credential: Credential;
  readonly confirmedMs: number;
  readonly expiresMs: number;
}

export interface IssuedToken {
  readonly cookie: string;
  readonly expires_at: string;
}

export class Sessions {
  private readonly options: SessionsOptions;
  private readonly signer: Signer;
  private readonly cookieName: string;
  private readonly cookieRules: string;
  /** By session; oldest first. */
  private readonly entries = new Map<string, Entry>();

  constructor(options: SessionsOptions) {
    this.options = options;
    this.signer = sessionSigner(options.masterKey);
    // Browsers take the prefix only for cookies that are secure, and those only over https.
    this.cookieName = options.secure ? '__Host-ll_session' : 'll_session';
    this.cookieRules = `Path=/; HttpOnly; SameSite=Lax${options.secure ? '; Secure' : ''}`;
  }

  issue(tenantId: string, operatorId: string, sessionId: string): IssuedToken {
    const iat = Math.floor(Date.now() / 1_000);
    const exp = iat + tokenSeconds;
    const whose = { sub: operatorId, tid: tenantId, sid: sessionId, jti: newId() };
    const token = signSession({ iss: this.options.issuer, aud: sessionAudience, ...whose, iat, exp }, this.signer);
    return {
      cookie: `${this.cookieName}=${token}; Max-Age=${tokenSeconds}; ${this.cookieRules}`,
      expires_at: new Date(exp * 1_000).toISOString(),
    };
  }

  get clearing(): string {
    return `${this.cookieName}=; Max-Age=0; ${this.cookieRules}`;
  }

  /** The token among the cookies; null when there is none, or more than one. */
  tokenOf(cookies: string | undefined): string | null {
    if (cookies === undefined) return null;
    const prefix = `${this.cookieName}=`;
    const found = cookies.split(';').filter((cookie) => cookie.trimStart().startsWith(prefix));
    const [only] = found;
    return only === undefined || found.length > 1 ? null : only.trim().slice(prefix.length);
  }

  /** As with keys: null for none in force, undefined when the database has to say. */
  peek(token: string, nowMs: number): Credential | null | undefined {
    const claims = this.read(token);
    if (claims === null) return null;
    const entry = this.entries.get(claims.sid);
    if (entry === undefined || nowMs - entry.confirmedMs >= trustMs) return undefined;
    return nowMs < entry.expiresMs && entry.credential.tenantId === claims.tid ? entry.credential : null;
  }

  async find(token: string): Promise<Credential | null> {
    const claims = this.read(token);
    if (claims === null) return null;
    const confirmedMs = performance.now();
    this.entries.delete(claims.sid);
    try {
      const row = await findSession(this.options.database, claims.tid, claims.sid);
      if (row === null || row.operator_id !== claims.sub) return null;
      const credential = this.credentialOf(claims);
      this.keep(claims.sid, { credential, confirmedMs, expiresMs: confirmedMs + row.expires_in_ms });
      return credential;
    } catch (error) {
      throw isConnectionFailure(error) ? databaseUnavailable() : error;
    }
  }

  /** A change that this process made itself takes effect at once. */
  distrust(tenantId: string): void {
    for (const [id, { credential }] of this.entries) if (credential.tenantId === tenantId) this.entries.delete(id);
  }

  private read(token: string): SessionClaims | null {
    try {
      return readSession(token, { signer: this.signer, issuer: this.options.issuer, nowMs: Date.now() });
    } catch {
      return null;
    }
  }

  private credentialOf({ tid: tenantId, sid, sub }: SessionClaims): Credential {
    const person = { operator_id: sub, session_id: sid };
    const actor: Actor = { kind: 'session', key_id: null, agent_id: null, role: 'user', lineage: [], ...person };
    return { tenantId, keyId: sid, actor, quota: this.options.rates.quotaOf(tenantId, sid) };
  }

  private keep(id: string, entry: Entry): void {
    this.entries.set(id, entry);
    if (this.entries.size <= maxEntries) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      return;
    }
  }
}
