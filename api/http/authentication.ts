// Who a key speaks for. Keys in use are confirmed in one query every 400 ms; what was not confirmed within a second is
// not trusted, so that a revoked key stops within a second on every process, even on one that lost the database.
import type { Actor } from '../../kernel/actor.ts';
import { isKey, keyHash } from '../../kernel/secret.ts';
import { databaseUnavailable, type Database, isConnectionFailure } from '../../sql/database.ts';
import { type DirectoryKey, findKeys } from '../../sql/key-directory.ts';
import type { Quota, RateLimiter } from './rate-limit.ts';

export interface Credential {
  readonly tenantId: string;
  readonly keyId: string;
  /** Of the secret of a key, in lower-case hexadecimal; by it the key is confirmed again. */
  readonly hash?: string;
  readonly actor: Actor;
  readonly quota: Quota | null;
}

interface Entry extends Credential {
  readonly hash: string;
  /** Monotonic, like all times here: of the moment before the question was sent. */
  confirmedMs: number;
  expiresMs: number;
  usedMs: number;
}

interface Waiting {
  readonly promise: Promise<Credential | null>;
  readonly resolve: (credential: Credential | null) => void;
  readonly reject: (error: unknown) => void;
}

const confirmEveryMs = 400;
const trustMs = 1_000;
/** A key that comes now and then is confirmed for so long after its last use, so that it need not wait the next time. */
const lingerMs = 10_000;
const maxLingering = 2_000;
const forgetMs = 60_000;
const unknownMs = 1_000;
const maxUnknown = 10_000;
/** Of one question, when answers are slow. */
const maxAsked = 3;

export class Authenticator {
  private readonly database: Database;
  private readonly rates: RateLimiter;
  private readonly entries = new Map<string, Entry>();
  /** Hashes that nobody knows, with the time until which they are not asked for again. Oldest first. */
  private readonly unknown = new Map<string, number>();
  private waiting = new Map<string, Waiting>();
  private readonly asked = new Map<string, Waiting>();
  private confirming = false;
  private timer: NodeJS.Timeout | null = null;

  constructor(database: Database, rates: RateLimiter) {
    this.database = database;
    this.rates = rates;
  }

  start(): void {
    this.timer = setInterval(() => void this.confirm(), confirmEveryMs);
    this.timer.unref();
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  /** Without asking anybody: a credential, null for none in force, undefined when the database has to say. */
  peek(secret: string, nowMs: number): Credential | null | undefined {
    const known = this.peekHash(keyHash(secret), nowMs);
    return known === undefined && !isKey(secret) ? null : known;
  }

  peekHash(hash: string, nowMs: number): Credential | null | undefined {
    const entry = this.entries.get(hash);
    if (entry !== undefined && nowMs - entry.confirmedMs < trustMs) {
      if (nowMs >= entry.expiresMs) return null;
      entry.usedMs = nowMs;
      return entry;
    }
    const until = this.unknown.get(hash);
    return until !== undefined && nowMs < until ? null : undefined;
  }

  /** Asks the database; everyone who asks for the same key at the same time shares one question. */
  find(secret: string): Promise<Credential | null> {
    return this.findHash(keyHash(secret));
  }

  findHash(hash: string): Promise<Credential | null> {
    const same = this.waiting.get(hash) ?? this.asked.get(hash);
    if (same !== undefined) return same.promise;
    const { promise, resolve, reject } = Promise.withResolvers<Credential | null>();
    if (this.waiting.size === 0) setImmediate(() => void this.ask());
    this.waiting.set(hash, { promise, resolve, reject });
    return promise;
  }

  /** A change that this process made itself takes effect at once: the tenant's keys are asked for again. */
  distrust(tenantId: string): void {
    for (const entry of this.entries.values()) {
      if (entry.tenantId === tenantId) entry.confirmedMs = Number.NEGATIVE_INFINITY;
    }
    this.unknown.clear();
  }

  private async ask(): Promise<void> {
    const batch = this.waiting;
    this.waiting = new Map();
    for (const [hash, waiting] of batch) this.asked.set(hash, waiting);
    try {
      const nowMs = await this.loadFresh([...batch.keys()]);
      for (const [hash, { resolve, reject }] of batch) {
        const entry = this.entries.get(hash);
        if (entry === undefined) resolve(null);
        else if (nowMs - entry.confirmedMs >= trustMs) reject(databaseUnavailable());
        else resolve(entry);
      }
    } catch (error) {
      const reason = isConnectionFailure(error) ? databaseUnavailable() : error;
      for (const { reject } of batch.values()) reject(reason);
    } finally {
      for (const hash of batch.keys()) this.asked.delete(hash);
    }
  }

  private async confirm(): Promise<void> {
    if (this.confirming) return;
    this.confirming = true;
    const nowMs = performance.now();
    const inUse: string[] = [];
    const lingering: string[] = [];
    for (const [hash, entry] of this.entries) {
      const idleMs = nowMs - entry.usedMs;
      if (idleMs < trustMs) inUse.push(hash);
      else if (idleMs < lingerMs && lingering.length < maxLingering) lingering.push(hash);
      else if (idleMs > forgetMs) this.entries.delete(hash);
    }
    inUse.push(...lingering);
    try {
      if (inUse.length > 0) await this.load(inUse);
    } catch {
      // Unconfirmed entries lose their trust by themselves, and the next request meets the fault.
    } finally {
      this.confirming = false;
    }
  }

  /** An answer that was slow on its way is too old to be trusted, and asked for again; the time of the last one's arrival. */
  private async loadFresh(hashes: readonly string[]): Promise<number> {
    for (let asked = 1; ; asked += 1) {
      const sentMs = performance.now();
      await this.load(hashes);
      const nowMs = performance.now();
      if (nowMs - sentMs < trustMs || asked === maxAsked) return nowMs;
    }
  }

  private async load(hashes: readonly string[]): Promise<void> {
    const sentMs = performance.now();
    const found = new Map((await findKeys(this.database, hashes)).map((key) => [key.key_hash, key]));
    for (const hash of hashes) {
      const key = found.get(hash);
      if (key === undefined) this.forget(hash, sentMs);
      else this.keep(hash, key, sentMs);
    }
  }

  private forget(hash: string, sentMs: number): void {
    this.entries.delete(hash);
    this.unknown.delete(hash);
    this.unknown.set(hash, sentMs + unknownMs);
    if (this.unknown.size <= maxUnknown) return;
    for (const oldest of this.unknown.keys()) {
      this.unknown.delete(oldest);
      return;
    }
  }

  private keep(hash: string, key: DirectoryKey, sentMs: number): void {
    const expiresMs = key.expires_in_ms === null ? Number.POSITIVE_INFINITY : sentMs + key.expires_in_ms;
    const known = this.entries.get(hash);
    if (known !== undefined) {
      // A slow answer never makes an entry older than a quick one made it.
      known.confirmedMs = Math.max(known.confirmedMs, sentMs);
      known.expiresMs = expiresMs;
      return;
    }
    const { tenant_id: tenantId, key_id: keyId, agent_id, role, lineage, story_id } = key;
    this.entries.set(hash, {
      hash,
      tenantId,
      keyId,
      actor: { kind: 'key', key_id: keyId, agent_id, role, lineage, ...(story_id === null ? {} : { story_id }) },
      quota: this.rates.quotaOf(tenantId, keyId),
      confirmedMs: sentMs,
      expiresMs,
      usedMs: performance.now(),
    });
  }
}
