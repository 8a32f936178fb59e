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
  'select tenant_id, outcome, committed_at, detail from ledger.commit($1, $2, $3, $4)',
);

export function scopeOf(request: ExecuteRequest): string {
  return request.actor.key_id ?? noScope;
}

interface OutcomeRow extends Record<string, unknown> {
  readonly tenant_id: string;
  readonly outcome: 'done' | 'moved' | 'known';
  readonly committed_at: string;
  readonly detail: string | null;
}

/** One round trip, durable when it returns. Batches must be sorted by tenant id. */
export async function commitBatches(
  database: Database,
  registry: Registry,
  batches: readonly TenantBatch[],
): Promise<Map<string, Outcome>> {
  const lookups: string[] = [];
  const events: string[] = [];
  const requests: string[] = [];
  const views = new Map<string, string[]>();
  for (const batch of batches) {
    encodeEvents(batch, events);
    encodeRequests(batch, lookups, requests);
    encodeViews(registry, batch, views);
  }
  const rows = await database.platform<OutcomeRow>(commitStatement, [
    jsonList(lookups),
    jsonList(events),
    jsonList(requests),
    [...views].map(([name, list]) => `${name}${separator}[${list.join(',')}]`).join(separator),
  ]);
  return new Map(rows.map((row) => [row.tenant_id, readOutcome(row)]));
}

function jsonList(items: readonly string[]): string | null {
  return items.length === 0 ? null : `[${items.join(',')}]`;
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

function encodeEvents({ tenantId, batch }: TenantBatch, rows: string[]): void {
  const frame = `{"t":"${tenantId}","e":${batch.expected}`;
  if (batch.events.length === 0) rows.push(`${frame}}`);
  batch.events.forEach((event, index) => rows.push(frame + encodeEvent(event, batch.dataTexts[index] as string)));
}

function encodeEvent(event: StagedEvent, dataText: string): string {
  const project = event.project_id === null ? 'null' : `"${event.project_id}"`;
  const cause = event.causationId === null ? 'null' : `"${event.causationId}"`;
  return (
    `,"i":"${event.eventId}","st":"${event.stream.type}","si":"${event.stream.id}","v":${event.version}` +
    `,"k":"${event.type}","s":${event.schema},"p":${project},"a":${actorText(event.actor)}` +
    `,"c":${JSON.stringify(event.commandId)},"co":${JSON.stringify(event.correlationId)},"ca":${cause},"d":${dataText}}`
  );
}

/** Only a key that the caller chose can come again, so only those are looked up and remembered. */
function encodeRequests({ tenantId, commands }: TenantBatch, lookups: string[], requests: string[]): void {
  for (const { request, decided } of commands) {
    if (!request.idempotency.supplied) continue;
    const { key, requestHash } = request.idempotency;
    const frame = `{"t":"${tenantId}","s":"${scopeOf(request)}","k":${JSON.stringify(key)}`;
    lookups.push(`${frame}}`);
    requests.push(
      `${frame},"h":"${requestHash.toString('hex')}","c":${decided.status},"p":${decided.position}` +
        `,"v":${decided.version},"b":${decided.body}}`,
    );
  }
}

/** Adds the rows of each view that the batch touched. */
function encodeViews(registry: Registry, { tenantId, batch }: TenantBatch, views: Map<string, string[]>): void {
  for (const { type, id, entry, facts, last } of batch.streams.values()) {
    for (const view of registry.views.get(type) ?? []) {
      const rows = views.get(view.name) ?? [];
      views.set(view.name, rows);
      const change = { id, version: entry.version, position: last, state: entry.state, facts };
      for (const row of view.project(change)) rows.push(JSON.stringify({ t: tenantId, ...row }));
    }
  }
}
