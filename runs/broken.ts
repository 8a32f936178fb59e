// How often a sandbox may break on our side before a run ends, and how long the run rests in between: an engine that starts
// again takes a while.

/** In a row. */
export const maxBroken = 5;
const firstRestMs = 1_000;

/** When a run goes on whose sandbox broke so many times in a row, from 1: after 1, 4, 16 and 64 s. */
export function restUntilMs(broken: number, nowMs: number): number {
  return nowMs + firstRestMs * 4 ** (broken - 1);
}
