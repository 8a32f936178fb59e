// Chance that can be repeated: every run prints its seed, and takes it back from LOOPLEDGER_TEST_SEED.
import { randomInt } from 'node:crypto';

export interface Chance {
  readonly seed: number;
  /** From 0 up to, and without, `below`. */
  integer(below: number): number;
  pick<Item>(items: readonly Item[]): Item;
}

export function startChance(seed = givenSeed() ?? randomInt(2 ** 31)): Chance {
  let state = seed;
  // Mulberry32: small, fast, and the same everywhere.
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const integer = (below: number): number => Math.floor((next() / 2 ** 32) * below);
  return { seed, integer, pick: (items) => items[integer(items.length)] as (typeof items)[number] };
}

function givenSeed(): number | undefined {
  const given = process.env['LOOPLEDGER_TEST_SEED'];
  return given === undefined ? undefined : Number(given);
}
