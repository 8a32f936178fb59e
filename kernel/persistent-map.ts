// An immutable map by text. A change copies a few dozen slots instead of the whole, so that folding n facts stays linear.

type Leaf<Value> = readonly (readonly [string, Value])[];
type Branch<Value> = readonly (Leaf<Value> | undefined)[];

const width = 32;

export class PersistentMap<Value> {
  readonly size: number;
  private readonly branches: readonly (Branch<Value> | undefined)[];

  private constructor(size: number, branches: readonly (Branch<Value> | undefined)[]) {
    this.size = size;
    this.branches = branches;
  }

  static empty<Value>(): PersistentMap<Value> {
    return new PersistentMap<Value>(0, []);
  }

  get(key: string): Value | undefined {
    const hash = hashOf(key);
    const leaf = this.branches[hash % width]?.[Math.floor(hash / width) % width];
    return leaf?.find(([held]) => held === key)?.[1];
  }

  set(key: string, value: Value): PersistentMap<Value> {
    const hash = hashOf(key);
    const leaf = this.leafOf(hash);
    const others = leaf.filter(([held]) => held !== key);
    return this.replace(hash, [...others, [key, value]], others.length === leaf.length ? 1 : 0);
  }

  delete(key: string): PersistentMap<Value> {
    const hash = hashOf(key);
    const leaf = this.leafOf(hash);
    const others = leaf.filter(([held]) => held !== key);
    return others.length === leaf.length ? this : this.replace(hash, others, -1);
  }

  *entries(): Generator<readonly [string, Value]> {
    for (const branch of this.branches) for (const leaf of branch ?? []) yield* leaf ?? [];
  }

  private leafOf(hash: number): Leaf<Value> {
    return this.branches[hash % width]?.[Math.floor(hash / width) % width] ?? [];
  }

  private replace(hash: number, leaf: Leaf<Value>, growth: number): PersistentMap<Value> {
    const branches = [...this.branches];
    const branch = [...(branches[hash % width] ?? [])];
    branch[Math.floor(hash / width) % width] = leaf;
    branches[hash % width] = branch;
    return new PersistentMap(this.size + growth, branches);
  }
}

/** FNV-1a of the end, where ids are random. The server makes them, so nobody can choose them to collide. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = Math.max(0, key.length - 12); index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
