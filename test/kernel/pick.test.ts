import { test } from 'tap';
import { commitmentOf } from '../../kernel/draw.ts';
import { chooseFrom, isHonestPick } from '../../kernel/pick.ts';
import { idOf } from '../support/given.ts';

const pool = [1, 2, 3, 4, 5].map((number) => idOf(number));
const lot = { act: 'verify', story_id: idOf(9), pool };
const seedNumber = (number: number): string => number.toString(16).padStart(64, '0');

test('each of a pool is chosen about as often as every other', (t) => {
  const counts = new Map(pool.map((id) => [id, 0]));
  for (let number = 0; number < 5_000; number += 1) {
    const chosen = chooseFrom(seedNumber(number), lot);
    counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
  }
  for (const [id, count] of counts) t.ok(count > 880 && count < 1_120, `${id} was chosen ${count} times`);
  t.end();
});

test('the choice hangs on the seed, the pool, the story and the act', (t) => {
  const differs = (told: Partial<typeof lot>): boolean =>
    Array.from({ length: 40 }, (_, number) => seedNumber(number)).some(
      (seed) => chooseFrom(seed, { ...lot, ...told }) !== chooseFrom(seed, lot),
    );
  t.ok(differs({ act: 'review' }));
  t.ok(differs({ story_id: idOf(10) }));
  t.ok(differs({ pool: pool.slice(1) }));
  t.notOk(differs({}));
  t.throws(() => chooseFrom(seedNumber(1), { ...lot, pool: [] }));
  t.end();
});

test('a pick that was bent is found by whoever recomputes it', (t) => {
  const seed = seedNumber(7);
  const commitment = commitmentOf(seed);
  const honest = { ...lot, seed, chosen: chooseFrom(seed, lot) };
  const other = pool.find((id) => id !== honest.chosen) as string;
  t.ok(isHonestPick(honest, commitment));
  t.notOk(isHonestPick({ ...honest, chosen: other }, commitment), 'another choice');
  t.notOk(isHonestPick({ ...honest, seed: seedNumber(8) }, commitment), 'another seed');
  t.notOk(isHonestPick(honest, commitmentOf(seedNumber(8))), 'a seed that nobody committed to');
  t.notOk(isHonestPick({ ...honest, pool: pool.toReversed() }, commitment), 'an arranged pool');
  t.notOk(isHonestPick({ ...honest, pool: [] }, commitment), 'an empty pool');
  t.end();
});
