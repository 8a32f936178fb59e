// The one call that writes: encodes batches for ledger.commit and reads its outcomes.
import type { LoggedEvent } from '../kernel/event.ts';
import { actorText, type Batch, type Decided, type ExecuteRequest, type StagedEvent } from './batch.ts';
import type { Queryable } from './database.ts';
import { type ParameterWriter, takeWriter } from './parameter-writer.ts';
import type { Registry } from './registry.ts';
import { statement } from './statement.ts';

export interface TenantBatch {
  readonly tenantId: string;
  readonly batch: Batch;
  readonly commands: readonly { readonly request: ExecuteRequest; readonly decided: Decided }[];
}

export interface KnownRequest {
  readonly scope: string;
  readonly key: string;
  readonly requestHash: string;
  readonly status: number;
  readonly position: number;
  readonly version: number;
  readonly body: string;
}

export type Outcome =
  | { readonly kind: 'done'; readonly committedAt: string }
  /** `missed` is null when there is too much of it to fold. */
  | { readonly kind: 'moved'; readonly missed: readonly LoggedEvent[] | null }
  | { readonly kind: 'known'; readonly requests: readonly KnownRequest[] };

const lineEnd = '\u001e';
const fieldEnd = '\u001f';
const noScope = '00000000-0000-0000-0000-000000000000';

const commitText = 'select tenant_id, outcome, committed_at, detail from ledger.commit($1, $2, $3, $4, $5)';
const commitStatement = statement('commit', commitText);
const holdStatement = statement('hold_heads', commitText);

/** Of data and answers; a batch beyond it is one command over many objects. */
export const largeBytes = 1 << 20;
/** Ten times what a busy machine was seen to take for so much. */
const timePerLargeMs = 8_000;

export function scopeOf(request: ExecuteRequest): string {
  return request.actor.key_id ?? request.actor.operator_id ?? noScope;
}

interface OutcomeRow extends Record<string, unknown> {
  readonly tenant_id: string;
  readonly outcome: 'done' | 'moved' | 'known';
  readonly committed_at: string;
  readonly detail: string | null;
}

/** One round trip, durable when it returns. Batches must be sorted by tenant id. */
export async function commitBatches(
  database: Queryable,
  registry: Registry,
  batches: readonly TenantBatch[],
): Promise<Map<string, Outcome>> {
  const writer = takeWriter();
  writeCall(writer, registry, batches);
  const bytes = batches.reduce((sum, { batch }) => sum + batch.bytes, 0);
  const query =
    bytes > largeBytes ? { ...commitStatement, timeoutMs: (bytes / largeBytes) * timePerLargeMs } : commitStatement;
  const rows = await database.platform<OutcomeRow>(query, writer.finish());
  // After a failure the socket may still be reading from its memory.
  writer.giveBack();
  return outcomesOf(rows);
}

/** In a transaction: a commit of nothing, which locks the heads and tells what was missed. Sorted as batches are. */
export async function holdHeads(
  session: Queryable,
  batches: readonly { readonly tenantId: string; readonly batch: { readonly expected: number } }[],
): Promise<Map<string, Outcome>> {
  const tenantIds = batches.map(({ tenantId }) => tenantId);
  const expected = batches.map(({ batch }) => batch.expected);
  return outcomesOf(await session.platform<OutcomeRow>(holdStatement, [tenantIds, expected, '', '', '']));
}

function outcomesOf(rows: readonly OutcomeRow[]): Map<string, Outcome> {
  return new Map(rows.map((row) => [row.tenant_id, readOutcome(row)]));
}

function writeCall(writer: ParameterWriter, registry: Registry, batches: readonly TenantBatch[]): void {
  writer.begin();
  writer.write(`{${batches.map(({ tenantId }) => tenantId).join(',')}}`);
  writer.begin();
  writer.write(`{${batches.map(({ batch }) => batch.expected).join(',')}}`);
  writer.begin();
  const eventLines = new Lines(writer);
  batches.forEach((batch, index) => writeEvents(eventLines, batch, index + 1));
  writer.begin();
  const requestLines = new Lines(writer);
  batches.forEach((batch, index) => writeRequests(requestLines, batch, index + 1));
  writer.begin();
  const views = emptyViews(registry);
  batches.forEach(({ batch }, index) => encodeViews(registry, batch, index + 1, views));
  writeViews(new Lines(writer), views);
}

