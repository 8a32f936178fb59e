// Checks an exported log line by line in constant memory but for one number a stream. It trusts nothing in the file: every
// hash is computed anew from the bytes of the entries.
import { hash } from 'node:crypto';
import { canonicalJson } from '../kernel/canonical.ts';
import type { Json } from '../kernel/event.ts';
import { openCheckpoint, readCheckpoint } from '../kernel/log-checkpoint.ts';
import { GrowingTree, leafHash } from '../kernel/merkle.ts';
import { type NoteKey, parseVerifierKey } from '../kernel/note.ts';
import type { Verdict } from './verdict.ts';

const exportFormat = 'loopledger-export@v1';

export interface HeldCheckpoint {
  /** Where it came from, for the report. */
  readonly name: string;
  readonly note: string;
}

export interface CheckOptions {
  /** Texts of verifier keys that the caller trusts; without any, those in the export are used and that is said. */
  readonly keys: readonly string[];
  /** Checkpoints that the caller kept from an earlier day. */
  readonly held: readonly HeldCheckpoint[];
}

interface Promised {
  readonly name: string;
  readonly note: string;
  readonly root: Buffer;
  readonly held: boolean;
}

interface EntryFacts {
  readonly position?: unknown;
  readonly version?: unknown;
  readonly tenant_id?: unknown;
  readonly recorded_at?: unknown;
  readonly stream?: { readonly type?: unknown; readonly id?: unknown };
}

const maxFaults = 20;

export class LogCheck {
  private readonly options: CheckOptions;
  private readonly tree = new GrowingTree();
  private readonly versions = new Map<string, number>();
  /** By the size that they speak of. */
  private readonly promised = new Map<number, Promised[]>();
  private readonly faults: string[] = [];
  private faultCount = 0;
  private keys: readonly NoteKey[] = [];
  private origin = '';
  private tenantId: string | null = null;
  private chain: Buffer = Buffer.alloc(32);
  private lastTime = '';
  private signedSize = 0;
  /** Those of the last size that was promised: the same checkpoint may come from several places. */
  private readonly notes = new Set<string>();
  private signedCount = 0;
  private heldCount = 0;
  private ended = false;
  private lines = 0;

  constructor(options: CheckOptions) {
    this.options = options;
  }

  add(line: string): void {
    this.lines += 1;
    const record = parseRecord(line);
    if (record === null) this.fail(`line ${this.lines} is not a record of an export`);
    else if (this.ended) this.fail(`line ${this.lines} comes after the end`);
    else if (this.tenantId === null) this.begin(record);
    else if (record['kind'] === 'entry') this.addEntry(record);
    else if (record['kind'] === 'checkpoint') this.promise('the export', textOf(record['note']), false);
    else if (record['kind'] === 'end') this.end(record);
    else this.fail(`line ${this.lines} is of a kind that is not known`);
  }

  verdict(): Verdict {
    if (this.tenantId === null) this.fail('the file is not an export of a log');
    else if (!this.ended) this.fail('the file breaks off: its last line is missing');
    for (const [size, promises] of this.promised) {
      for (const { name } of promises) {
        this.fail(`a checkpoint (${name}) promises ${size} entries, and the export has ${this.tree.size}`);
      }
    }
    return {
      faults: this.faults,
      faultCount: this.faultCount,
      origin: this.origin,
      tenantId: this.tenantId,
      entries: this.tree.size,
      streams: this.versions.size,
      root: this.tree.root().toString('base64'),
      signedSize: this.signedSize,
      signedCount: this.signedCount,
      heldCount: this.heldCount,
      pinned: this.options.keys.length > 0,
    };
  }

  private begin(record: Record<string, unknown>): void {
    const { kind, format, tenant_id, origin, keys, checkpoints } = record;
    if (kind !== 'export' || format !== exportFormat) {
      this.fail(`the file does not begin as ${exportFormat}`);
      this.tenantId = '';
      return;
    }
    this.tenantId = textOf(tenant_id);
    this.origin = textOf(origin);
    this.readKeys(listOf(keys));
    for (const note of listOf(checkpoints)) this.promise('the head of the export', textOf(note), false);
    for (const { name, note } of this.options.held) this.promise(name, note, true);
  }

