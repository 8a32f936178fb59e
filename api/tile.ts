// Tiles of the log's tree over HTTP, under the paths of c2sp.org/tlog-tiles with /api/v1/log as the prefix.
import { Type } from 'typebox';
import { levelWidth, parseTilePath, tileWidth } from '../kernel/tile.ts';
import { proofRefusals, proofRules } from '../policies/proof.ts';
import { findLatestCheckpoint } from '../projections/proof.ts';
import { readTile } from '../sql/tree.ts';
import type { Answer, Call } from './call.ts';
import { type Route, route } from './route.ts';

/** A tile under a checkpoint never changes; it is nobody's but the tenant's. */
const cache = 'private, max-age=31536000, immutable';
const binary = 'application/octet-stream';
const Part = Type.String({ maxLength: 8, pattern: '^[0-9a-z.]{1,8}$' });
const levels = { level: Type.String({ maxLength: 2, pattern: '^[0-9]{1,2}$' }) };
const names = ['one', 'two', 'three', 'four'] as const;

function missing(): Error {
  return proofRefusals.refuse('tile_not_found', 'No checkpoint of this log has such a tile.');
}

async function showTile(call: Call): Promise<Answer> {
  const { level, ...parts } = call.params as Record<string, string>;
  const tile = parseTilePath(
    level ?? '',
    names.flatMap((name) => parts[name] ?? []),
  );
  if (tile === null) throw missing();
  const latest = await findLatestCheckpoint(call.api.database, call.tenantId);
  const end = tile.index * tileWidth + tile.width;
  if (latest === null || end > levelWidth(tile.level, latest.size)) throw missing();
  const bytes = await readTile(call.api.database, call.tenantId, tile);
  return {
    status: 200,
    body: '',
    bytes,
    type: binary,
    cache,
    headers: ['loopledger-position', String(latest.size)],
  };
}

/** The number of a tile takes a part of the path for every three digits, and a partial tile one more. */
function tileRoute(length: 1 | 2 | 3 | 4): Route {
  const used = names.slice(0, length);
  const properties = Object.fromEntries(used.map((name) => [name, Part]));
  return route({
    method: 'GET',
    url: `/api/v1/log/tile/:level/${used.map((name) => `:${name}`).join('/')}`,
    operation: `getLogTile${used.map((name) => name.slice(0, 1).toUpperCase() + name.slice(1)).join('')}`,
    summary: `Show a tile whose name has ${length} ${length === 1 ? 'part' : 'parts'}`,
    description: '256 hashes of 32 bytes, or fewer of a partial tile, such as `0/x001/234` or `1/000.p/17`.',
    tags: ['proof'],
    role: proofRules.read,
    params: Type.Object({ ...levels, ...properties }, { additionalProperties: false }),
    status: 200,
    response: Type.String({ contentEncoding: 'binary', maxLength: 8_192 }),
    produces: binary,
    codes: ['tile_not_found'],
    examples: { params: { level: '0', ...exampleParts(used) }, response: 'the bytes of the hashes' },
    handler: showTile,
  });
}

function exampleParts(used: readonly string[]): Record<string, string> {
  return Object.fromEntries(used.map((name, at) => [name, at === used.length - 1 ? '000' : 'x001']));
}

export const tileRoutes: readonly Route[] = ([1, 2, 3, 4] as const).map(tileRoute);