class Lines {
  private readonly writer: ParameterWriter;
  private first = true;

  constructor(writer: ParameterWriter) {
    this.writer = writer;
  }

  /** The fields but the last are short; joining them is cheaper than writing each. */
  add(fields: string, last = ''): void {
    this.writer.write(this.first ? fields : lineEnd + fields);
    if (last !== '') this.writer.write(last);
    this.first = false;
  }

  extend(text: string): void {
    this.writer.write(text);
  }
}

function readOutcome(row: OutcomeRow): Outcome {
  if (row.outcome === 'done') return { kind: 'done', committedAt: row.committed_at };
  const detail = row.detail === null ? null : (JSON.parse(row.detail) as unknown);
  if (row.outcome === 'moved') return { kind: 'moved', missed: detail as LoggedEvent[] | null };
  return { kind: 'known', requests: readKnown(detail as StoredRequest[]) };
}

interface StoredRequest {
  readonly s: string;
  readonly k: string;
  readonly h: string;
  readonly c: number;
  readonly p: number;
  readonly v: number;
  readonly b: string;
}

function readKnown(stored: readonly StoredRequest[]): KnownRequest[] {
  return stored.map((row) => ({
    scope: row.s,
    key: row.k,
    requestHash: row.h,
    status: row.c,
    position: row.p,
    version: row.v,
    body: row.b,
  }));
}

function writeEvents(lines: Lines, { batch }: TenantBatch, place: number): void {
  batch.events.forEach((event, index) => lines.add(eventFields(event, place), batch.dataTexts[index]));
}

/** All but the data, which comes last. An empty field is null. */
function eventFields(event: StagedEvent, place: number): string {
  const { stream, eventId, version, type, schema, project_id, causationId } = event;
  const cause = causationId === null ? 'null' : `"${causationId}"`;
  const ids = `${place}${fieldEnd}${eventId}${fieldEnd}${stream.type}${fieldEnd}${stream.id}${fieldEnd}${version}`;
  const kind = `${type}${fieldEnd}${schema}${fieldEnd}${project_id ?? ''}${fieldEnd}${actorText(event.actor)}`;
  const command = JSON.stringify(event.commandId);
  const correlation = JSON.stringify(event.correlationId);
  return `${ids}${fieldEnd}${kind}${fieldEnd}${command}${fieldEnd}${correlation}${fieldEnd}${cause}${fieldEnd}`;
}

/** Only a key that the caller chose can come again, so only those are looked up and remembered. */
function writeRequests(lines: Lines, { commands }: TenantBatch, place: number): void {
  for (const { request, decided } of commands) {
    if (!request.idempotency.supplied) continue;
    const { key, requestHash } = request.idempotency;
    const { status, position, version, body } = decided;
    const fields = [place, scopeOf(request), key, requestHash.toString('hex'), status, position, version, ''];
    lines.add(fields.join(fieldEnd), body);
  }
}

/** In the order in which the views are registered, so that no row points at one that is written after it. */
function emptyViews(registry: Registry): Map<string, string[]> {
  const views = new Map<string, string[]>();
  for (const ofStream of registry.views.values()) for (const { name } of ofStream) views.set(name, []);
  return views;
}

function writeViews(lines: Lines, views: ReadonlyMap<string, readonly string[]>): void {
  for (const [name, rows] of views) {
    if (rows.length === 0) continue;
    lines.add(`${name}${lineEnd}[`);
    rows.forEach((row, index) => lines.extend(index === 0 ? row : `,${row}`));
    lines.extend(']');
  }
}

/** Adds the rows of each view that the batch touched. */
function encodeViews(registry: Registry, batch: Batch, place: number, views: Map<string, string[]>): void {
  for (const { type, id, entry, facts, last } of batch.streams.values()) {
    for (const view of registry.views.get(type) ?? []) {
      const rows = views.get(view.name);
      const change = { id, version: entry.version, position: last, state: entry.state, facts };
      for (const row of view.project(change)) rows?.push(JSON.stringify({ t: place, ...row }));
    }
  }
}
