import { test } from 'tap';
import { Breakers } from '../../models/breaker.ts';

const unavailable = { kind: 'unavailable', retryAfterMs: null } as const;

test('a breaker closes after failures in a row, for longer each time, until an answer comes', async (t) => {
  const breakers = new Breakers();
  for (let n = 0; n < 4; n += 1) breakers.failed('a', unavailable, 1_000);
  t.equal(breakers.closedUntil('a', 1_000), 0);
  breakers.failed('a', unavailable, 1_000);
  t.equal(breakers.closedUntil('a', 1_000), 16_000);
  t.equal(breakers.closedUntil('b', 1_000), 0, 'each endpoint has its own');
  t.equal(breakers.closedUntil('a', 16_000), 0, 'then it is tried once more');
  breakers.failed('a', unavailable, 16_000);
  t.equal(breakers.closedUntil('a', 16_000), 46_000);
  breakers.answered('a');
  breakers.failed('a', unavailable, 50_000);
  t.equal(breakers.closedUntil('a', 50_000), 0);
});

test('a provider is left alone for as long as it wished, within reason', async (t) => {
  const breakers = new Breakers();
  breakers.failed('a', { kind: 'limited', retryAfterMs: 7_000 }, 1_000);
  t.equal(breakers.closedUntil('a', 1_000), 8_000);
  breakers.failed('b', { kind: 'limited', retryAfterMs: 1e12 }, 0);
  t.equal(breakers.closedUntil('b', 1), 3_600_000);
});

test('a failure of the question says nothing of who was asked', async (t) => {
  const breakers = new Breakers();
  for (let n = 0; n < 20; n += 1) breakers.failed('a', { kind: 'invalid', retryAfterMs: 5_000 }, 1_000);
  t.equal(breakers.closedUntil('a', 1_000), 0);
});
