// Reads what a server says of a tenant's log, as an agent would that trusts nothing but its own arithmetic.
import type { Test } from 'tap';
import { type Checkpoint, openCheckpoint } from '../../kernel/log-checkpoint.ts';
import { type NoteKey, parseVerifierKey } from '../../kernel/note.ts';
import { type Body, type TestServer } from './server.ts';

export interface TextHeard {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

export async function hear(server: TestServer, key: string, path: string): Promise<TextHeard> {
  const response = await fetch(server.url + path, { headers: { authorization: `Bearer ${key}` } });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

export async function readKeys(server: TestServer, key: string): Promise<{ texts: string[]; keys: NoteKey[] }> {
  const { body } = await server.say('GET', '/api/v1/log/keys', { key });
  const texts = (body['keys'] as readonly Body[]).map((shown) => shown['key'] as string);
  return { texts, keys: texts.map((text) => parseVerifierKey(text) as NoteKey) };
}

export interface Seen extends Checkpoint {
  readonly note: string;
  /** As the header takes it. */
  readonly header: string;
}

/** The latest checkpoint, verified, once it covers the position. */
export async function see(t: Test, server: TestServer, key: string, position = 1): Promise<Seen> {
  const { keys } = await readKeys(server, key);
  const { status, text } = await hear(server, key, `/api/v1/log/checkpoint?position=${position}`);
  t.equal(status, 200, text);
  const opened = openCheckpoint(text, keys) as Checkpoint;
  return { ...opened, note: text, header: `${opened.size}:${opened.root.toString('base64')}` };
}
