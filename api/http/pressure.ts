// How much work is in hand, and when more is refused: before latency collapses, not after.

/** How often the delay of the event loop is sampled. */
const sampleMs = 50;

export interface PressureLimits {
  readonly maxInFlight: number;
  readonly maxLoopDelayMs: number;
}

export class Pressure {
  inFlight = 0;
  /** Jumps up with the worst recent sample and decays within a few samples, so that one long pause sheds briefly. */
  loopDelayMs = 0;
  private readonly limits: PressureLimits;
  private timer: NodeJS.Timeout | null = null;

  constructor(limits: PressureLimits) {
    this.limits = limits;
  }

  get overloaded(): boolean {
    return this.inFlight >= this.limits.maxInFlight || this.loopDelayMs > this.limits.maxLoopDelayMs;
  }

  start(): void {
    let last = performance.now();
    this.timer = setInterval(() => {
      const now = performance.now();
      this.loopDelayMs = Math.max(now - last - sampleMs, this.loopDelayMs * 0.7);
      last = now;
    }, sampleMs);
    this.timer.unref();
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }
}
