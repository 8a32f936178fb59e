// Asynchronous projections: read models that follow the log behind the commit, each with a checkpoint per tenant that
// moves in the transaction that writes the rows.
import type { LoggedEvent } from '../kernel/event.ts';
import type { Database } from '../sql/database.ts';
import type { InlineView, Registry } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import { Fold } from './fold.ts';

export interface AsyncProjection {
  /** Also of its database function, `view.project_<name>`. */
  readonly name: string;
  readonly views: readonly InlineView<unknown>[];
}

export interface Progress {
  readonly position: number;
  readonly head: number;
}

interface ReadRow extends Record<string, unknown> {
  readonly reached: number;
  readonly until: number;
  readonly head: number;
  readonly entry: string | null;
}

/** How much of a log one step takes. */
const stepPositions = 1_000;

const readStatement = statement(
  'read_ahead',
  `with place as materialized (
     select coalesce((
              select c.position from view.checkpoints c where c.tenant_id = $1 and c.projection = $2), 0) as reached,
            coalesce((select h.position from ledger.heads h where h.tenant_id = $1), 0) as head
   )
   select place.reached, least(place.reached + ${stepPositions}, place.head) as until, place.head, e.entry
     from place
     left join ledger.events e on e.tenant_id = $1 and e.stream_type = any ($3)
      and e.position > place.reached and e.position <= place.reached + ${stepPositions} and e.position <= place.head
    order by e.position`,
);
const streamsStatement = statement(
  'read_streams_until',
  `select e.entry
     from unnest($2::text[], $3::uuid[]) as wanted(type, id)
     join ledger.events e on e.tenant_id = $1 and e.stream_id = wanted.id and e.stream_type = wanted.type
    where e.position <= $4
    order by e.stream_id, e.version`,
);
const advanceStatement = statement('advance_projection', 'select view.advance($1, $2, $3, $4, $5) as reached');
const reachedStatement = statement('reached_positions', 'select tenant_id, reached from view.reached($1, $2)');

export function foldOf(projection: AsyncProjection): Fold {
  const streams = new Map(projection.views.map(({ stream }) => [stream.type, stream]));
  const views = new Map<string, InlineView<unknown>[]>();
  for (const view of projection.views) views.set(view.stream.type, [...(views.get(view.stream.type) ?? []), view]);
  return new Fold({ streams, views } satisfies Pick<Registry, 'streams' | 'views'>);
}

export interface Step {
  readonly database: Database;
  readonly projection: AsyncProjection;
  readonly tenantId: string;
  readonly fold: Fold;
}

/** One step of a projection through a tenant's log; null when another worker is at it. */
export async function advance({ database, projection, tenantId, fold }: Step): Promise<Progress | null> {
  const types = [...new Set(projection.views.map(({ stream }) => stream.type))];
  const rows = await database.read<ReadRow>(tenantId, readStatement, [tenantId, projection.name, types]);
  const [first] = rows;
  if (first === undefined || first.until <= first.reached) {
    return { position: first?.reached ?? 0, head: first?.head ?? 0 };
  }
  const { reached, until, head } = first;
  const events = rows.filter(({ entry }) => entry !== null).map(parseEntry);
  await loadStates({ database, tenantId, fold, reached }, events);
  for (const event of events) fold.add(event);
  const rounds = fold.take().get(projection.name) ?? [];
  const texts = rounds.map(({ rows: list, times }) => `{"rows":[${list.join(',')}],"times":${JSON.stringify(times)}}`);
  const values = [projection.name, tenantId, reached, until, `[${texts.join(',')}]`];
  const [answer] = await database.platform<{ reached: number | null }>(advanceStatement, values);
  return typeof answer?.reached === 'number' ? { position: answer.reached, head } : null;
}

interface Loading {
  readonly database: Database;
  readonly tenantId: string;
  readonly fold: Fold;
  readonly reached: number;
}

/** Streams that are not in memory at the version before their first event here are read from their beginning. */
async function loadStates(
  { database, tenantId, fold, reached }: Loading,
  events: readonly LoggedEvent[],
): Promise<void> {
  const first = new Map<string, LoggedEvent>();
  for (const event of events) {
    const key = `${event.stream.type}:${event.stream.id}`;
    if (!first.has(key)) first.set(key, event);
  }
  const unknown = [...first.values()].filter((event) => !fold.isReadyFor(event)).map(({ stream }) => stream);
  if (unknown.length === 0) return;
  const rows = await database.read<{ entry: string }>(tenantId, streamsStatement, [
    tenantId,
    unknown.map(({ type }) => type),
    unknown.map(({ id }) => id),
    reached,
  ]);
  fold.load(rows.map(parseEntry));
}

function parseEntry(row: { readonly entry: string | null }): LoggedEvent {
  return JSON.parse(row.entry ?? 'null') as LoggedEvent;
}

/** How far the projection has come in each of the tenants. */
export async function readReached(
  database: Database,
  projection: string,
  tenantIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await database.platform<{ tenant_id: string; reached: number }>(reachedStatement, [
    projection,
    tenantIds,
  ]);
  return new Map(rows.map(({ tenant_id, reached }) => [tenant_id, reached]));
}
