// Fills a tenant's memory: streams from the log, look-ups from views, and everything missed in between, in one snapshot.
import type { Fact, LoggedEvent } from '../kernel/event.ts';
import type { Missing } from './batch.ts';
import { absent, evolveEntry, foldLookup, type Memory, type TenantMemory } from './memory.ts';
import type { Queryable } from './database.ts';
import type { Registry } from './registry.ts';
import { statement } from './statement.ts';
import type { TenantKeys } from './tenant-keys.ts';

export interface Loading {
  readonly database: Queryable;
  readonly registry: Registry;
  readonly memory: Memory;
  readonly tenantKeys: TenantKeys | null;
}

interface LogRow extends Record<string, unknown> {
  readonly head: number;
  readonly kind: 'head' | 'missed' | 'stream';
  readonly entry: string | null;
}

/** Beyond this many missed events it is cheaper to forget the tenant and to load afresh. */
const maxMissed = 1000;

// One statement, hence one snapshot: the head, what this process has not folded yet, and the streams that it needs.
const loadStatement = statement(
  'load_streams',
  `with head as (select h.position from ledger.heads h where h.tenant_id = $1)
   select head.position as head, 'head' as kind, null::text as entry, 0::bigint as at from head
   union all
   select head.position, 'missed', e.entry, e.position
     from head
    cross join lateral (
      -- Bounded, or the planner takes a third of the log for what may have been missed, and reads all of it.
      select l.entry, l.position from ledger.events l
       where l.tenant_id = $1 and l.position > $2 and l.position <= $2 + ${maxMissed}
       order by l.position limit ${maxMissed}
    ) e
    where head.position - $2 <= $3
   union all
   select head.position, 'stream', e.entry, e.position
     from head
    cross join unnest($4::text[], $5::uuid[]) as wanted(type, id)
     join ledger.events e on e.tenant_id = $1 and e.stream_id = wanted.id and e.stream_type = wanted.type
    order by kind, at`,
);

export async function load(loading: Loading, tenantId: string, missing: readonly Missing[]): Promise<TenantMemory> {
  await loadKeys(loading, tenantId, missing);
  const lookups = await loadLookups(loading, tenantId, missing);
  const { database, memory, registry } = loading;
  const known = memory.tenant(tenantId);
  const wanted = missing.filter((item) => item.kind === 'stream');
  const since = known?.position ?? Math.min(...lookups.map(({ position }) => position));
  const rows = await database.read<LogRow>(tenantId, loadStatement, [
    tenantId,
    Number.isFinite(since) ? since : 0,
    Number.isFinite(since) ? maxMissed : 0,
    wanted.map((item) => item.type),
    wanted.map((item) => item.id),
  ]);
  const head = rows[0]?.head ?? 0;
  const missed = rows.filter((row) => row.kind === 'missed').map(parseEntry);
  const complete = Number.isFinite(since) && missed.length === head - since;
  const tenant = known === undefined || !complete ? memory.open(tenantId, head) : known;
  if (tenant === known) memory.absorb(tenant, missed);
  const loaded = byStream(rows.filter((row) => row.kind === 'stream').map(parseEntry));
  for (const { type, id } of wanted) {
    memory.keepAsked(tenant, type, id, foldStream(registry, type, loaded.get(`${type}:${id}`) ?? []));
  }
  for (const { name, key, position, value } of lookups) {
    if (!complete && position !== head) continue;
    const definition = registry.lookups.get(name)?.definition;
    if (definition === undefined) continue;
    const later = missed.filter((event) => event.position > position);
    memory.keepLookup(
      tenant,
      name,
      key,
      later.reduce((held, event) => foldLookup(definition, held, event, key), value),
    );
  }
  return tenant;
}

function parseEntry(row: LogRow): LoggedEvent {
  return JSON.parse(row.entry ?? 'null') as LoggedEvent;
}

function byStream(events: readonly LoggedEvent[]): Map<string, LoggedEvent[]> {
  const streams = new Map<string, LoggedEvent[]>();
  for (const event of events) {
    const key = `${event.stream.type}:${event.stream.id}`;
    const known = streams.get(key);
    if (known === undefined) streams.set(key, [event]);
    else known.push(event);
  }
  return streams;
}

function foldStream(registry: Registry, type: string, facts: readonly (Fact & { readonly recorded_at: string })[]) {
  const definition = registry.streams.get(type);
  if (definition === undefined) throw new Error(`stream type ${type} is not registered`);
  return facts.reduce((entry, fact) => evolveEntry(definition, entry, fact, fact.recorded_at), absent);
}

async function loadLookups(loading: Loading, tenantId: string, missing: readonly Missing[]) {
  const wanted = missing.filter((item) => item.kind === 'lookup');
  return Promise.all(
    wanted.map(async ({ name, key }) => {
      const loader = loading.registry.lookups.get(name);
      if (loader === undefined) throw new Error(`look-up ${name} is not registered`);
      return { name, key, ...(await loader.load(loading.database, tenantId, key)) };
    }),
  );
}

async function loadKeys({ tenantKeys, database }: Loading, tenantId: string, missing: readonly Missing[]) {
  const names = missing.filter((item) => item.kind === 'tenant-key').map(({ name }) => name);
  if (names.length > 0) await tenantKeys?.load(tenantId, names, database);
}
