import { test } from 'tap';
import { newId } from '../../kernel/id.ts';
import { PersistentMap } from '../../kernel/persistent-map.ts';
import { startChance } from '../hardening/random.ts';

test('a persistent map holds what a plain one holds, after any changes', (t) => {
  const chance = startChance();
  t.comment(`seed ${chance.seed}`);
  const keys = Array.from({ length: 400 }, () => newId());
  const plain = new Map<string, number>();
  let map = PersistentMap.empty<number>();
  for (let step = 0; step < 5_000; step += 1) {
    const key = chance.pick(keys);
    if (chance.integer(3) === 0) {
      map = map.delete(key);
      plain.delete(key);
    } else {
      map = map.set(key, step);
      plain.set(key, step);
    }
  }
  t.equal(map.size, plain.size);
  t.strictSame(
    keys.map((key) => map.get(key)),
    keys.map((key) => plain.get(key)),
  );
  t.end();
});

test('a persistent map that was changed leaves the one before it as it was', (t) => {
  const before = PersistentMap.empty<string>().set('a', 'one');
  const after = before.set('a', 'two').set('b', 'three');
  t.strictSame([before.get('a'), before.get('b'), before.size], ['one', undefined, 1]);
  t.strictSame([after.get('a'), after.get('b'), after.size], ['two', 'three', 2]);
  t.strictSame([after.delete('a').get('a'), after.get('a')], [undefined, 'two']);
  t.end();
});
