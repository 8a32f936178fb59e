import { test } from 'tap';
import { dearestOf } from '../../models/dearest.ts';

const tokens = { input: 1_000_000, cached: 200_000, output: 100_000 };
const endpoint = (
  name: string,
  models: { name: string; price: null | { input: number; cached: number; output: number } }[],
) => ({
  id: name,
  name,
  version: 1,
  kind: 'compatible',
  base_url: 'https://models.example/v1',
  models,
});
const cheap = { input: 100_000, cached: 10_000, output: 1_000_000 };
const dear = { input: 1_000_000, cached: 100_000, output: 2_000_000 };

test('the dearest model is found by what the tokens would have cost', (t) => {
  const endpoints = [endpoint('b', [{ name: 'large', price: dear }]), endpoint('a', [{ name: 'small', price: cheap }])];
  t.same(dearestOf({ endpoints, listed: [] }, tokens), { model: 'b/large', micros: 800_000 + 20_000 + 200_000 });
  const outputOnly = { input: 0, cached: 0, output: 1 };
  t.same(dearestOf({ endpoints, listed: [] }, outputOnly), { model: 'b/large', micros: 2 });
  t.end();
});

test('of equally dear models it is always the same one', (t) => {
  const endpoints = [endpoint('b', [{ name: 'm', price: dear }]), endpoint('a', [{ name: 'm', price: dear }])];
  t.equal(dearestOf({ endpoints, listed: [] }, tokens)?.model, 'a/m');
  t.equal(dearestOf({ endpoints: endpoints.toReversed(), listed: [] }, tokens)?.model, 'a/m');
  t.end();
});

test('a model without a price is never the dearest, and never free', (t) => {
  t.equal(dearestOf({ endpoints: [endpoint('a', [{ name: 'm', price: null }])], listed: [] }, tokens), null);
  t.equal(dearestOf({ endpoints: [], listed: [] }, tokens), null);
  t.end();
});
