// How well a model does, from samples: pass@k without bias, as Chen et al. (2021) estimate it.

/** The chance that one of k samples drawn from n, of which c are right, is right. Null where there are fewer than k. */
export function passAt(k: number, n: number, c: number): number | null {
  if (k > n) return null;
  let allWrong = 1;
  for (let drawn = 0; drawn < k; drawn += 1) allWrong *= Math.max(0, n - c - drawn) / (n - drawn);
  return 1 - allWrong;
}

/** Over problems; those with fewer than k samples are left out. Null when that is all of them. */
export function meanPassAt(k: number, counts: readonly { readonly n: number; readonly c: number }[]): number | null {
  const known = counts.flatMap(({ n, c }) => passAt(k, n, c) ?? []);
  return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0) / known.length;
}

export function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}
