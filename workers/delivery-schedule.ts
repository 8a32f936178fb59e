// When a delivery that was not taken is tried again.

/** Seconds after the first, second … failure; after the last one there is no other try. */
const scheduleS = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] as const;
const longestS = 86_400;
const spread = 0.2;

/** Null when the tries are used up. `random` is from 0 to 1. */
export function retryAfter(tries: number, askedS: number | null, random: number): number | null {
  const planned = scheduleS[tries - 1];
  if (planned === undefined) return null;
  const spreadS = planned * (1 - spread + 2 * spread * random);
  return askedS === null ? spreadS : Math.max(spreadS, Math.min(askedS, longestS));
}

/** What a `Retry-After` header asks for: seconds, or a time. */
export function askedPause(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const ms = /^[A-Z][a-z]{2}, \d\d /.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(ms) ? null : Math.max((ms - nowMs) / 1_000, 0);
}
