// Picks: which of a pool a seed chooses, so that anybody who reads the log can choose again and compare.
import { createHmac } from 'node:crypto';
import { canonicalJson } from './canonical.ts';
import { commitmentOf } from './draw.ts';

/** What is drawn for. The pool is part of it: another pool is another draw. */
export interface Lot {
  readonly act: string;
  readonly story_id: string;
  /** In ascending order, so that nobody chooses by arranging it. */
  readonly pool: readonly string[];
}

export interface Pick extends Lot {
  readonly chosen: string;
  /** Revealed with the pick. */
  readonly seed: string;
}

/** All 256 bits are taken, so that no place of a pool is favoured by more than one part in 2^240. */
export function chooseFrom(seed: string, { act, story_id, pool }: Lot): string {
  if (pool.length === 0) throw new Error('nobody can be chosen from an empty pool');
  const text = createHmac('sha256', Buffer.from(seed, 'hex'))
    .update(canonicalJson({ act, pool, story_id }))
    .digest('hex');
  return pool[Number(BigInt(`0x${text}`) % BigInt(pool.length))] as string;
}

/** Whether the seed is the one that was committed to before, and the choice the one that it makes. */
export function isHonestPick(pick: Pick, commitment: string): boolean {
  if (commitmentOf(pick.seed) !== commitment || pick.pool.length === 0) return false;
  const isSorted = pick.pool.every((id, at) => at === 0 || (pick.pool[at - 1] as string) < id);
  return isSorted && chooseFrom(pick.seed, pick) === pick.chosen;
}
