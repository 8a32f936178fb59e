// The Merkle tree of RFC 6962 over the leaf hashes of a log: roots, and proofs that an entry is in it and that it only grew.
// Sizes reach beyond 32 bits, so nothing here shifts bits.
import { hash } from 'node:crypto';

export const hashBytes = 32;
export const emptyRoot = hash('sha256', '', 'buffer');

const leafMark = Buffer.from([0]);
const nodeMark = Buffer.from([1]);

export function leafHash(entry: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([leafMark, entry]), 'buffer');
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([nodeMark, left, right]), 'buffer');
}

/** A complete subtree: the `index`-th of 2^level leaves. */
export interface Node {
  readonly level: number;
  readonly index: number;
}

/** Leaves from `start` up to but not including `end`, such that they are a subtree of some tree. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The complete subtrees that a span is made of, from left to right, ever smaller. */
export function nodesOf({ start, end }: Span): Node[] {
  const nodes: Node[] = [];
  for (let at = start; at < end;) {
    const level = Math.floor(Math.log2(end - at));
    nodes.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return nodes;
}

/** The hash of a span from those of its complete subtrees. */
export function foldNodes(hashes: readonly Uint8Array[]): Buffer {
  const last = hashes.at(-1);
  if (last === undefined) return emptyRoot;
  let folded: Buffer = Buffer.from(last);
  for (let at = hashes.length - 2; at >= 0; at -= 1) folded = nodeHash(hashes[at] as Uint8Array, folded);
  return folded;
}

/** The largest power of two below n, for n > 1: where RFC 6962 splits a tree. */
function splitOf(n: number): number {
  const power = 2 ** Math.floor(Math.log2(n));
  return power === n ? n / 2 : power;
}

/** The spans whose hashes prove that the leaf is in the tree of that size, from the leaf upwards. */
export function inclusionSpans(leaf: number, size: number): Span[] {
  if (leaf < 0 || leaf >= size) throw new RangeError('a proof is for a leaf of the tree');
  const spans: Span[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (leaf < middle) {
      spans.unshift({ start: middle, end });
      end = middle;
    } else {
      spans.unshift({ start, end: middle });
      start = middle;
    }
  }
  return spans;
}

/** The spans whose hashes prove that the tree of the larger size begins with that of the smaller one. */
export function consistencySpans(from: number, to: number): Span[] {
  if (from < 1 || from > to) throw new RangeError('a proof is from a tree to one that is not smaller');
  const spans: Span[] = [];
  let [start, end] = [0, to];
  while (end > from) {
    const middle = start + splitOf(end - start);
    if (from <= middle) {
      spans.unshift({ start: middle, end });
      end = middle;
    } else {
      spans.unshift({ start, end: middle });
      start = middle;
    }
  }
  // Whoever checks the proof knows the hash of the smaller tree; only a part of it must be told.
  if (start > 0) spans.unshift({ start, end });
  return spans;
}

export interface InclusionClaim {
  readonly leaf: number;
  readonly size: number;
  readonly leafHash: Uint8Array;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** RFC 9162, 2.1.3.2. */
export function isIncluded({ leaf, size, leafHash: hashOfLeaf, root, proof }: InclusionClaim): boolean {
  if (!areSizes(leaf, size) || leaf >= size) return false;
  let [at, last] = [leaf, size - 1];
  let found: Buffer = Buffer.from(hashOfLeaf);
  for (const sibling of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      found = nodeHash(sibling, found);
      while (at % 2 === 0 && at > 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      found = nodeHash(found, sibling);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && found.equals(root);
}

export interface ConsistencyClaim {
  readonly from: number;
  readonly to: number;
  readonly fromRoot: Uint8Array;
  readonly toRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** RFC 9162, 2.1.4.2. Nothing is consistent with an empty tree, because everything is. */
export function isConsistent({ from, to, fromRoot, toRoot, proof }: ConsistencyClaim): boolean {
  if (!areSizes(from, to) || from < 1 || from > to) return false;
  if (from === to) return proof.length === 0 && Buffer.from(fromRoot).equals(toRoot);
  const path = isPowerOfTwo(from) ? [fromRoot, ...proof] : proof;
  const [first, ...rest] = path;
  if (first === undefined || proof.length === 0) return false;
  let [at, last] = [from - 1, to - 1];
  while (at % 2 === 1) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  let older: Buffer = Buffer.from(first);
  let newer = older;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      older = nodeHash(sibling, older);
      newer = nodeHash(sibling, newer);
      while (at % 2 === 0 && at > 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      newer = nodeHash(newer, sibling);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && older.equals(fromRoot) && newer.equals(toRoot);
}

function areSizes(...numbers: readonly number[]): boolean {
  return numbers.every((number) => Number.isSafeInteger(number) && number >= 0);
}

function isPowerOfTwo(n: number): boolean {
  return 2 ** Math.floor(Math.log2(n)) === n;
}

/** A tree that grows leaf by leaf and remembers no more than one hash a level. */
export class GrowingTree {
  size = 0;
  /** The complete subtrees at the right edge, largest first. */
  private readonly edge: Buffer[] = [];

  append(leaf: Uint8Array): void {
    let node: Buffer = Buffer.from(leaf);
    for (let rest = this.size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      node = nodeHash(this.edge.pop() as Buffer, node);
    }
    this.edge.push(node);
    this.size += 1;
  }

  root(): Buffer {
    return foldNodes(this.edge);
  }
}
