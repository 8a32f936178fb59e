// Latencies in buckets that are never wider than 1/32 of their value; recording one costs a few nanoseconds.

const bucketCount = 1024;

export class Histogram {
  private readonly counts: Uint32Array;
  total = 0;

  constructor(counts: readonly number[] = []) {
    this.counts = new Uint32Array(bucketCount);
    counts.forEach((count, index) => {
      this.counts[index] = count;
      this.total += count;
    });
  }

  record(ms: number): void {
    const index = Math.min(indexOf(Math.round(ms * 1000)), bucketCount - 1);
    this.counts[index] = (this.counts[index] as number) + 1;
    this.total += 1;
  }

  /** In milliseconds; 0 when nothing was recorded. */
  quantile(share: number): number {
    const wanted = Math.max(1, Math.ceil(this.total * share));
    let seen = 0;
    for (let index = 0; index < bucketCount; index += 1) {
      seen += this.counts[index] as number;
      if (seen >= wanted) return valueOf(index) / 1000;
    }
    return 0;
  }

  toCounts(): number[] {
    const last = this.counts.findLastIndex((count) => count > 0);
    return [...this.counts.subarray(0, last + 1)];
  }
}

function indexOf(microseconds: number): number {
  if (microseconds < 64) return Math.max(0, microseconds);
  const shift = 26 - Math.clz32(microseconds);
  return (shift << 5) + (microseconds >>> shift);
}

function valueOf(index: number): number {
  if (index < 64) return index;
  const shift = (index >> 5) - 1;
  return ((index - (shift << 5)) << shift) + (1 << shift) / 2;
}
