// State cache of one process: streams and look-ups, exact at the position that the process has folded for the tenant.
import type { LookupDefinition } from '../kernel/command.ts';
import { type Fact, type Loaded, liftFact, type LoggedEvent, type StreamDefinition } from '../kernel/event.ts';
import type { Registry } from './registry.ts';

/** A stream that does not exist is remembered too, as version 0. */
export type Entry = Loaded<unknown>;
export const absent: Entry = { state: undefined, version: 0, created_at: '', updated_at: '' };

export interface TenantMemory {
  /** Number of this filling: dropping a tenant's memory is taking a new number. */
  readonly filling: number;
  position: number;
  /** Races lost in a row, as of the last time when nothing of the tenant was waiting. */
  losses: number;
}

export interface Memory {
  tenant(tenantId: string): TenantMemory | undefined;
  open(tenantId: string, position: number): TenantMemory;
  drop(tenantId: string): void;
  stream(memory: TenantMemory, type: string, id: string): Entry | undefined;
  keepStream(memory: TenantMemory, type: string, id: string, entry: Entry): void;
  /** One that a decision asked for: it stays among what is in use, however many are asked for at once. */
  keepAsked(memory: TenantMemory, type: string, id: string, entry: Entry): void;
  lookup(memory: TenantMemory, name: string, key: string): { readonly value: unknown } | undefined;
  keepLookup(memory: TenantMemory, name: string, key: string, value: unknown): void;
  /** Folds events that another process wrote, in order, and moves the position. A look-up that folds one twice is wrong for good. */
  absorb(memory: TenantMemory, events: readonly LoggedEvent[]): void;
}

export function evolveEntry(definition: StreamDefinition<unknown>, entry: Entry, fact: Fact, at: string): Entry {
  return {
    state: definition.evolve(entry.version === 0 ? undefined : entry.state, liftFact(definition, fact)),
    version: fact.version,
    created_at: entry.version === 0 ? at : entry.created_at,
    updated_at: at,
  };
}

export function foldLookup(definition: LookupDefinition<unknown>, value: unknown, fact: Fact, key: string): unknown {
  return definition.keyOf(fact) === key ? definition.fold(value, fact) : value;
}

const maxFreshEntries = 4_096;

interface Generations {
  has(key: string): boolean;
  find(key: string): unknown;
  /** Finds and forgets. */
  take(key: string): unknown;
  keep(key: string, value: unknown): void;
}

/**
 * Two generations: what is used moves to the young one, and a full young one makes the old one forgotten. As good as
 * least-recently-used, at a tenth of its price.
 */
function makeGenerations(limit: number): Generations {
  let young = new Map<string, unknown>();
  let old = new Map<string, unknown>();

  function keep(key: string, value: unknown): void {
    young.set(key, value);
    if (young.size * 2 <= limit) return;
    old = young;
    young = new Map();
  }

  return {
    keep,
    has: (key) => young.has(key) || old.has(key),
    find(key) {
      const value = young.get(key);
      if (value !== undefined) return value;
      const aged = old.get(key);
      if (aged !== undefined) keep(key, aged);
      return aged;
    },
    take(key) {
      const value = young.get(key) ?? old.get(key);
      if (value === undefined) return undefined;
      young.delete(key);
      old.delete(key);
      return value;
    },
  };
}

export function createMemory(
  registry: Registry,
  limits: { readonly entries: number; readonly tenants: number },
): Memory {
  const tenants = new Map<string, TenantMemory>();
  const known = makeGenerations(limits.entries);
  // Most streams are written once and not asked for again for long. Among what is in use their states would be most of
  // the heap, and moving and marking them a quarter of a busy process's work.
  const fresh = makeGenerations(Math.min(limits.entries, maxFreshEntries));
  let fillings = 0;

  function find(key: string): unknown {
    const value = known.find(key);
    if (value !== undefined) return value;
    const asked = fresh.take(key);
    if (asked !== undefined) known.keep(key, asked);
    return asked;
  }

  function keep(key: string, value: unknown, asked = false): void {
    if (asked) fresh.take(key);
    if (asked || known.has(key)) known.keep(key, value);
    else fresh.keep(key, value);
  }

  const streamKey = (memory: TenantMemory, type: string, id: string): string => `${memory.filling}:${type}:${id}`;
  const lookupKey = (memory: TenantMemory, name: string, key: string): string => `${memory.filling}?${name}?${key}`;

  const self: Memory = {
    tenant: (tenantId) => tenants.get(tenantId),
    open(tenantId, position) {
      fillings += 1;
      const memory = { filling: fillings, position, losses: 0 };
      tenants.delete(tenantId);
      tenants.set(tenantId, memory);
      if (tenants.size > limits.tenants) evictOldest(tenants);
      return memory;
    },
    drop: (tenantId) => void tenants.delete(tenantId),
    stream: (memory, type, id) => find(streamKey(memory, type, id)) as Entry | undefined,
    keepStream: (memory, type, id, entry) => keep(streamKey(memory, type, id), entry),
    keepAsked: (memory, type, id, entry) => keep(streamKey(memory, type, id), entry, true),
    lookup: (memory, name, key) => find(lookupKey(memory, name, key)) as { value: unknown } | undefined,
    keepLookup: (memory, name, key, value) => keep(lookupKey(memory, name, key), { value }),
    absorb(memory, events) {
      for (const event of events.filter(({ position }) => position > memory.position)) {
        const entry = find(streamKey(memory, event.stream.type, event.stream.id)) as Entry | undefined;
        const definition = registry.streams.get(event.stream.type);
        if (entry !== undefined && definition !== undefined && event.version === entry.version + 1) {
          const next = evolveEntry(definition, entry, event, event.recorded_at);
          keep(streamKey(memory, event.stream.type, event.stream.id), next);
        }
        absorbLookups(memory, event);
        memory.position = event.position;
      }
    },
  };

  function absorbLookups(memory: TenantMemory, event: LoggedEvent): void {
    for (const { definition } of registry.lookups.values()) {
      const key = definition.keyOf(event);
      if (key === null) continue;
      const held = find(lookupKey(memory, definition.name, key)) as { value: unknown } | undefined;
      if (held === undefined) continue;
      keep(lookupKey(memory, definition.name, key), { value: definition.fold(held.value, event) });
    }
  }

  return self;
}

function evictOldest(map: Map<string, unknown>): void {
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}
