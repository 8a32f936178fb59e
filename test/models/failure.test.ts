import { test } from 'tap';
import { failureOf, retryAfterOf } from '../../models/failure.ts';

const nowMs = Date.parse('2026-01-02T03:04:05.000Z');

test('the time to come again is in seconds, a date, or milliseconds', async (t) => {
  const table: readonly (readonly [Record<string, string>, number | null])[] = [
    [{ 'retry-after': '2' }, 2_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Fri, 02 Jan 2026 03:04:15 GMT' }, 10_000],
    [{ 'retry-after': 'Fri, 02 Jan 2026 03:04:00 GMT' }, 0],
    [{ 'retry-after': '2', 'retry-after-ms': '1500' }, 1_500],
    [{ 'retry-after': 'soon' }, null],
    [{}, null],
  ];
  for (const [headers, expected] of table) t.equal(retryAfterOf(headers, nowMs), expected, JSON.stringify(headers));
});

test('what a provider says in the middle of a stream is told apart', async (t) => {
  const heard = { text: 'abc', tokens: null };
  const table = [
    [{ type: 'overloaded_error', message: 'x' }, 'unavailable'],
    [{ type: 'rate_limit_error' }, 'limited'],
    [{ type: 'authentication_error' }, 'unauthorized'],
    ['something', 'unavailable'],
    [new Error('no such part'), 'invalid'],
  ] as const;
  for (const [error, kind] of table) t.match(failureOf(error, heard), { kind, isFree: false, text: 'abc' });
});

test('a connection that was never made cost nothing; one that broke may have', async (t) => {
  const caused = (code: string) =>
    new TypeError('fetch failed', { cause: Object.assign(new Error('inner'), { code }) });
  const heard = { text: '', tokens: null };
  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'target_refused']) {
    t.match(failureOf(caused(code), heard), { kind: 'unavailable', isFree: true });
  }
  t.match(failureOf(caused('UND_ERR_CONNECT_TIMEOUT'), heard), { kind: 'timeout', isFree: true });
  t.match(failureOf(caused('ECONNRESET'), heard), { isFree: false });
});
