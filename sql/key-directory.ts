// The key directory: who a key speaks for. Asked by hash, answered only for keys that are in force.
import type { Role } from '../kernel/actor.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';

export interface DirectoryKey extends Record<string, unknown> {
  /** Lower-case hexadecimal. */
  readonly key_hash: string;
  readonly tenant_id: string;
  readonly key_id: string;
  readonly agent_id: string | null;
  readonly role: Role;
  readonly lineage: readonly string[];
  readonly story_id: string | null;
  /** By the database's clock, so that a process with a wrong clock neither shortens nor prolongs a key. */
  readonly expires_in_ms: number | null;
}

const findKeysStatement = statement('find_keys', 'select * from platform.find_keys($1)');

export function findKeys(database: Database, hashes: readonly string[]): Promise<DirectoryKey[]> {
  return database.platform<DirectoryKey>(findKeysStatement, [hashes.map((hash) => Buffer.from(hash, 'hex'))]);
}
