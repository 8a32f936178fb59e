// Tickets of the stream: each opens one socket, once and soon, whichever process it is shown to.
import { hash as digest, randomBytes } from 'node:crypto';
import type { Database } from './database.ts';
import { statement } from './statement.ts';

const ticketSeconds = 60;
const tenantBytes = 16;
const secretBytes = 24;

const putStatement = statement('put_ticket', 'select platform.put_ticket($1, $2, $3, $4) as expires_at');
const takeStatement = statement('take_ticket', `select encode(platform.take_ticket($1, $2), 'hex') as key_hash`);

/** The tenant stands in it, so that it is looked for among that tenant's alone. */
export function newTicket(tenantId: string): { readonly ticket: string; readonly hash: Buffer } {
  const tenant = Buffer.from(tenantId.replaceAll('-', ''), 'hex');
  const ticket = Buffer.concat([tenant, randomBytes(secretBytes)]).toString('base64url');
  return { ticket, hash: hashOf(ticket) };
}

export interface TicketFor {
  readonly tenantId: string;
  readonly hash: Buffer;
  /** Of the key that the ticket stands for, in hexadecimal. */
  readonly keyHash: string;
}

/** Answers with when it expires. */
export async function putTicket(database: Database, { tenantId, hash, keyHash }: TicketFor): Promise<string> {
  const values = [tenantId, hash, Buffer.from(keyHash, 'hex'), ticketSeconds];
  const [row] = await database.platform<{ expires_at: string }>(putStatement, values);
  if (row === undefined) throw new Error('the ticket was not kept');
  return row.expires_at;
}

/** The hash of the key that a ticket stands for; null when it is none, is used or has expired. */
export async function takeTicket(database: Database, ticket: string): Promise<string | null> {
  const bytes = Buffer.from(ticket, 'base64url');
  if (bytes.length !== tenantBytes + secretBytes || bytes.toString('base64url') !== ticket) return null;
  const hex = bytes.subarray(0, tenantBytes).toString('hex');
  const tenantId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const [row] = await database.platform<{ key_hash: string | null }>(takeStatement, [tenantId, hashOf(ticket)]);
  return row?.key_hash ?? null;
}

function hashOf(ticket: string): Buffer {
  return digest('sha256', ticket, 'buffer');
}
