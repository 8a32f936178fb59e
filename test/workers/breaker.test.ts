import { test } from 'tap';
import { askedPause, retryAfter } from '../../workers/delivery-schedule.ts';
import { givenUpMs, type LaneState, nextLane, verdictOf } from '../../workers/breaker.ts';

const fresh: LaneState = {
  failures_in_row: 0,
  failing_since: null,
  closed_until: null,
  pause_s: 0,
  window_at: '-infinity',
  window_tries: 0,
  window_failures: 0,
};
const nowMs = Date.parse('2026-01-02T03:04:05.000Z');
const times = (count: number, value: boolean): boolean[] => Array.from({ length: count }, () => value);
const after = (seconds: number): string => new Date(nowMs + seconds * 1_000).toISOString();

test('ten failures in a row open the breaker, nine do not', async (t) => {
  t.equal(nextLane(fresh, times(9, false), nowMs).closed_until, null);
  t.match(nextLane(fresh, times(10, false), nowMs), { closed_until: after(30), pause_s: 30 });
  const slowly = times(10, false).reduce((lane) => nextLane(lane, [false], nowMs), fresh);
  t.equal(slowly.pause_s, 30);
});

test('seven failures of ten within five minutes open the breaker, six do not', async (t) => {
  const mixed = [false, false, true, false, false, true, false, false];
  t.equal(nextLane(fresh, [...mixed, true, false], nowMs).pause_s, 30);
  t.equal(nextLane(fresh, [...mixed, true, true, false], nowMs).pause_s, 0);
  const old = nextLane(fresh, mixed, nowMs - 301_000);
  t.equal(nextLane(old, [true, false], nowMs).pause_s, 0, 'older attempts do not count');
});

test('a probe that fails doubles the pause up to an hour, one that is taken ends it', async (t) => {
  let lane = nextLane(fresh, times(10, false), nowMs);
  const pauses = Array.from({ length: 9 }, () => (lane = nextLane(lane, [false], nowMs)).pause_s);
  t.same(pauses, [60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600]);
  const well = nextLane(lane, [true], nowMs);
  t.match(well, { pause_s: 0, closed_until: null, failures_in_row: 0, failing_since: null });
  t.equal(nextLane(well, [false], nowMs).pause_s, 0, 'what was before does not count');
});

test('five days of nothing but failure, or one 410, end it', async (t) => {
  const lane = nextLane(fresh, [false], nowMs);
  t.equal(verdictOf(lane, false, nowMs + givenUpMs - 1), null);
  t.equal(verdictOf(lane, false, nowMs + givenUpMs), 'failing');
  t.equal(verdictOf(fresh, true, nowMs), 'gone');
  t.equal(verdictOf(nextLane(lane, [true], nowMs), false, nowMs + givenUpMs), null, 'a success begins anew');
});

test('tries come after 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h, a fifth more or less', async (t) => {
  const planned = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
  planned.forEach((seconds, at) => {
    t.equal(retryAfter(at + 1, null, 0.5), seconds);
    t.equal(Math.round(retryAfter(at + 1, null, 0) as number), seconds * 0.8);
    t.equal(Math.round(retryAfter(at + 1, null, 1) as number), seconds * 1.2);
  });
  t.equal(retryAfter(10, null, 0.5), null, 'the tenth was the last');
});

test('Retry-After is honoured up to a day, and never hastens', async (t) => {
  t.equal(retryAfter(1, 120, 0.5), 120);
  t.equal(retryAfter(1, 1, 0.5), 5);
  t.equal(retryAfter(1, 1e9, 0.5), 86_400);
  t.equal(askedPause('120', nowMs), 120);
  t.equal(askedPause(new Date(nowMs + 60_000).toUTCString(), nowMs), 60);
  t.equal(askedPause(new Date(nowMs - 60_000).toUTCString(), nowMs), 0);
  for (const header of [undefined, 'soon', '-1', '']) t.equal(askedPause(header, nowMs), null, String(header));
});
