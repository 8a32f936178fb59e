// What `npm run platform -- price` is told: rates in dollars, kept in whole millionths.
import { providerKinds } from '../models/provider.ts';
import type { addModelPrice } from '../sql/model-price.ts';

type NewPrice = Parameters<typeof addModelPrice>[1];

const mostDollars = 1_000_000;

/** Null when it is nonsense. */
export function readPrice(words: readonly string[], now: Date): NewPrice | null {
  const [provider = '', model = '', asked, fromCache, answered, from, ...more] = words;
  const [input, cached, output] = [readRate(asked), readRate(fromCache), readRate(answered)];
  const validFrom = from === undefined ? now : readDay(from);
  if (more.length > 0 || validFrom === null || input === null || cached === null || output === null) return null;
  if (!providerKinds.some((kind) => kind === provider && kind !== 'compatible')) return null;
  if (!/^[\x21-\x7e]{1,150}$/.test(model)) return null;
  return { provider, model, input, cached, output, validFrom: validFrom.toISOString() };
}

/** Dollars for a million tokens. */
function readRate(word: string | undefined): number | null {
  if (word === undefined || !/^\d{1,7}(?:\.\d{1,6})?$/.test(word)) return null;
  const [whole = '0', part = ''] = word.split('.');
  const micros = Number(whole) * 1_000_000 + Number(part.padEnd(6, '0'));
  return micros <= mostDollars * 1_000_000 ? micros : null;
}

function readDay(word: string): Date | null {
  const day = new Date(`${word}T00:00:00.000Z`);
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(word) && !Number.isNaN(day.getTime());
  return isDay && day.toISOString().startsWith(word) ? day : null;
}
