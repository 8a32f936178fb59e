// Sandboxes that are made before anybody asks. Each is used once and then gone.
import type { Vessel } from './attempt.ts';

export class VesselPool<Kind extends Vessel> {
  private readonly make: () => Promise<Kind>;
  private readonly size: number;
  private readonly maxAgeMs: number;
  private ready: { readonly vessel: Kind; readonly madeAt: number; alive: boolean }[] = [];
  private readonly making = new Set<Promise<void>>();
  private closed = false;

  constructor(options: { readonly make: () => Promise<Kind>; readonly size: number; readonly maxAgeMs?: number }) {
    this.make = options.make;
    this.size = options.size;
    this.maxAgeMs = options.maxAgeMs ?? 600_000;
  }

  /** How many wait. */
  get waiting(): number {
    return this.ready.length;
  }

  async take(): Promise<Kind> {
    this.dropOld();
    const taken = this.ready.shift();
    const vessel = taken?.vessel ?? (await this.make());
    this.refill();
    return vessel;
  }

  /** Makes what is missing, behind whoever asked. */
  refill(): void {
    while (!this.closed && this.ready.length + this.making.size < this.size) this.makeOne();
  }

  /** Renews what has waited for too long or has died. */
  refresh(): void {
    this.dropOld();
    this.refill();
  }

  /** When the pool is full, or as full as it gets. */
  async settled(): Promise<void> {
    await Promise.all(this.making);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.settled();
    const left = this.ready.splice(0);
    await Promise.all(left.map(({ vessel }) => vessel.discard()));
  }

  private makeOne(): void {
    const one = this.make().then(
      (vessel) => void this.keep(vessel),
      // Whoever asks next makes one for itself and is told why that does not work.
      () => undefined,
    );
    this.making.add(one);
    void one.finally(() => this.making.delete(one));
  }

  private async keep(vessel: Kind): Promise<void> {
    if (this.closed) return vessel.discard();
    const kept = { vessel, madeAt: Date.now(), alive: true };
    this.ready.push(kept);
    await Promise.race([vessel.ended, vessel.lost ?? vessel.ended]);
    kept.alive = false;
  }

  private dropOld(): void {
    const stale = this.ready.filter(({ alive, madeAt }) => !alive || Date.now() - madeAt > this.maxAgeMs);
    this.ready = this.ready.filter((one) => !stale.includes(one));
    for (const { vessel } of stale) void vessel.discard();
  }
}
