// A batch: commands of one tenant decided in order against memory, each seeing what the ones before it did.
import { canonicalJson } from '../kernel/canonical.ts';
import type { Actor } from '../kernel/actor.ts';
import { signCapability } from '../kernel/capability.ts';
import { type CommandDefinition, type LookupDefinition, reportedOf, type World } from '../kernel/command.ts';
import { entryFits } from '../kernel/entry-size.ts';
import {
  type Fact,
  type Loaded,
  type NewEvent,
  pendingTime,
  type StreamDefinition,
  type StreamRef,
} from '../kernel/event.ts';
import { newId } from '../kernel/id.ts';
import { mayTouch } from '../kernel/lineage.ts';
import { signingKeyInForce } from '../policies/signing-key.ts';
import { absent, type Entry, evolveEntry, foldLookup, type Memory, type TenantMemory } from './memory.ts';
import { errorOf } from './constraint.ts';
import { ledgerRefusals } from './refusals.ts';
import type { Registry } from './registry.ts';
import { drawSecret, type TenantKeys } from './tenant-keys.ts';

export interface Subject {
  readonly id: string;
  readonly state: unknown;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
  /** What the decision reports beside its facts. */
  readonly report?: unknown;
}

export interface ExecuteRequest {
  readonly tenantId: string;
  readonly actor: Actor;
  readonly definition: CommandDefinition<never>;
  readonly command: unknown;
  readonly correlationId: string;
  readonly causationId?: string | null;
  readonly idempotency: { readonly key: string; readonly requestHash: Buffer; readonly supplied: boolean };
  /** From If-Match; null when the caller does not mind. */
  readonly expectedVersion: number | null;
  /** Shows the subject, and of the world what goes with it, after the command. Times that the commit will set stand as `pendingTime`. */
  readonly render: (subject: Subject, world: World) => { readonly status: number; readonly body: string };
}

export type Missing =
  | { readonly kind: 'stream'; readonly type: string; readonly id: string }
  | { readonly kind: 'lookup'; readonly name: string; readonly key: string }
  /** A private key: the id of a signing key, or `drawSecret`. */
  | { readonly kind: 'tenant-key'; readonly name: string };

/** Thrown by the world when a decision asks for what is not in memory; deciders are pure, so they simply run again. */
class Suspension extends Error {
  readonly missing: readonly Missing[];
  constructor(...missing: readonly Missing[]) {
    super('not in memory');
    this.missing = missing;
  }
}

export interface StagedEvent extends NewEvent {
  readonly eventId: string;
  readonly version: number;
  readonly actor: Actor;
  readonly commandId: string;
  readonly correlationId: string;
  readonly causationId: string | null;
}

export interface Decided {
  readonly status: number;
  readonly body: string;
  readonly version: number;
  /** Position of the last event; that of the head when there was none. */
  readonly position: number;
  /** Null when the command changed nothing. */
  readonly firstEventId: string | null;
  readonly firstPosition: number;
}

export type Verdict =
  | { readonly kind: 'decided'; readonly decided: Decided }
  | { readonly kind: 'refused'; readonly refusal: Error }
  | { readonly kind: 'missing'; readonly missing: readonly Missing[] };

/** Canonical text of an actor; the same actor object serves all requests of a key. */
const actorTexts = new WeakMap<Actor, string>();
export function actorText(actor: Actor): string {
  let text = actorTexts.get(actor);
  if (text === undefined) {
    text = canonicalJson({ ...actor });
    actorTexts.set(actor, text);
  }
  return text;
}

export interface BatchSources {
  readonly registry: Registry;
  readonly memory: Memory;
  /** Null where no command signs or draws. */
  readonly tenantKeys: TenantKeys | null;
}

export class Batch {
  readonly events: StagedEvent[] = [];
  /** Canonical data of each event, in step with `events`. */
  readonly dataTexts: string[] = [];
  readonly streams = new Map<
    string,
    { readonly type: string; readonly id: string; entry: Entry; facts: Fact[]; last: number }
  >();
  readonly expected: number;
  bytes = 0;
  private readonly lookups = new Map<string, { readonly name: string; readonly key: string; value: unknown }>();
  private readonly registry: Registry;
  private readonly memory: Memory;
  private readonly tenantKeys: TenantKeys | null;
  private readonly tenant: TenantMemory;
  /** The batch that has to land before this one; null once it has. */
  private before: Batch | null;

