// Learns what became of earlier requests: by their idempotency row, or by the events that they would have written.
import type { Decided, ExecuteRequest } from './batch.ts';
import { type KnownRequest, scopeOf } from './commit-call.ts';
import type { Queryable } from './database.ts';
import type { Pending } from './lane.ts';
import { statement } from './statement.ts';

const requestStatement = statement(
  'find_requests',
  `select r.scope, r.command_id as key, encode(r.request_hash, 'hex') as "requestHash", r.status, r.position, r.version, r.body
     from unnest($2::uuid[], $3::text[]) as wanted(scope, key)
     join ledger.requests r on r.tenant_id = $1 and r.scope = wanted.scope and r.command_id = wanted.key`,
);

/** All of one tenant. */
export function findRequests(database: Queryable, requests: readonly ExecuteRequest[]): Promise<KnownRequest[]> {
  const tenantId = requests[0]?.tenantId ?? '';
  return database.read<KnownRequest & Record<string, unknown>>(tenantId, requestStatement, [
    tenantId,
    requests.map(scopeOf),
    requests.map((request) => request.idempotency.key),
  ]);
}

const attemptStatement = statement(
  'find_attempts',
  `select e.event_id, e.recorded_at from ledger.events e where e.tenant_id = $1 and e.position = any($2::bigint[])`,
);

interface AttemptRow extends Record<string, unknown> {
  readonly event_id: string;
  readonly recorded_at: string;
}

/** Which commands were committed by an attempt whose answer was lost. All of one tenant. */
export async function findAttempts(
  database: Queryable,
  pendings: readonly Pending[],
): Promise<Map<Pending, { readonly decided: Decided; readonly committedAt: string }>> {
  const tenantId = pendings[0]?.request.tenantId ?? '';
  const positions = pendings.flatMap((pending) => pending.attempts.map(({ decided }) => decided.firstPosition));
  const rows = await database.read<AttemptRow>(tenantId, attemptStatement, [tenantId, positions]);
  const times = new Map(rows.map((row) => [row.event_id, row.recorded_at]));
  const done = new Map<Pending, { decided: Decided; committedAt: string }>();
  for (const pending of pendings) {
    for (const { decided } of pending.attempts) {
      const committedAt = times.get(decided.firstEventId ?? '');
      if (committedAt !== undefined) done.set(pending, { decided, committedAt });
    }
  }
  return done;
}
