import { test } from 'tap';
import { leafHash, nodeHash } from '../../kernel/merkle.ts';
import { completeRoot, hashesOf, levelWidth, parseTilePath, tileOf, tilePath } from '../../kernel/tile.ts';

test('the path of a tile is written and read as the specification has it', (t) => {
  const cases: readonly [string, { level: number; index: number; width: number }][] = [
    ['0/000', { level: 0, index: 0, width: 256 }],
    ['0/x001/x234/067', { level: 0, index: 1_234_067, width: 256 }],
    ['1/x001/000.p/17', { level: 1, index: 1_000, width: 17 }],
    ['2/000.p/1', { level: 2, index: 0, width: 1 }],
    ['63/999.p/255', { level: 63, index: 999, width: 255 }],
  ];
  for (const [path, tile] of cases) {
    const [level = '', ...parts] = path.split('/');
    t.strictSame(parseTilePath(level, parts), tile, path);
    t.equal(tilePath(tile), path);
  }
  const bad = [
    '00/000',
    '64/000',
    '-1/000',
    '0/0',
    '0/0000',
    '0/x000/001',
    '0/001/002',
    '0/x001',
    '0/000.p/0',
    '0/000.p/256',
    '0/000.p/01',
    '0/000/8',
    '0/000.p',
    '0/.p/8',
    'entries/000',
    '0/x999/x999/x999/x999/x999/999',
  ];
  for (const path of bad) {
    const [level = '', ...parts] = path.split('/');
    t.equal(parseTilePath(level, parts), null, path);
  }
  t.end();
});

test('a log of 70000 entries has the tiles that the specification counts', (t) => {
  t.strictSame(
    [0, 1, 2, 3].map((level) => levelWidth(level, 70_000)),
    [273 * 256 + 112, 256 + 17, 1, 0],
  );
  t.equal(levelWidth(1, 256), 1);
  t.end();
});

test('a subtree is found inside one tile', (t) => {
  t.strictSame(tileOf({ level: 0, index: 300 }), { level: 0, index: 1, from: 44, count: 1 });
  t.strictSame(tileOf({ level: 7, index: 3 }), { level: 0, index: 1, from: 128, count: 128 });
  t.strictSame(tileOf({ level: 8, index: 3 }), { level: 1, index: 0, from: 3, count: 1 });
  t.strictSame(tileOf({ level: 17, index: 1 }), { level: 2, index: 0, from: 2, count: 2 });
  const leaves = ['a', 'b', 'c', 'd'].map((text) => leafHash(Buffer.from(text)));
  const [a, b, c, d] = leaves as [Buffer, Buffer, Buffer, Buffer];
  t.ok(completeRoot(leaves).equals(nodeHash(nodeHash(a, b), nodeHash(c, d))));
  t.strictSame(hashesOf(Buffer.concat(leaves)), leaves);
  t.end();
});
