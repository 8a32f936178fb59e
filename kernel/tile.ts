// Tiles of a log's tree as c2sp.org/tlog-tiles has them: 256 hashes of one level side by side, and where each is found.
import { foldNodes, hashBytes, type Node, nodeHash, nodesOf } from './merkle.ts';

export const tileWidth = 256;
const tileHeight = 8;

export interface TileName {
  /** In tiles: the hashes of level l stand for subtrees of 256^l leaves. */
  readonly level: number;
  readonly index: number;
}

export interface TilePath extends TileName {
  /** 256 for a full tile. */
  readonly width: number;
}

const segment = /^\d{3}$/;
const outerSegment = /^x\d{3}$/;

/** `x001/x234/067` and `x001/x234/067.p/8`, as the parts between the slashes. Null for every other spelling. */
export function parseTilePath(level: string, parts: readonly string[]): TilePath | null {
  if (!/^(?:0|[1-9]\d?)$/.test(level) || Number(level) > 63) return null;
  const whole = [...parts];
  const last = whole.at(-2)?.endsWith('.p') === true ? whole.pop() : undefined;
  if (last !== undefined) whole.push((whole.pop() as string).slice(0, -2));
  const width = last === undefined ? tileWidth : partialWidth(last);
  const inner = whole.pop();
  if (width === null || inner === undefined || !segment.test(inner)) return null;
  if (!whole.every((part) => outerSegment.test(part)) || whole[0] === 'x000') return null;
  const index = Number([...whole.map((part) => part.slice(1)), inner].join(''));
  return Number.isSafeInteger(index) ? { level: Number(level), index, width } : null;
}

function partialWidth(text: string): number | null {
  const width = Number(text);
  return /^[1-9]\d{0,2}$/.test(text) && width < tileWidth ? width : null;
}

export function tilePath({ level, index, width }: TilePath): string {
  const digits = String(index);
  const parts = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) as string[];
  const name = parts.map((part, at) => (at === parts.length - 1 ? part : `x${part}`)).join('/');
  return `${level}/${name}${width === tileWidth ? '' : `.p/${width}`}`;
}

/** How many hashes of the level a log of that size has. */
export function levelWidth(level: number, size: number): number {
  return Math.floor(size / tileWidth ** level);
}

/** The tile that a complete subtree can be made from, and its hashes there. */
export function tileOf({ level, index }: Node): TileName & { readonly from: number; readonly count: number } {
  const tileLevel = Math.floor(level / tileHeight);
  const count = 2 ** (level - tileLevel * tileHeight);
  const first = index * count;
  return { level: tileLevel, index: Math.floor(first / tileWidth), from: first % tileWidth, count };
}

export function hashesOf(bytes: Buffer): Buffer[] {
  const hashes: Buffer[] = [];
  for (let at = 0; at + hashBytes <= bytes.length; at += hashBytes) hashes.push(bytes.subarray(at, at + hashBytes));
  return hashes;
}

/** Of a power of two of hashes side by side. */
export function completeRoot(hashes: readonly Buffer[]): Buffer {
  let level = hashes;
  while (level.length > 1) {
    level = Array.from({ length: level.length / 2 }, (_, at) =>
      nodeHash(level[2 * at] as Buffer, level[2 * at + 1] as Buffer),
    );
  }
  return foldNodes(level);
}

export interface FullTile extends TileName {
  readonly root: Buffer;
  readonly hashes: Buffer;
}

/** Right edge of a tree: what each level holds beyond its last full tile. */
export function edgeOf(size: number): TilePath[] {
  const edge: TilePath[] = [];
  for (let level = 0; levelWidth(level, size) > 0; level += 1) {
    const whole = levelWidth(level, size);
    edge.push({ level, index: Math.floor(whole / tileWidth), width: whole % tileWidth });
  }
  return edge;
}

/** A tree that goes on from its right edge and hands out the tiles that become full. */
export class TilingTree {
  size: number;
  readonly full: FullTile[] = [];
  private readonly edge: Buffer[][];

  /** By level, the hashes beyond the last full tile. */
  constructor(size: number, edge: readonly (readonly Buffer[])[]) {
    this.size = size;
    this.edge = edge.map((hashes) => [...hashes]);
  }

  append(leaf: Buffer): void {
    this.size += 1;
    let hash = leaf;
    for (let level = 0; ; level += 1) {
      const hashes = (this.edge[level] ??= []);
      hashes.push(hash);
      if (hashes.length < tileWidth) return;
      hash = completeRoot(hashes);
      this.full.push({
        level,
        index: levelWidth(level, this.size) / tileWidth - 1,
        root: hash,
        hashes: Buffer.concat(hashes),
      });
      this.edge[level] = [];
    }
  }

  root(): Buffer {
    return foldNodes(this.edge.toReversed().flatMap(partsOf));
  }
}

/** The complete subtrees of a partial tile, from left to right. */
function partsOf(hashes: readonly Buffer[]): Buffer[] {
  return nodesOf({ start: 0, end: hashes.length }).map(({ level, index }) =>
    completeRoot(hashes.slice(index * 2 ** level, (index + 1) * 2 ** level)),
  );
}