  private readKeys(given: readonly unknown[]): void {
    const trusted = this.options.keys.length > 0 ? this.options.keys : given.map(textOf);
    const parsed = trusted.map(parseVerifierKey);
    if (parsed.includes(null)) this.fail('a key is not the text of an Ed25519 verifier key');
    this.keys = parsed.filter((key) => key !== null);
    if (this.keys.some(({ name }) => name !== this.origin)) this.fail('a key belongs to another log');
  }

  private promise(name: string, note: string, held: boolean): void {
    const opened = openCheckpoint(note, this.keys);
    if (opened === null) {
      const read = readCheckpoint(note);
      this.fail(
        read === null ? `${name} holds no checkpoint` : `a checkpoint (${name}) is not signed by a trusted key`,
      );
      return;
    }
    const { origin, size, root } = opened;
    if (origin !== this.origin) this.fail(`a checkpoint (${name}) is of another log, ${origin}`);
    else if (size < this.tree.size) this.fail(`a checkpoint (${name}) stands behind later entries`);
    else {
      this.promised.set(size, [...(this.promised.get(size) ?? []), { name, note, root, held }]);
      this.keepPromises();
    }
  }

  /** Compares what was promised of the present size with what the entries make. */
  private keepPromises(): void {
    const { size } = this.tree;
    const promises = this.promised.get(size);
    if (promises === undefined) return;
    this.promised.delete(size);
    const root = this.tree.root();
    for (const promise of promises) {
      if (!promise.root.equals(root)) {
        this.fail(`the first ${size} entries are not those that a checkpoint (${promise.name}) was signed for`);
        continue;
      }
      if (size > this.signedSize) this.notes.clear();
      this.signedSize = size;
      this.signedCount += Number(!this.notes.has(promise.note));
      this.notes.add(promise.note);
      this.heldCount += Number(promise.held);
    }
  }

  private addEntry(record: Record<string, unknown>): void {
    const position = this.tree.size + 1;
    const entry = textOf(record['entry']);
    const leaf = leafHash(Buffer.from(entry));
    this.chain = hash('sha256', Buffer.concat([this.chain, leaf]), 'buffer');
    if (record['leaf_hash'] !== leaf.toString('hex')) this.fail(`entry ${position} does not have its leaf hash`);
    if (record['chain_hash'] !== this.chain.toString('hex')) this.fail(`entry ${position} does not continue the chain`);
    this.readFacts(position, entry);
    this.tree.append(leaf);
    this.keepPromises();
  }

  private readFacts(position: number, entry: string): void {
    const facts = parseEntry(entry);
    if (facts === null) {
      this.fail(`entry ${position} is not canonical JSON`);
      return;
    }
    if (facts.position !== position) this.fail(`entry ${position} says that it is at ${String(facts.position)}`);
    if (facts.tenant_id !== this.tenantId) this.fail(`entry ${position} is of another tenant`);
    const stream = `${textOf(facts.stream?.type)}:${textOf(facts.stream?.id)}`;
    const version = (this.versions.get(stream) ?? 0) + 1;
    if (facts.version !== version) this.fail(`entry ${position} is not version ${version} of ${stream}`);
    this.versions.set(stream, version);
    const time = textOf(facts.recorded_at);
    if (time < this.lastTime || time === '') this.fail(`entry ${position} is older than the one before it`);
    this.lastTime = time;
  }

  private end({ entries }: Record<string, unknown>): void {
    this.ended = true;
    if (entries !== this.tree.size)
      this.fail(`the export says it has ${String(entries)} entries, not ${this.tree.size}`);
  }

  private fail(fault: string): void {
    this.faultCount += 1;
    if (this.faults.length < maxFaults) this.faults.push(fault);
  }
}

function parseRecord(line: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** Null when the text has another spelling than the one that is hashed, and so could be read in more than one way. */
function parseEntry(entry: string): EntryFacts | null {
  try {
    const value = JSON.parse(entry) as Json;
    return typeof value === 'object' && value !== null && canonicalJson(value) === entry ? (value as EntryFacts) : null;
  } catch {
    return null;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
