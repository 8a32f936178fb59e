// A log's signed word on how long it is and what its root is: c2sp.org/tlog-checkpoint. And the proof of one entry under
// it: c2sp.org/tlog-proof@v1.
import { hashBytes } from './merkle.ts';
import { type Note, type NoteKey, type NoteSigner, parseNote, signerOf, signNote } from './note.ts';

export interface Checkpoint {
  /** Names the log; also the name of its keys. */
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

const decimal = /^(?:0|[1-9]\d{0,15})$/;

export function signCheckpoint({ origin, size, root }: Checkpoint, signer: NoteSigner): string {
  return signNote(`${origin}\n${size}\n${root.toString('base64')}\n`, signer);
}

/** What the note says, whoever signed it; null when it is no checkpoint. Lines after the third are not ours to read. */
export function readCheckpoint(note: string): (Checkpoint & { readonly note: Note }) | null {
  const parsed = parseNote(note);
  const [origin = '', size = '', root = '', ...rest] = parsed?.text.split('\n') ?? [];
  if (parsed === null || origin === '' || rest.length === 0 || rest.slice(0, -1).includes('')) return null;
  const bytes = hashOf(root);
  const count = sizeOf(size);
  return bytes === null || count === null ? null : { origin, size: count, root: bytes, note: parsed };
}

/** The checkpoint when one of these keys signed it for its own log; null otherwise. */
export function openCheckpoint(note: string, keys: readonly NoteKey[]): Checkpoint | null {
  const read = readCheckpoint(note);
  if (read === null) return null;
  const { origin, size, root } = read;
  return signerOf(read.note, keys)?.name === origin ? { origin, size, root } : null;
}

/** A size or position in decimal, in its one spelling. */
export function sizeOf(text: string): number | null {
  const number = Number(text);
  return decimal.test(text) && Number.isSafeInteger(number) ? number : null;
}

/** A hash in base64, in its one spelling. */
export function hashOf(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === hashBytes && bytes.toString('base64') === text ? bytes : null;
}

const proofHeader = 'c2sp.org/tlog-proof@v1';

export interface EntryProof {
  /** From 0. */
  readonly index: number;
  readonly proof: readonly Buffer[];
  /** The signed note as it is. */
  readonly checkpoint: string;
}

export function entryProofText({ index, proof, checkpoint }: EntryProof): string {
  const lines = [proofHeader, `index ${index}`, ...proof.map((hash) => hash.toString('base64'))];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** Null when it is no such text. Extra data is allowed and left aside: nothing vouches for it. */
export function readEntryProof(text: string): EntryProof | null {
  const split = text.indexOf('\n\n');
  const [header, ...lines] = text.slice(0, Math.max(0, split)).split('\n');
  if (header !== proofHeader) return null;
  if (lines[0]?.startsWith('extra ') === true) lines.shift();
  const [first = '', ...encoded] = lines;
  const index = first.startsWith('index ') ? sizeOf(first.slice(6)) : null;
  const proof = encoded.map(hashOf);
  if (index === null || proof.includes(null)) return null;
  return { index, proof: proof as Buffer[], checkpoint: text.slice(split + 2) };
}
