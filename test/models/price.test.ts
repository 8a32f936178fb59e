import { test } from 'tap';
import { costOf, mostOf, priceOf } from '../../models/price.ts';
import { questionOf } from '../support/model-server.ts';

const rates = { input: 3_000_000, cached: 300_000, output: 15_000_000 };
const tokens = { input: 1_000, cached: 0, output: 100, reasoning: 0 };
const endpoint = { id: 'e', version: 3, kind: 'openai', base_url: 'https://api.openai.com/v1' };
const named = (name: string, price: typeof rates | null = null) => ({ ...endpoint, models: [{ name, price }] });

test('a call costs its tokens, and never a part of a millionth', async (t) => {
  t.equal(costOf(rates, tokens), 4_500);
  t.equal(costOf(rates, { ...tokens, cached: 1_000 }), 1_800);
  t.equal(costOf({ input: 1, cached: 1, output: 1 }, tokens), 1);
  t.equal(costOf({ input: 0, cached: 0, output: 0 }, tokens), 0);
});

test('nothing that is asked and allowed can cost more than what is held', async (t) => {
  const request = questionOf('äöü 🎈'.repeat(50), { maxOutputTokens: 100 });
  const bytes = Buffer.byteLength(request.messages.map(({ text }) => text).join(''));
  const dearest = costOf(rates, { input: bytes, cached: 0, output: 100, reasoning: 0 });
  t.ok(mostOf(rates, request) >= dearest);
  t.ok(mostOf({ ...rates, cached: 9_000_000 }, request) > mostOf(rates, request), 'a cache may be dearer');
  const shape = { name: 'x', schema: {} };
  t.ok(mostOf(rates, { ...request, shape }) > mostOf(rates, request));
});

test('a price is the endpoint’s own, or of the list, or of the seed, or not known', async (t) => {
  const listed = [{ ...rates, id: 'p-1', provider: 'openai', model: 'gpt-4o' }];
  t.match(priceOf(named('gpt-4o', rates), 'gpt-4o', listed), { version: 'endpoint e v3' });
  t.match(priceOf(named('gpt-4o'), 'gpt-4o', listed), { rates, version: 'list p-1' });
  t.match(priceOf(named('gpt-4o-2024-08-06'), 'gpt-4o-2024-08-06', listed), { version: 'list p-1' });
  t.match(priceOf(named('gpt-4o-mini'), 'gpt-4o-mini', listed), { version: /^seed / });
  t.equal(priceOf(named('gpt-99'), 'gpt-99', listed), null);
  t.equal(priceOf(named('gpt-4o-audio'), 'gpt-4o-audio', listed), null, 'a name that begins alike is another model');
  const elsewhere = { ...named('gpt-4o'), base_url: 'https://api.openai.com.example.org/v1' };
  t.equal(priceOf(elsewhere, 'gpt-4o', listed), null, 'another house has other prices');
  t.equal(priceOf({ ...named('gpt-4o'), kind: 'compatible' }, 'gpt-4o', listed), null);
  t.match(priceOf({ ...named('demo'), kind: 'scripted', base_url: null }, 'demo', []), { version: null });
});
