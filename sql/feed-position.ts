// Where a tenant's log stands, and which history the positions belong to.
import type { Database } from './database.ts';
import { statement } from './statement.ts';

const positionStatement = statement('head_position', 'select h.position from ledger.heads h where h.tenant_id = $1');
const epochStatement = statement('feed_epoch', 'select platform.feed_epoch() as epoch');

export async function readPosition(database: Database, tenantId: string): Promise<number> {
  const rows = await database.read<{ position: number }>(tenantId, positionStatement, [tenantId]);
  return rows[0]?.position ?? 0;
}

export async function readFeedEpoch(database: Database): Promise<string> {
  const rows = await database.platform<{ epoch: string | null }>(epochStatement, []);
  const epoch = rows[0]?.epoch;
  if (epoch === null || epoch === undefined) throw new Error('the setting feed_epoch is missing');
  return epoch;
}
