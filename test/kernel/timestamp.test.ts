import { test } from 'tap';
import { isTimestamp, normalTimestamp } from '../../kernel/timestamp.ts';

test('a time with a zone is accepted and becomes UTC with milliseconds', (t) => {
  t.ok(isTimestamp('2026-02-28T23:59:59+02:00'));
  t.equal(normalTimestamp('2026-02-28T23:59:59.5+02:00'), '2026-02-28T21:59:59.500Z');
  t.ok(isTimestamp('2024-02-29T00:00:00Z'));
  t.end();
});

test('a time that no calendar or clock shows is refused', (t) => {
  const wrong = [
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T00:00:00+24:00',
    '0000-01-01T00:00:00Z',
    '2026-01-01T00:00:00',
    '2026-01-01 00:00:00Z',
    '2026-1-1T00:00:00Z',
    '20260101T000000Z',
    'now',
    '',
  ];
  for (const text of wrong) t.notOk(isTimestamp(text), text);
  t.end();
});

test('a time outside the years that the database shows is refused, wherever its zone moves it', (t) => {
  t.notOk(isTimestamp('0001-01-01T00:00:00+01:00'));
  t.notOk(isTimestamp('9999-12-31T23:59:59-01:00'));
  t.end();
});
