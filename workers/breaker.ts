// When a webhook is left alone, and when it is given up: pure arithmetic on how its attempts went.

export interface LaneState {
  readonly failures_in_row: number;
  /** RFC 3339; of the first failure after the last success. */
  readonly failing_since: string | null;
  /** Nothing is sent before this. */
  readonly closed_until: string | null;
  /** Seconds for which it was left alone last; 0 while all is well. */
  readonly pause_s: number;
  readonly window_at: string;
  readonly window_tries: number;
  readonly window_failures: number;
}

export type Verdict = 'gone' | 'failing' | 'recovered';

const windowMs = 300_000;
const tripsAtOnce = 10;
const leastTries = 10;
const tripShare = 0.7;
const firstPauseS = 30;
const longestPauseS = 3_600;
export const givenUpMs = 5 * 86_400_000;

export function nextLane(lane: LaneState, outcomes: readonly boolean[], nowMs: number): LaneState {
  let state = windowOf(lane, nowMs);
  for (const isTaken of outcomes) state = isTaken ? taken(state) : failed(state, nowMs);
  return outcomes.at(-1) === false ? tripped(state, nowMs) : state;
}

/** Null when there is nothing to say. */
export function verdictOf(lane: LaneState, isGone: boolean, nowMs: number): Exclude<Verdict, 'recovered'> | null {
  if (isGone) return 'gone';
  if (lane.failing_since === null) return null;
  return nowMs - Date.parse(lane.failing_since) >= givenUpMs ? 'failing' : null;
}

function windowOf(lane: LaneState, nowMs: number): LaneState {
  // A window that was never opened has no time, and compares with nothing.
  if (nowMs - Date.parse(lane.window_at) < windowMs) return lane;
  return { ...lane, window_at: new Date(nowMs).toISOString(), window_tries: 0, window_failures: 0 };
}

function taken(lane: LaneState): LaneState {
  const wasLeftAlone = lane.pause_s > 0;
  return {
    ...lane,
    failures_in_row: 0,
    failing_since: null,
    closed_until: null,
    pause_s: 0,
    window_tries: wasLeftAlone ? 1 : lane.window_tries + 1,
    window_failures: wasLeftAlone ? 0 : lane.window_failures,
  };
}

function failed(lane: LaneState, nowMs: number): LaneState {
  return {
    ...lane,
    failures_in_row: lane.failures_in_row + 1,
    failing_since: lane.failing_since ?? new Date(nowMs).toISOString(),
    window_tries: lane.window_tries + 1,
    window_failures: lane.window_failures + 1,
  };
}

function tripped(lane: LaneState, nowMs: number): LaneState {
  const isMostlyFailing = lane.window_tries >= leastTries && lane.window_failures >= tripShare * lane.window_tries;
  if (lane.pause_s === 0 && lane.failures_in_row < tripsAtOnce && !isMostlyFailing) return lane;
  const pause_s = lane.pause_s === 0 ? firstPauseS : Math.min(lane.pause_s * 2, longestPauseS);
  return { ...lane, pause_s, closed_until: new Date(nowMs + pause_s * 1_000).toISOString() };
}
