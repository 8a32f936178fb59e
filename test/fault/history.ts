// What writers and readers saw, one JSON line each. Lines reach the kernel before the next step, so a kill loses none.
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { canonicalJson } from '../../kernel/canonical.ts';
import type { Json } from '../../kernel/event.ts';

/** A command is about to be sent; its id is the idempotency key. */
export interface Sent {
  readonly kind: 'sent';
  readonly id: string;
  readonly tenant: string;
  /** The credential, which is the scope of the key. */
  readonly scope: string;
  readonly name: string;
  readonly command: Json;
  readonly ifMatch: number | null;
  readonly supplied: boolean;
  /** How many it appends when it changes anything. */
  readonly events: number;
  /** `all` when it appends them whenever it is accepted; `any` when it may find nothing to change. */
  readonly effect: 'all' | 'any';
}

export interface Done {
  readonly kind: 'done';
  readonly id: string;
  readonly tenant: string;
  readonly position: number;
  readonly version: number;
  readonly status: number;
  /** Digest of the body's bytes, and of what they mean. */
  readonly bytes: string;
  /** Null where the reply shows more than the state. */
  readonly meaning: string | null;
  readonly replayed: boolean;
}

export interface Refused {
  readonly kind: 'refused';
  readonly id: string;
  readonly tenant: string;
  readonly code: string;
}

export interface Unknown {
  readonly kind: 'unknown';
  readonly id: string;
  readonly tenant: string;
  readonly code: string;
}

/** A reader got positions `from` to `to`; the digest is over the ids of the events in the order in which they came. */
export interface Page {
  readonly kind: 'page';
  readonly reader: string;
  readonly tenant: string;
  readonly from: number;
  readonly to: number;
  readonly digest: string;
}

/** A reader stopped of its own accord, after it had found nothing more. */
export interface Ended {
  readonly kind: 'ended';
  readonly reader: string;
  readonly tenant: string;
  readonly position: number;
}

/** A promise that the writer or reader itself saw broken. */
export interface Broken {
  readonly kind: 'broken';
  readonly tenant: string;
  readonly what: string;
}

/** Others, who keep no history, write this tenant as well. */
export interface Shared {
  readonly kind: 'shared';
  readonly tenant: string;
}

export type HistoryRecord = Sent | Done | Refused | Unknown | Page | Ended | Broken | Shared;

export interface HistoryFile {
  add(record: HistoryRecord): void;
  close(): void;
}

export function openHistory(folder: string, name: string): HistoryFile {
  mkdirSync(folder, { recursive: true });
  const file = openSync(path.join(folder, `${name}.ndjson`), 'a');
  return {
    add: (record) => void writeSync(file, `${JSON.stringify(record)}\n`),
    close: () => closeSync(file),
  };
}

/** Records of all files; within a file in the order in which they were written. */
export async function* readHistories(folder: string): AsyncGenerator<HistoryRecord> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.ndjson'));
  for (const name of names.sort()) {
    const lines = createInterface({ input: createReadStream(path.join(folder, name)), crlfDelay: Infinity });
    for await (const line of lines) {
      const record = parseLine(line);
      if (record !== null) yield record;
    }
  }
}

/** A process that was killed in the middle of a line leaves a part of it; what it was about to tell is not known. */
function parseLine(line: string): HistoryRecord | null {
  try {
    return JSON.parse(line) as HistoryRecord;
  } catch {
    return null;
  }
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** The order of members differs between a state that was just decided and one that was read from the log. */
export function digestOfMeaning(body: string): string {
  return digestOf(canonicalJson(JSON.parse(body) as Json));
}
