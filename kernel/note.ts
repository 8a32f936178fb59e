// Signed notes as c2sp.org/signed-note has them: a text, an empty line, and lines of signatures under names.
import { hash } from 'node:crypto';
import { isSignedBy } from './signing.ts';

/** An Ed25519 key and the name that it signs under. */
export interface NoteKey {
  readonly name: string;
  /** The 32 bytes in base64url. */
  readonly publicKey: string;
}

export interface NoteSigner extends NoteKey {
  sign(bytes: Uint8Array): Uint8Array;
}

export interface NoteSignature {
  readonly name: string;
  /** Key id and signature. */
  readonly bytes: Buffer;
}

export interface Note {
  /** With the line end that it closes with. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

const ed25519 = 0x01;
const idBytes = 4;
const maxSignatures = 100;
const signatureLine = /^\u2014 ([^\s+]+) ([0-9A-Za-z+/]+={0,2})$/u;
const keyLine = /^([^\s+]+)\+([0-9a-f]{8})\+([0-9A-Za-z+/]+={0,2})$/u;
const forbidden = /(?!\n)\p{Cc}/u;

function typedKey(publicKey: string): Buffer {
  return Buffer.concat([Buffer.from([ed25519]), Buffer.from(publicKey, 'base64url')]);
}

function keyIdOf({ name, publicKey }: NoteKey): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typedKey(publicKey)]), 'buffer').subarray(0, idBytes);
}

/** The text by which a key is handed to whoever verifies: `name+id+key`. */
export function verifierKey(key: NoteKey): string {
  return `${key.name}+${keyIdOf(key).toString('hex')}+${typedKey(key.publicKey).toString('base64')}`;
}

/** Null for everything that is not such a text of an Ed25519 key. */
export function parseVerifierKey(text: string): NoteKey | null {
  const [, name, id, encoded] = keyLine.exec(text) ?? [];
  if (name === undefined || encoded === undefined) return null;
  const bytes = decoded(encoded);
  if (bytes === null || bytes.length !== 33 || bytes[0] !== ed25519) return null;
  const key = { name, publicKey: bytes.subarray(1).toString('base64url') };
  return keyIdOf(key).toString('hex') === id ? key : null;
}

export function signNote(text: string, signer: NoteSigner): string {
  if (!text.endsWith('\n') || forbidden.test(text)) throw new Error('a note is lines of text');
  const bytes = Buffer.concat([keyIdOf(signer), signer.sign(Buffer.from(text))]);
  return `${text}\n\u2014 ${signer.name} ${bytes.toString('base64')}\n`;
}

/** Null when it is no note; nothing is known yet of its signatures. */
export function parseNote(note: string): Note | null {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n') || forbidden.test(note)) return null;
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > maxSignatures) return null;
  const signatures = lines.map(parseSignature);
  if (signatures.includes(null)) return null;
  return { text: note.slice(0, split + 1), signatures: signatures as NoteSignature[] };
}

function parseSignature(line: string): NoteSignature | null {
  const [, name, encoded] = signatureLine.exec(line) ?? [];
  const bytes = encoded === undefined ? null : decoded(encoded);
  if (name === undefined || bytes === null || bytes.length <= idBytes) return null;
  return { name, bytes };
}

/**
 * The key that signed the note; null when none of the known ones did. Signatures of unknown keys say nothing, and a
 * wrong one of a known key spoils the note.
 */
export function signerOf(note: Note, keys: readonly NoteKey[]): NoteKey | null {
  let signed: NoteKey | null = null;
  for (const { name, bytes } of note.signatures) {
    const key = keys.find((known) => known.name === name && keyIdOf(known).equals(bytes.subarray(0, idBytes)));
    if (key === undefined) continue;
    if (!isSignedBy(key.publicKey, Buffer.from(note.text), bytes.subarray(idBytes))) return null;
    signed = key;
  }
  return signed;
}

/** Base64 that has only one spelling. */
function decoded(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}