  constructor({ registry, memory, tenantKeys }: BatchSources, tenant: TenantMemory, before: Batch | null = null) {
    this.registry = registry;
    this.memory = memory;
    this.tenantKeys = tenantKeys;
    this.tenant = tenant;
    this.before = before;
    this.expected = before === null ? tenant.position : before.expected + before.events.length;
  }

  /** The batch before this one is in memory now. */
  follow(): void {
    this.before = null;
  }

  decide(request: ExecuteRequest): Verdict {
    try {
      return { kind: 'decided', decided: this.stage(request) };
    } catch (error) {
      if (error instanceof Suspension) return { kind: 'missing', missing: error.missing };
      return { kind: 'refused', refusal: errorOf(error) };
    }
  }

  /** Puts what the batch did into memory, once it is committed. */
  settle(committedAt: string): void {
    for (const { type, id, entry } of this.streams.values()) {
      const settled = {
        ...entry,
        created_at: entry.created_at === pendingTime ? committedAt : entry.created_at,
        updated_at: entry.updated_at === pendingTime ? committedAt : entry.updated_at,
      };
      this.memory.keepStream(this.tenant, type, id, settled);
    }
    for (const { name, key, value } of this.lookups.values()) this.memory.keepLookup(this.tenant, name, key, value);
    this.tenant.position = this.expected + this.events.length;
  }

  private stage(request: ExecuteRequest): Decided {
    const definition = request.definition as CommandDefinition<unknown>;
    const world = this.worldOf(request);
    const subject = definition.subject(request.command);
    requireScope(request.actor, subject);
    definition.authorize(request.command, world);
    if (request.expectedVersion !== null) this.requireVersion(subject.type, subject.id, request.expectedVersion);
    const { events: drafts, report } = reportedOf(definition.decide(request.command, world));
    this.requireStreams(drafts);
    const firstPosition = this.expected + this.events.length + 1;
    const staged = this.prepare(request, drafts);
    for (const [event, text] of staged) this.apply(event, text);
    const entry = this.entryOf(subject.type, subject.id) ?? absent;
    const { status, body } = request.render({ id: subject.id, ...entry, report }, world);
    this.bytes += body.length;
    return {
      status,
      body,
      version: entry.version,
      position: this.expected + this.events.length,
      firstEventId: staged[0]?.[0].eventId ?? null,
      firstPosition,
    };
  }

  /** A decider may speak of streams that it never looked at: a suspended tenant stops keys by their ids alone. */
  private requireStreams(drafts: readonly NewEvent[]): void {
    const unknown = drafts.filter(({ type, stream }) => {
      if (this.registry.streams.get(stream.type)?.births?.has(type) === true) return false;
      return this.entryOf(stream.type, stream.id) === undefined;
    });
    if (unknown.length === 0) return;
    const refs = new Map(unknown.map(({ stream }) => [`${stream.type}:${stream.id}`, stream]));
    throw new Suspension(...[...refs.values()].map(({ type, id }) => ({ kind: 'stream' as const, type, id })));
  }

  /** Everything that may still refuse happens here, before anything is applied. */
  private prepare(request: ExecuteRequest, drafts: readonly NewEvent[]): [StagedEvent, string][] {
    const versions = new Map<string, number>();
    return drafts.map((draft) => {
      const key = `${draft.stream.type}:${draft.stream.id}`;
      const before = versions.get(key) ?? this.entryOf(draft.stream.type, draft.stream.id)?.version ?? 0;
      versions.set(key, before + 1);
      const text = canonicalJson(draft.data);
      if (!entryFits(text)) {
        throw ledgerRefusals.refuse(
          'entry_too_large',
          'This change is larger than one entry of the log may be (63 KiB).',
        );
      }
      const event = {
        ...draft,
        eventId: newId(),
        version: before + 1,
        actor: request.actor,
        commandId: request.idempotency.key,
        correlationId: request.correlationId,
        causationId: request.causationId ?? null,
      };
      return [event, text];
    });
  }

