// Rows of what is measured once and compared with nothing.
import type { Histogram } from '../measure/histogram.ts';
import { median, type Row } from '../measure/rounds.ts';

const bare = { perSecond: null, p50Ms: null, p99Ms: null, serverCpu: null, postgresCpu: null, ratios: {}, rounds: [] };

export function rowOfRate(name: string, perSecond: number): Row {
  return { ...bare, name, perSecond };
}

export function rowOfSamples(name: string, samples: readonly number[]): Row {
  const sorted = samples.toSorted((one, other) => one - other);
  const p99Ms = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
  return { ...bare, name, p50Ms: median(sorted), p99Ms };
}

export function rowOfHistogram(name: string, latencies: Histogram, perSecond: number): Row {
  return { ...bare, name, perSecond, p50Ms: latencies.quantile(0.5), p99Ms: latencies.quantile(0.99) };
}
