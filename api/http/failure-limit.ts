// Failed authentications per remote address and minute. Callers with a key that is in force are never held up by it,
// even behind the same address; guessing is.

const windowMs = 60_000;
const maxAddresses = 10_000;

export class FailureLimit {
  private readonly limit: number;
  private counts = new Map<string, number>();
  private windowEndMs = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  isExhausted(address: string, nowMs: number): boolean {
    this.turn(nowMs);
    return (this.counts.get(address) ?? 0) >= this.limit;
  }

  count(address: string, nowMs: number): void {
    this.turn(nowMs);
    const count = this.counts.get(address) ?? 0;
    // With the table full, new addresses go uncounted until the window turns: memory is bounded, callers stay served.
    if (count === 0 && this.counts.size >= maxAddresses) return;
    this.counts.set(address, count + 1);
  }

  waitMs(nowMs: number): number {
    return Math.max(0, this.windowEndMs - nowMs);
  }

  private turn(nowMs: number): void {
    if (nowMs < this.windowEndMs) return;
    this.counts = new Map();
    this.windowEndMs = nowMs + windowMs;
  }
}
