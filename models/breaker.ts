// Keeps from asking where it fails again and again, and as long as a provider wished. Each process learns it by itself.
import type { ModelFailureKind } from './port.ts';

interface Held {
  readonly failures: number;
  readonly pauseMs: number;
  readonly untilMs: number;
}

const tripsAt = 5;
const firstPauseMs = 15_000;
const longestPauseMs = 600_000;
const longestWishMs = 3_600_000;
const mostKept = 10_000;
/** The others say something about the question and not about who is asked. */
const counted = new Set<ModelFailureKind>(['limited', 'unavailable', 'timeout', 'unauthorized']);

export class Breakers {
  private readonly held = new Map<string, Held>();

  /** Before this nothing is asked there; 0 when it may be asked now. */
  closedUntil(key: string, nowMs: number): number {
    const untilMs = this.held.get(key)?.untilMs ?? 0;
    return untilMs > nowMs ? untilMs : 0;
  }

  answered(key: string): void {
    this.held.delete(key);
  }

  failed(
    key: string,
    failure: { readonly kind: ModelFailureKind; readonly retryAfterMs: number | null },
    nowMs: number,
  ) {
    if (!counted.has(failure.kind)) return;
    const before = this.held.get(key) ?? { failures: 0, pauseMs: 0, untilMs: 0 };
    const failures = before.failures + 1;
    const isTripped = failures >= tripsAt;
    const pauseMs = isTripped ? Math.min(Math.max(before.pauseMs * 2, firstPauseMs), longestPauseMs) : 0;
    const wishMs = Math.min(failure.retryAfterMs ?? 0, longestWishMs);
    this.forgetOldest();
    this.held.set(key, { failures, pauseMs, untilMs: nowMs + Math.max(pauseMs, wishMs) });
  }

  private forgetOldest(): void {
    if (this.held.size < mostKept) return;
    const [oldest] = this.held.keys();
    if (oldest !== undefined) this.held.delete(oldest);
  }
}
