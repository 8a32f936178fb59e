// Request quotas per key and per tenant, right over several processes: each takes chunks of a caller's window from the
// database and spends them by counting down. Small quotas go one by one and are exact; large ones cost next to nothing.
import type { Database } from '../../sql/database.ts';
import { type Lease, leaseRates } from '../../sql/rate-lease.ts';

export interface Bucket {
  readonly name: 'key' | 'tenant';
  readonly tenantId: string;
  readonly subjectId: string;
  /** As the server is set up, where the platform says nothing for the tenant. */
  readonly usual: number;
  /** The one that holds; known from the first lease on. */
  quota: number;
  /** Leased and not spent yet. */
  tokens: number;
  /** Monotonic; tokens die with their window. */
  windowEndMs: number;
  /** What the window still held for everybody at the last lease. */
  remaining: number;
  /** How much is asked for at a time: follows the demand. */
  chunk: number;
  leasedMs: number;
  spentMs: number;
  /** Nothing was left: not asked again before this time. */
  blockedUntilMs: number;
  pending: Promise<void> | null;
}

export interface Quota {
  readonly key: Bucket | null;
  readonly tenant: Bucket | null;
  /** The RateLimit-Policy header, and what it was made of. */
  policy: string;
  keyQuota: number | undefined;
  tenantQuota: number | undefined;
}

export interface RateOptions {
  readonly database: Database;
  readonly perKey: number | null;
  readonly perTenant: number | null;
}

export const mustAsk = -1;
const firstChunk = 8;
/** No process ever holds more than this part of a window, so that what one does not spend is not missed by another. */
const chunksPerWindow = 50;
/** A chunk should last about so long. */
const fastLeaseMs = 2_000;
const slowLeaseMs = 20_000;
/** Little is held back by a chunk of a large window: callers who come now and then would be leased for each time. */
const idleMs = 10_000;
const tightIdleMs = 1_000;
const lookMs = 1_000;
const forgetMs = 120_000;
/** While nothing is left, one look a second: others may have given back. */
const blockMs = 1_000;

export class RateLimiter {
  private readonly options: RateOptions;
  private readonly buckets = new Map<string, Bucket>();
  private wishes = new Map<Bucket, number>();
  private flushing: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(options: RateOptions) {
    this.options = options;
  }

  start(): void {
    this.timer = setInterval(() => this.giveBack(performance.now()), lookMs);
    this.timer.unref();
  }

