// Content that is too large for an entry of the log: kept beside it under its SHA-256, which the event carries.
import { hash } from 'node:crypto';
import { defineRefusals } from '../kernel/refusal.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';

export interface StoredContent {
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly size: number;
}

const contentRefusals = defineRefusals({
  content_too_large: {
    kind: 'oversized',
    title: 'The content is larger than what is kept beside the log',
    remedy: 'Send at most 16 MiB, or split it.',
  },
});

const maxContentBytes = 16 << 20;

const putStatement = statement('put_content', `select encode(ledger.put_content($1, $2), 'hex') as sha256`);
const readStatement = statement(
  'read_content',
  'select c.bytes from ledger.contents c where c.tenant_id = $1 and c.sha256 = $2',
);

/** The same content twice is kept once. */
export async function putContent(database: Database, tenantId: string, bytes: Buffer): Promise<StoredContent> {
  if (bytes.length > maxContentBytes) {
    const detail = `This content has ${bytes.length} bytes; ${maxContentBytes} is the most that is kept.`;
    throw contentRefusals.refuse('content_too_large', detail);
  }
  const [row] = await database.platform<{ sha256: string }>(putStatement, [tenantId, bytes]);
  if (row === undefined) throw new Error('the content was not stored');
  return { sha256: row.sha256, size: bytes.length };
}

/** Null when the tenant has no such content. What no longer fits its digest is not handed out. */
export async function readContent(database: Database, tenantId: string, sha256: string): Promise<Buffer | null> {
  const [row] = await database.read<{ bytes: Buffer }>(tenantId, readStatement, [tenantId, Buffer.from(sha256, 'hex')]);
  if (row === undefined) return null;
  if (hash('sha256', row.bytes, 'hex') !== sha256) throw new Error('stored content does not fit its digest');
  return row.bytes;
}
