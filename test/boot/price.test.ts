import { test } from 'tap';
import { readPrice } from '../../boot/price.ts';

const now = new Date('2026-01-02T03:04:05.678Z');

test('a price is told in dollars and kept in whole millionths', async (t) => {
  t.same(readPrice(['openai', 'gpt-9', '1.25', '0.125', '10'], now), {
    provider: 'openai',
    model: 'gpt-9',
    input: 1_250_000,
    cached: 125_000,
    output: 10_000_000,
    validFrom: now.toISOString(),
  });
  const later = readPrice(['anthropic', 'claude-9', '0.000001', '0', '3', '2026-03-01'], now);
  t.match(later, { input: 1, cached: 0, validFrom: '2026-03-01T00:00:00.000Z' });
});

test('what is no price is none', async (t) => {
  const nonsense = [
    [],
    ['openai', 'gpt-9', '1', '1'],
    ['openai', 'gpt-9', '1', '1', 'x'],
    ['openai', 'gpt-9', '-1', '1', '1'],
    ['openai', 'gpt-9', '1.1234567', '1', '1'],
    ['compatible', 'llama', '1', '1', '1'],
    ['openai', 'gpt 9', '1', '1', '1'],
    ['openai', 'gpt-9', '1', '1', '1', '2026-02-30'],
    ['openai', 'gpt-9', '1', '1', '1', 'soon'],
    ['openai', 'gpt-9', '1', '1', '1', '2026-03-01', 'y'],
    ['openai', 'gpt-9', '1000001', '1', '1'],
  ];
  for (const words of nonsense) t.equal(readPrice(words, now), null, words.join(' '));
});
