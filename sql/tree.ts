// The tree of a log as it is stored: full tiles, and beyond them the leaf hashes of the entries themselves.
import { foldNodes, hashBytes, nodesOf, type Span } from '../kernel/merkle.ts';
import { completeRoot, edgeOf, hashesOf, tileOf, type TilePath } from '../kernel/tile.ts';
import type { Queryable } from './database.ts';
import { statement } from './statement.ts';

interface Wanted {
  readonly level: number;
  readonly index: number;
  readonly from: number;
  readonly count: number;
}

interface HashesRow extends Record<string, unknown> {
  readonly hashes: Buffer | null;
}

/** Of a tile that is not full yet the hashes are one level down: in the entries, or as the roots of tiles. */
const hashesStatement = statement(
  'tree_hashes',
  `select coalesce(
     (select substr(t.hashes, w.first * ${hashBytes} + 1, w.count * ${hashBytes}) from ledger.tiles t
       where t.tenant_id = $1 and t.level = w.level and t.tile = w.tile),
     case when w.level = 0 then
       (select string_agg(e.leaf_hash, ''::bytea order by e.position) from ledger.events e
         where e.tenant_id = $1 and e.position > w.tile * 256 + w.first and e.position <= w.tile * 256 + w.first + w.count)
     else
       (select string_agg(t.root, ''::bytea order by t.tile) from ledger.tiles t
         where t.tenant_id = $1 and t.level = w.level - 1
           and t.tile >= w.tile * 256 + w.first and t.tile < w.tile * 256 + w.first + w.count)
     end) as hashes
     from unnest($2::smallint[], $3::bigint[], $4::integer[], $5::integer[]) with ordinality
       as w(level, tile, first, count, place)
    order by w.place`,
);

/** In the order in which they are wanted; null where a part of the tree is not there whole. */
async function findHashes(
  database: Queryable,
  tenantId: string,
  wanted: readonly Wanted[],
): Promise<(Buffer[] | null)[]> {
  if (wanted.length === 0) return [];
  const rows = await database.read<HashesRow>(tenantId, hashesStatement, [
    tenantId,
    wanted.map(({ level }) => level),
    wanted.map(({ index }) => index),
    wanted.map(({ from }) => from),
    wanted.map(({ count }) => count),
  ]);
  return wanted.map(({ count }, at) => {
    const hashes = hashesOf(rows[at]?.hashes ?? Buffer.alloc(0));
    return hashes.length === count ? hashes : null;
  });
}

async function readHashes(database: Queryable, tenantId: string, wanted: readonly Wanted[]): Promise<Buffer[][]> {
  const found = await findHashes(database, tenantId, wanted);
  if (found.includes(null)) throw new Error('a part of the tree is not there');
  return found as Buffer[][];
}

/** The hash of each span. What is asked for must be under a checkpoint, where nothing changes any more. */
export async function readSpans(database: Queryable, tenantId: string, spans: readonly Span[]): Promise<Buffer[]> {
  const nodes = spans.map(nodesOf);
  const hashes = await readHashes(database, tenantId, nodes.flat().map(tileOf));
  const roots = hashes.map(completeRoot);
  let at = 0;
  return nodes.map(({ length }) => foldNodes(roots.slice(at, (at += length))));
}

export async function readTile(database: Queryable, tenantId: string, tile: TilePath): Promise<Buffer> {
  const { level, index, width } = tile;
  return Buffer.concat((await readHashes(database, tenantId, [{ level, index, from: 0, count: width }])).flat());
}

/** By level, the hashes beyond the last full tile; null when the log does not have them any more. */
export async function readEdge(database: Queryable, tenantId: string, size: number): Promise<Buffer[][] | null> {
  const edge = edgeOf(size);
  const wanted = edge.filter(({ width }) => width > 0);
  const asked = wanted.map(({ level, index, width }) => ({ level, index, from: 0, count: width }));
  const hashes = await findHashes(database, tenantId, asked);
  if (hashes.includes(null)) return null;
  return edge.map((part) => hashes[wanted.indexOf(part)] ?? []);
}
