// Reads a tenant's log from its first byte: positions, versions, hashes, columns against bytes, and the folded states.
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../kernel/canonical.ts';
import type { Json, LoggedEvent } from '../../kernel/event.ts';
import { absent, type Entry, evolveEntry } from '../../sql/memory.ts';
import type { Registry } from '../../sql/registry.ts';
import type { Verdict } from './finding.ts';

export interface LogRow {
  readonly position: number;
  readonly event_id: string;
  readonly stream_type: string;
  readonly stream_id: string;
  readonly version: number;
  readonly type: string;
  readonly schema: number;
  readonly project_id: string | null;
  readonly recorded_at: Date;
  readonly entry: string;
  readonly leaf_hash: Buffer;
  readonly chain_hash: Buffer;
}

export interface Head {
  readonly position: number;
  readonly chain_hash: Buffer;
  readonly recorded_at: Date;
}

export interface Stream {
  readonly type: string;
  readonly id: string;
  readonly entry: Entry;
  readonly position: number;
}

export class LogCheck {
  private readonly streams = new Map<string, Stream>();
  private readonly tenant: string;
  private readonly registry: Registry;
  private readonly verdict: Verdict;
  private position = 0;
  private chain: Buffer = Buffer.alloc(32);
  private recordedAt = 0;

  constructor(tenant: string, registry: Registry, verdict: Verdict) {
    this.tenant = tenant;
    this.registry = registry;
    this.verdict = verdict;
  }

  /** Takes the next row; gives back the event and its stream after it, or null when the entry cannot be read. */
  take(row: LogRow): { readonly event: LoggedEvent; readonly stream: Stream } | null {
    this.verdict.counts.events += 1;
    this.checkPlace(row);
    this.checkHashes(row);
    const event = this.readEntry(row);
    if (event === null) return null;
    this.checkColumns(row, event);
    const stream = this.fold(event);
    return stream === null ? null : { event, stream };
  }

  finish(head: Head | null): void {
    const position = head?.position ?? 0;
    if (position !== this.position) this.fault('head', `stands at ${position}, the log ends at ${this.position}`);
    if (head === null) return;
    if (!head.chain_hash.equals(this.chain)) this.fault('head', 'its chain hash is not that of the last entry');
    if (head.recorded_at.getTime() !== this.recordedAt) this.fault('head', 'its time is not that of the last entry');
  }

  private checkPlace(row: LogRow): void {
    if (row.position !== this.position + 1) this.fault('positions', `${row.position} follows ${this.position}`);
    this.position = row.position;
    const time = row.recorded_at.getTime();
    if (time < this.recordedAt) this.fault('times', `${row.position} was recorded before the entry before it`);
    this.recordedAt = time;
  }

  private checkHashes(row: LogRow): void {
    const leaf = createHash('sha256').update('\0').update(row.entry).digest();
    this.chain = createHash('sha256').update(this.chain).update(leaf).digest();
    if (!leaf.equals(row.leaf_hash)) this.fault('leaf hash', `of ${row.position}`);
    if (this.chain.equals(row.chain_hash)) return;
    this.fault('chain hash', `of ${row.position}`);
    // What follows is judged by what stands there, so that one wrong link is one fault.
    this.chain = row.chain_hash;
  }

  private readEntry(row: LogRow): LoggedEvent | null {
    try {
      const event = JSON.parse(row.entry) as LoggedEvent & { readonly tenant_id: string };
      if (canonicalJson(event as unknown as Json) !== row.entry) this.fault('canonical bytes', `of ${row.position}`);
      if (event.tenant_id !== this.tenant) this.fault('tenant', `${row.position} names ${event.tenant_id}`);
      return event;
    } catch {
      this.fault('entry', `${row.position} is not JSON`);
      return null;
    }
  }

  private checkColumns(row: LogRow, event: LoggedEvent): void {
    const columns = [
      row.position,
      row.event_id,
      row.stream_type,
      row.stream_id,
      row.version,
      row.type,
      row.schema,
      row.project_id,
    ];
    const { position, id, stream, version, type, schema, project_id } = event;
    const bytes = [position, id, stream.type, stream.id, version, type, schema, project_id];
    if (columns.join() !== bytes.join()) this.fault('columns', `of ${row.position} differ from its bytes`);
    if (row.recorded_at.toISOString() !== event.recorded_at) this.fault('columns', `time of ${row.position}`);
  }

  private fold(event: LoggedEvent): Stream | null {
    const { type, id } = event.stream;
    const key = `${type}:${id}`;
    const before = this.streams.get(key)?.entry ?? absent;
    if (event.version !== before.version + 1) {
      this.fault('versions', `${event.position}: version ${event.version} of ${key} follows ${before.version}`);
    }
    const definition = this.registry.streams.get(type);
    if (definition === undefined) {
      this.fault('streams', `${event.position}: ${type} is not known`);
      return null;
    }
    try {
      const entry = evolveEntry(definition, before, event, event.recorded_at);
      const stream = { type, id, entry, position: event.position };
      this.streams.set(key, stream);
      return stream;
    } catch (error) {
      this.fault('fold', `${event.position}: ${String(error)}`);
      return null;
    }
  }

  private fault(rule: string, what: string): void {
    this.verdict.fault(rule, this.tenant, what);
  }
}
