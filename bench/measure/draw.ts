// Which request comes next: all equally likely, or the first ones far likelier than the last.
import type { Spread } from './job.ts';

/** Of Zipf's law; 1 is what is usually found where many share a service. */
const skew = 1;

/** Draws indices below `count`. The draws are the same in every run. */
export function makeDraw(count: number, spread: Spread): () => number {
  const random = makeRandom(count);
  if (spread === 'uniform') return () => Math.floor(random() * count);
  const bounds = cumulate(count);
  return () => find(bounds, random());
}

/** Draws of every `step`-th index below `count`, beginning with `first`. */
export function makeSortedDraw(
  { count, first, step }: { readonly count: number; readonly first: number; readonly step: number },
  spread: Spread,
): () => number {
  const draw = makeDraw(Math.ceil((count - first) / step), spread);
  return () => first + draw() * step;
}

function cumulate(count: number): Float64Array {
  const bounds = new Float64Array(count);
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    sum += 1 / (index + 1) ** skew;
    bounds[index] = sum;
  }
  return bounds.map((bound) => bound / sum);
}

function find(bounds: Float64Array, value: number): number {
  let low = 0;
  let high = bounds.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bounds[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A small generator with a seed, so that every contender meets the same sequence. */
function makeRandom(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