  /** Gives back what was leased and not spent. */
  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.giveBack(Number.POSITIVE_INFINITY);
    await this.flushing?.catch(() => undefined);
  }

  quotaOf(tenantId: string, keyId: string): Quota | null {
    const { perKey, perTenant } = this.options;
    if (perKey === null && perTenant === null) return null;
    const key = perKey === null ? null : this.bucket('key', tenantId, keyId, perKey);
    const tenant = perTenant === null ? null : this.bucket('tenant', tenantId, tenantId, perTenant);
    return { key, tenant, policy: policyOf(key, tenant), keyQuota: key?.quota, tenantQuota: tenant?.quota };
  }

  /** 0: go ahead. Positive: refused for so many milliseconds. `mustAsk`: nothing is at hand, see `admitLater`. */
  admit(quota: Quota, nowMs: number): number {
    if (quota.key !== null) {
      const verdict = this.spend(quota.key, nowMs);
      if (verdict !== 0) return verdict;
    }
    if (quota.tenant === null) return 0;
    const verdict = this.spend(quota.tenant, nowMs);
    // A request that the tenant's quota refuses is not held against the key.
    if (verdict !== 0 && quota.key !== null) quota.key.tokens += 1;
    return verdict;
  }

  async admitLater(quota: Quota): Promise<number> {
    for (;;) {
      const nowMs = performance.now();
      const asked = [quota.key, quota.tenant].filter((bucket) => bucket !== null && this.lacks(bucket, nowMs));
      await Promise.all(asked.map((bucket) => this.ask(bucket as Bucket)));
      const verdict = this.admit(quota, performance.now());
      if (verdict !== mustAsk) return verdict;
    }
  }

  describe(quota: Quota, headers: string[]): void {
    const { key, tenant } = quota;
    if (key?.quota !== quota.keyQuota || tenant?.quota !== quota.tenantQuota) tellAgain(quota);
    const tight = key === null || (tenant !== null && left(tenant) < left(key)) ? (tenant as Bucket) : key;
    const seconds = Math.max(0, Math.ceil((tight.windowEndMs - performance.now()) / 1000));
    headers.push('ratelimit-policy', quota.policy, 'ratelimit', `"${tight.name}";r=${left(tight)};t=${seconds}`);
  }

  private bucket(name: Bucket['name'], tenantId: string, subjectId: string, quota: number): Bucket {
    const place = `${tenantId} ${subjectId}`;
    const known = this.buckets.get(place);
    if (known !== undefined) return known;
    const made: Bucket = {
      name,
      tenantId,
      subjectId,
      usual: quota,
      quota,
      tokens: 0,
      windowEndMs: 0,
      remaining: quota,
      chunk: Math.min(firstChunk, maxChunk(quota)),
      leasedMs: 0,
      spentMs: 0,
      blockedUntilMs: 0,
      pending: null,
    };
    this.buckets.set(place, made);
    return made;
  }

  private spend(bucket: Bucket, nowMs: number): number {
    if (nowMs >= bucket.windowEndMs) return mustAsk;
    if (bucket.tokens > 0) {
      bucket.tokens -= 1;
      bucket.spentMs = nowMs;
      if (bucket.tokens < bucket.chunk >> 1 && bucket.pending === null && bucket.remaining > 0)
        void this.ask(bucket).catch(() => undefined);
      return 0;
    }
    if (nowMs < bucket.blockedUntilMs) return bucket.windowEndMs - nowMs;
    return mustAsk;
  }

  private lacks(bucket: Bucket, nowMs: number): boolean {
    return nowMs >= bucket.windowEndMs || (bucket.tokens <= 0 && nowMs >= bucket.blockedUntilMs);
  }

  private ask(bucket: Bucket): Promise<void> {
    if (bucket.pending !== null) return bucket.pending;
    if (this.takeBack(bucket)) return Promise.resolve();
    const nowMs = performance.now();
    const sinceMs = nowMs - bucket.leasedMs;
    if (sinceMs < fastLeaseMs) bucket.chunk = Math.min(bucket.chunk * 2, maxChunk(bucket.quota));
    else if (sinceMs > slowLeaseMs) bucket.chunk = Math.max(1, bucket.chunk >> 1);
    bucket.leasedMs = nowMs;
    this.wishes.set(bucket, bucket.chunk);
    const pending = this.flush().finally(() => {
      bucket.pending = null;
    });
    bucket.pending = pending;
    return pending;
  }

  /** Tokens that are about to be given back are nearer than any lease. */
  private takeBack(bucket: Bucket): boolean {
    const wish = this.wishes.get(bucket);
    if (wish === undefined || wish >= 0) return false;
    bucket.tokens -= wish;
    this.wishes.delete(bucket);
    return true;
  }

  /** All wishes of one turn of the event loop go in one call. */
  private flush(): Promise<void> {
    if (this.flushing !== null) return this.flushing;
    this.flushing = new Promise((resolve, reject) => {
      setImmediate(() => {
        const wishes = this.wishes;
        this.wishes = new Map();
        this.flushing = null;
        this.lease(wishes).then(resolve, reject);
      });
    });
    return this.flushing;
  }

  private async lease(wishes: ReadonlyMap<Bucket, number>): Promise<void> {
    const sentMs = performance.now();
    const buckets = [...wishes.keys()];
    if (buckets.length === 0) return;
    const leases = await leaseRates(
      this.options.database,
      buckets.map((bucket) => ({
        tenantId: bucket.tenantId,
        subjectId: bucket.subjectId,
        quota: bucket.usual,
        wanted: wishes.get(bucket) as number,
      })),
    );
    buckets.forEach((bucket, index) => {
      const lease = leases[index] as Lease;
      bucket.quota = lease.quota;
      bucket.chunk = Math.min(bucket.chunk, maxChunk(lease.quota));
      if ((wishes.get(bucket) as number) < 0) bucket.remaining = lease.remaining;
      else keepLease(bucket, lease, sentMs);
    });
  }

  private giveBack(nowMs: number): void {
    for (const [id, bucket] of this.buckets) {
      if (nowMs - bucket.spentMs < idleOf(bucket)) continue;
      // Of a window that is over there is nothing to give back: it would be taken off the next one's count.
      if (performance.now() >= bucket.windowEndMs) bucket.tokens = 0;
      if (bucket.tokens > 0 && bucket.pending === null) {
        this.wishes.set(bucket, -bucket.tokens);
        bucket.tokens = 0;
        this.flush().catch(() => undefined);
      } else if (nowMs - bucket.spentMs > forgetMs) {
        this.buckets.delete(id);
      }
    }
  }
}

/** Where a window is nearly spent, others may be waiting for what is held here. */
function idleOf({ remaining, quota }: Bucket): number {
  return remaining < quota / 4 ? tightIdleMs : idleMs;
}

function policyOf(...buckets: readonly (Bucket | null)[]): string {
  const known = buckets.filter((bucket) => bucket !== null);
  return known.map(({ name, quota }) => `"${name}";q=${quota};w=60`).join(', ');
}

/** The platform may say another quota at any time. */
function tellAgain(quota: Quota): void {
  const { key, tenant } = quota;
  quota.policy = policyOf(key, tenant);
  quota.keyQuota = key?.quota;
  quota.tenantQuota = tenant?.quota;
}

function maxChunk(quota: number): number {
  return Math.max(1, Math.floor(quota / chunksPerWindow));
}

function left(bucket: Bucket): number {
  return Math.max(0, bucket.remaining + bucket.tokens);
}

/** Measured from when the question was sent, so that a window here never outlives the one in the database. */
function keepLease(bucket: Bucket, lease: Lease, sentMs: number): void {
  const endMs = sentMs + lease.reset_ms;
  const sameWindow = Math.abs(endMs - bucket.windowEndMs) < 5_000;
  const kept = sameWindow ? bucket.tokens : 0;
  bucket.tokens = kept + Math.max(0, lease.granted);
  bucket.windowEndMs = endMs;
  bucket.remaining = lease.remaining;
  bucket.blockedUntilMs = lease.granted > 0 ? 0 : Math.min(endMs, performance.now() + blockMs);
}
