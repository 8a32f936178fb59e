// Looks again at what was signed long ago: the entries of one full tile against the hashes that the tree was built on.
// Sealing sees what is new; an old entry that is edited would otherwise wait for somebody who verifies an export.
import type { HaltEvidence } from '../kernel/evidence.ts';
import { hashesOf, tileWidth } from '../kernel/tile.ts';
import type { Queryable } from './database.ts';
import { statement } from './statement.ts';

interface TileRow extends Record<string, unknown> {
  readonly hashes: Buffer;
  readonly found: Buffer | null;
}

const tileStatement = statement(
  'audit_tile',
  `select t.hashes,
          (select string_agg(sha256('\\x00'::bytea || convert_to(e.entry, 'UTF8')), ''::bytea order by e.position)
             from ledger.events e
            where e.tenant_id = $1 and e.position > $2::bigint * ${tileWidth}
              and e.position <= ($2::bigint + 1) * ${tileWidth}) as found
     from ledger.tiles t
    where t.tenant_id = $1 and t.level = 0 and t.tile = $2::bigint`,
);

/** Null when every entry is the one that was signed for, or when there is no such tile. */
export async function auditTile(database: Queryable, tenantId: string, tile: number): Promise<HaltEvidence | null> {
  const [row] = await database.read<TileRow>(tenantId, tileStatement, [tenantId, tile]);
  if (row === undefined) return null;
  const found = hashesOf(row.found ?? Buffer.alloc(0));
  const at = hashesOf(row.hashes).findIndex((hash, index) => found[index]?.equals(hash) !== true);
  if (at < 0) return null;
  return {
    kind: 'chain_broken',
    checkpoints: [],
    position: tile * tileWidth + at + 1,
    promised: hashesOf(row.hashes)[at]?.toString('hex') ?? null,
    found: found[at]?.toString('hex') ?? null,
  };
}
