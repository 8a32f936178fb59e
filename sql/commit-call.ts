// The one call that writes: encodes batches for ledger.commit and reads its outcomes.
import type { LoggedEvent } from '../kernel/event.ts';
import { actorText, type Batch, type Decided, type ExecuteRequest, type StagedEvent } from './batch.ts';
import type { Database } from './database.ts';
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

const separator = '\u001e';
const noScope = '00000000-0000-0000-0000-000000000000';

const commitStatement = statement(
  'commit',
  'select tenant_id, outcome, head, committed_at, detail from ledger.commit($1)',
);

export function scopeOf(request: ExecuteRequest): string {
  return request.actor.key_id ?? noScope;
}

/** One round trip, durable when it returns. Batches must be sorted by tenant id. */
export async function commitBatches(
  database: Database,
  registry: Registry,
  batches: readonly TenantBatch[],
): Promise<Map<string, Outcome>> {
  const parts: string[] = [];
  for (const batch of batches) encodeBatch(registry, batch, parts);
  const rows = await database.platform<{ tenant_id: string; outcome: string; committed_at: string; detail: string | null }>(
    commitStatement,
    [parts.join(separator)],
  );
  return new Map(rows.map((row) => [row.tenant_id, readOutcome(row)]));
}

function readOutcome(row: { outcome: string; committed_at: string; detail: string | null }): Outcome {
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

function encodeBatch(registry: Registry, { tenantId, batch, commands }: TenantBatch, parts: string[]): void {
  const views = encodeViews(registry, batch);
  const supplied = commands.filter(({ request }) => request.idempotency.supplied);
  parts.push(
    tenantId,
    String(batch.expected),
    String(views.length / 2),
    jsonList(supplied, ({ request }) => `{"s":"${scopeOf(request)}","k":${JSON.stringify(request.idempotency.key)}}`),
    jsonList(batch.events, (event, index) => encodeEvent(event, index, batch.dataTexts[index] as string)),
    jsonList(supplied, ({ request, decided }) => encodeRequest(request, decided)),
    ...views,
  );
}

function jsonList<Item>(items: readonly Item[], encode: (item: Item, index: number) => string): string {
  return items.length === 0 ? '' : `[${items.map(encode).join(',')}]`;
}

function encodeEvent(event: StagedEvent, index: number, dataText: string): string {
  const project = event.project_id === null ? 'null' : `"${event.project_id}"`;
  const cause = event.causationId === null ? 'null' : `"${event.causationId}"`;
  return (
    `{"n":${index + 1},"i":"${event.eventId}","st":"${event.stream.type}","si":"${event.stream.id}","v":${event.version}` +
    `,"t":"${event.type}","s":${event.schema},"p":${project},"a":${actorText(event.actor)}` +
    `,"c":${JSON.stringify(event.commandId)},"co":${JSON.stringify(event.correlationId)},"ca":${cause},"d":${dataText}}`
  );
}

function encodeRequest(request: ExecuteRequest, decided: Decided): string {
  const { key, requestHash } = request.idempotency;
  return (
    `{"s":"${scopeOf(request)}","k":${JSON.stringify(key)},"h":"${requestHash.toString('hex')}","c":${decided.status}` +
    `,"p":${decided.position},"v":${decided.version},"b":${JSON.stringify(decided.body)}}`
  );
}

/** Name and rows of each view that the batch touched. */
function encodeViews(registry: Registry, batch: Batch): string[] {
  const rows = new Map<string, { upsert: unknown[]; remove: string[] }>();
  for (const { type, id, entry, facts, last } of batch.streams.values()) {
    for (const view of registry.views.get(type) ?? []) {
      const change = view.project({ id, version: entry.version, position: last, state: entry.state, facts });
      const all = rows.get(view.name) ?? { upsert: [], remove: [] };
      all.upsert.push(...change.upsert);
      all.remove.push(...change.remove);
      rows.set(view.name, all);
    }
  }
  return [...rows].flatMap(([name, all]) => [name, JSON.stringify(all)]);
}