  private apply(event: StagedEvent, text: string): void {
    const { type, id } = event.stream;
    const definition = this.registry.streams.get(type);
    if (definition === undefined) throw new Error(`stream type ${type} is not registered`);
    const { stream, version, schema, data } = event;
    const fact: Fact = { stream, version, type: event.type, schema, data, actor: { ...event.actor } };
    const entry = evolveEntry(definition, this.entryOf(type, id) ?? absent, fact, pendingTime);
    const key = `${type}:${id}`;
    const staged = this.streams.get(key);
    const last = this.expected + this.events.length + 1;
    if (staged === undefined) this.streams.set(key, { type, id, entry, facts: [fact], last });
    else {
      staged.entry = entry;
      staged.facts.push(fact);
      staged.last = last;
    }
    this.events.push(event);
    this.dataTexts.push(text);
    this.bytes += text.length;
    for (const { definition: lookup } of this.registry.lookups.values()) this.foldInto(lookup, fact);
  }

  private foldInto(definition: LookupDefinition<unknown>, fact: Fact): void {
    const key = definition.keyOf(fact);
    if (key === null) return;
    const name = definition.name;
    const held = this.heldLookup(name, key);
    if (held !== undefined)
      this.lookups.set(`${name}?${key}`, { name, key, value: foldLookup(definition, held.value, fact, key) });
  }

  private heldLookup(name: string, key: string): { readonly value: unknown } | undefined {
    const place = `${name}?${key}`;
    return this.lookups.get(place) ?? this.before?.lookups.get(place) ?? this.memory.lookup(this.tenant, name, key);
  }

  private entryOf(type: string, id: string): Entry | undefined {
    const place = `${type}:${id}`;
    const staged = this.streams.get(place);
    if (staged !== undefined) return staged.entry;
    // Its times are not known before that batch has landed.
    if (this.before?.streams.has(place) === true) throw new Suspension({ kind: 'stream', type, id });
    return this.memory.stream(this.tenant, type, id);
  }

  private entriesOf(type: string, ids: readonly string[]): (Entry | undefined)[] {
    const entries = ids.map((id) => this.entryOf(type, id));
    const missing = ids.filter((_, at) => entries[at] === undefined);
    if (missing.length > 0) throw new Suspension(...missing.map((id) => ({ kind: 'stream' as const, type, id })));
    return entries.map((entry) => (entry?.version === 0 ? undefined : entry));
  }

  private requireVersion(type: string, id: string, expected: number): void {
    const entry = this.entryOf(type, id);
    if (entry === undefined) throw new Suspension({ kind: 'stream', type, id });
    if (entry.version === expected) return;
    throw ledgerRefusals.refuse('version_conflict', `The object is at version ${entry.version}, not ${expected}.`, {
      members: { current_version: entry.version },
    });
  }

  private get keys(): TenantKeys {
    if (this.tenantKeys === null) throw new Error('this ledger was given no keys of tenants');
    return this.tenantKeys;
  }

  private worldOf(request: ExecuteRequest): World {
    const { tenantId } = request;
    const lookup = <Value>(definition: LookupDefinition<Value>, key: string): Value => {
      const name = definition.name;
      const held = this.heldLookup(name, key);
      if (held === undefined) throw new Suspension({ kind: 'lookup', name, key });
      return held.value as Value;
    };
    return {
      actor: request.actor,
      tenantId,
      now: new Date().toISOString(),
      newId: () => newId(),
      find: <State>(definition: StreamDefinition<State>, id: string): Loaded<State> | undefined => {
        const entry = this.entryOf(definition.type, id);
        if (entry === undefined) throw new Suspension({ kind: 'stream', type: definition.type, id });
        return entry.version === 0 ? undefined : (entry as Loaded<State>);
      },
      findAll: <State>(definition: StreamDefinition<State>, ids: readonly string[]) =>
        this.entriesOf(definition.type, ids) as readonly (Loaded<State> | undefined)[],
      lookup,
      capability: (claims) => {
        const name = lookup(signingKeyInForce, 'capability');
        if (name === null) throw new Error('the tenant has no key for capabilities');
        const signer = this.keys.heldSigner(tenantId, name);
        if (signer === undefined) throw new Suspension({ kind: 'tenant-key', name });
        return signCapability(claims, signer);
      },
      drawSeed: (n) => {
        const seed = this.keys.heldSeed(tenantId, n);
        if (seed === undefined) throw new Suspension({ kind: 'tenant-key', name: drawSecret });
        return seed;
      },
    };
  }
}

/** Here and not in each policy, so that no command can forget it. */
function requireScope(actor: Actor, subject: StreamRef): void {
  if (mayTouch(actor, subject)) return;
  throw ledgerRefusals.refuse(
    'story_scope_exceeded',
    'Your dispatch is for one story, and this is about something else.',
  );
}
