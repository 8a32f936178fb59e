import { createHash } from 'node:crypto';
import { test } from 'tap';
import {
  consistencySpans,
  emptyRoot,
  foldNodes,
  GrowingTree,
  inclusionSpans,
  isConsistent,
  isIncluded,
  leafHash,
  nodesOf,
  type Span,
} from '../../kernel/merkle.ts';
import { completeRoot } from '../../kernel/tile.ts';

/** The reference tree of Certificate Transparency: its leaves, the roots of its first 1 to 8 of them, and proofs in it. */
const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const inclusions: readonly [number, number, readonly string[]][] = [
  [0, 1, []],
  [
    0,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    5,
    8,
    [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
  [
    1,
    5,
    [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
];
const consistencies: readonly [number, number, readonly string[]][] = [
  [1, 1, []],
  [
    1,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    6,
    8,
    [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [
    2,
    5,
    [
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
];

const reference = inputs.map((input) => leafHash(Buffer.from(input, 'hex')));
const hex = (hashes: readonly Uint8Array[]): string[] => hashes.map((hash) => Buffer.from(hash).toString('hex'));

/** RFC 6962, 2.1, word for word and without regard to cost. */
function naiveRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return createHash('sha256').digest();
  if (leaves.length === 1) return leaves[0] as Buffer;
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  const [left, right] = [naiveRoot(leaves.slice(0, half)), naiveRoot(leaves.slice(half))];
  return createHash('sha256')
    .update(Buffer.from([1]))
    .update(left)
    .update(right)
    .digest();
}

function proofOf(leaves: readonly Buffer[], spans: readonly Span[]): Buffer[] {
  return spans.map((span) =>
    foldNodes(
      nodesOf(span).map(({ level, index }) => completeRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))),
    ),
  );
}

function someLeaves(count: number): Buffer[] {
  return Array.from({ length: count }, (_, at) => leafHash(Buffer.from(`leaf ${at}`)));
}

function spoilt(hash: Buffer): Buffer {
  const other = Buffer.from(hash);
  other[7] = (other[7] as number) ^ 1;
  return other;
}

test('the reference tree of Certificate Transparency comes out: roots and proofs', (t) => {
  t.equal(emptyRoot.toString('hex'), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  const tree = new GrowingTree();
  t.ok(tree.root().equals(emptyRoot));
  for (const [at, leaf] of reference.entries()) {
    tree.append(leaf);
    t.equal(tree.root().toString('hex'), roots[at]);
  }
  const rootAt = (size: number): Buffer => Buffer.from(roots[size - 1] as string, 'hex');
  for (const [leaf, size, expected] of inclusions) {
    const proof = proofOf(reference, inclusionSpans(leaf, size));
    t.strictSame(hex(proof), expected, `leaf ${leaf} of ${size}`);
    t.ok(isIncluded({ leaf, size, leafHash: reference[leaf] as Buffer, root: rootAt(size), proof }));
  }
  for (const [from, to, expected] of consistencies) {
    const proof = proofOf(reference, consistencySpans(from, to));
    t.strictSame(hex(proof), expected, `${from} to ${to}`);
    t.ok(isConsistent({ from, to, fromRoot: rootAt(from), toRoot: rootAt(to), proof }));
  }
  t.end();
});

test('a proof of inclusion holds for its own leaf, place, size and root, and for nothing else', (t) => {
  const leaves = someLeaves(37);
  let held = 0;
  for (let size = 1; size <= leaves.length; size += 1) {
    const root = naiveRoot(leaves.slice(0, size));
    for (let leaf = 0; leaf < size; leaf += 1) {
      const proof = proofOf(leaves, inclusionSpans(leaf, size));
      const claim = { leaf, size, leafHash: leaves[leaf] as Buffer, root, proof };
      held += Number(isIncluded(claim));
      const lies = [
        { ...claim, leafHash: spoilt(claim.leafHash) },
        { ...claim, root: spoilt(root) },
        { ...claim, leaf: leaf + 1 },
        { ...claim, leaf: leaf - 1 },
        { ...claim, proof: [...proof, root] },
        ...proof.map((hash, at) => ({ ...claim, proof: proof.with(at, spoilt(hash)) })),
        ...(proof.length === 0
          ? []
          : [
              { ...claim, proof: proof.slice(1) },
              { ...claim, proof: proof.slice(0, -1) },
            ]),
      ];
      if (lies.some(isIncluded)) t.fail(`a lie about leaf ${leaf} of ${size} is believed`);
    }
  }
  t.equal(held, (37 * 38) / 2);
  t.end();
});

test('a proof of consistency holds between its own trees and between no others', (t) => {
  const leaves = someLeaves(37);
  const rootsOf = [...leaves, null].map((_, size) => naiveRoot(leaves.slice(0, size)));
  let held = 0;
  for (let to = 1; to <= leaves.length; to += 1) {
    for (let from = 1; from <= to; from += 1) {
      const proof = proofOf(leaves, consistencySpans(from, to));
      const claim = { from, to, fromRoot: rootsOf[from] as Buffer, toRoot: rootsOf[to] as Buffer, proof };
      held += Number(isConsistent(claim));
      const lies = [
        { ...claim, fromRoot: spoilt(claim.fromRoot) },
        { ...claim, toRoot: spoilt(claim.toRoot) },
        { ...claim, from: 0 },
        { ...claim, from: to + 1 },
        { ...claim, from: from - 1, fromRoot: claim.fromRoot },
        { ...claim, proof: [...proof, claim.toRoot] },
        ...proof.map((hash, at) => ({ ...claim, proof: proof.with(at, spoilt(hash)) })),
        ...(proof.length === 0
          ? []
          : [
              { ...claim, proof: proof.slice(1) },
              { ...claim, proof: proof.slice(0, -1) },
            ]),
      ];
      if (lies.some(isConsistent)) t.fail(`a lie about ${from} and ${to} is believed`);
    }
  }
  t.equal(held, (37 * 38) / 2);
  t.end();
});

test('a tree that grows has the root of the whole at every size', (t) => {
  const leaves = someLeaves(600);
  const tree = new GrowingTree();
  for (const [at, leaf] of leaves.entries()) {
    tree.append(leaf);
    if (at % 37 === 0 || at > 590) t.ok(tree.root().equals(naiveRoot(leaves.slice(0, at + 1))), `${at + 1} leaves`);
  }
  t.equal(tree.size, 600);
  t.end();
});

test('sizes beyond 32 bits are no trouble, and no proof is made for what is not there', (t) => {
  const size = 2 ** 52 + 12_345;
  t.equal(inclusionSpans(2 ** 52 + 12_000, size).at(-1)?.end, 2 ** 52);
  t.ok(inclusionSpans(5, size).length <= 53);
  t.ok(consistencySpans(2 ** 33 + 1, size).every(({ start, end }) => start < end && end <= size));
  for (const bad of [() => inclusionSpans(3, 3), () => inclusionSpans(-1, 3), () => consistencySpans(0, 3)])
    t.throws(bad);
  t.throws(() => consistencySpans(4, 3));
  t.end();
});
