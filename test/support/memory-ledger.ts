// A ledger in memory: what commands decide is folded at once, with no database and no clock. A copy costs next to nothing,
// so that a spec may try what it does not mean to do.
import { createHmac } from 'node:crypto';
import type { Actor } from '../../kernel/actor.ts';
import { signCapability } from '../../kernel/capability.ts';
import { type CommandDefinition, type LookupDefinition, reportedOf, type World } from '../../kernel/command.ts';
import { seedOf } from '../../kernel/draw.ts';
import type { Fact, Loaded, NewEvent, StreamDefinition } from '../../kernel/event.ts';
import { mayTouch } from '../../kernel/lineage.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { Signer } from '../../kernel/signing.ts';
import { ledgerRefusals } from '../../sql/refusals.ts';
import { emptyLookups, idOf, plain, startOfTime, streams, tenantId, testDrawSecret } from './given.ts';

const definitions = new Map(streams.map((stream) => [stream.type, stream]));

/** Ten times as fast as a signature, and as hard to forge for whoever lacks the key. */
const quickSigner: Signer = {
  keyId: idOf(999_997),
  publicKey: '',
  sign: (bytes) => createHmac('sha512', testDrawSecret).update(bytes).digest(),
};

/** For what is granted in a try, and never seen. */
const unsigned = { token: '', hash: '' };

interface Folded {
  readonly definition: LookupDefinition<unknown>;
  readonly key: string;
  readonly value: unknown;
}

export interface Kept {
  readonly event: NewEvent;
  readonly actor: Actor;
  readonly at: string;
}

const nobody: Actor = { kind: 'system', key_id: null, agent_id: null, role: 'superadmin', lineage: [] };

export class MemoryLedger {
  now = startOfTime;
  kept: readonly Kept[] = [];
  private ids = 0;
  private facts: readonly Fact[] = [];
  /** By type and id. A copy shares what is within, which is replaced and never changed. */
  private streams = new Map<string, ReadonlyMap<string, Loaded<unknown>>>();
  private lookups = new Map<string, Folded>();

  constructor(history: readonly NewEvent[] = []) {
    for (const event of history) this.keep(event, nobody);
  }

  copy(): MemoryLedger {
    const copy = new MemoryLedger();
    copy.now = this.now;
    copy.kept = this.kept;
    copy.ids = this.ids;
    copy.facts = this.facts;
    copy.streams = new Map(this.streams);
    copy.lookups = new Map(this.lookups);
    return copy;
  }

  /** Throws the refusal; what is returned has not happened yet. */
  decide<Command>(actor: Actor, definition: CommandDefinition<Command>, command: Command): readonly NewEvent[] {
    if (!mayTouch(actor, definition.subject(command))) {
      throw ledgerRefusals.refuse('story_scope_exceeded', 'Your dispatch is for one story.');
    }
    return this.decideIn(this.world(actor), definition, command);
  }

  /** Tells of commands whether they would be done. Who is refused is taught nothing, as if sent for another story. */
  trier(actor: Actor): (definition: CommandDefinition<never>, command: object) => boolean {
    const world = { ...this.world({ ...actor, story_id: tenantId }), capability: () => unsigned };
    return (definition, command) => {
      if (!mayTouch(actor, definition.subject(command as never))) return false;
      try {
        this.decideIn(world, definition, command as never);
        return true;
      } catch (error) {
        if (error instanceof Refusal) return false;
        throw error;
      }
    };
  }

  execute<Command>(actor: Actor, definition: CommandDefinition<Command>, command: Command): readonly Kept[] {
    const before = this.kept.length;
    for (const event of this.decide(actor, definition, command)) this.keep(plain(event), actor);
    return this.kept.slice(before);
  }

  private decideIn<Command>(
    world: World,
    definition: CommandDefinition<Command>,
    command: Command,
  ): readonly NewEvent[] {
    definition.authorize(command, world);
    return reportedOf(definition.decide(command, world)).events;
  }

  find<State>(definition: StreamDefinition<State>, id: string): Loaded<State> | undefined {
    return this.streams.get(definition.type)?.get(id) as Loaded<State> | undefined;
  }

  newId(): string {
    return idOf(10_000_000 + (this.ids += 1));
  }

  world(actor: Actor): World {
    return {
      actor,
      now: this.now,
      tenantId,
      newId: () => this.newId(),
      find: (definition, id) => this.find(definition, id),
      findAll: (definition, ids) => ids.map((id) => this.find(definition, id)),
      lookup: (definition, key) => this.lookup(definition, key),
      capability: (claims) => signCapability(claims, quickSigner),
      drawSeed: (n) => seedOf(testDrawSecret, n),
    };
  }

  private keep(event: NewEvent, actor: Actor): void {
    const { stream, type, schema, data } = event;
    const definition = definitions.get(stream.type);
    if (definition === undefined) throw new Error(`no stream ${stream.type}`);
    const others = this.streams.get(stream.type) ?? new Map<string, Loaded<unknown>>();
    const before = others.get(stream.id);
    const version = (before?.version ?? 0) + 1;
    const fact: Fact = { stream, type, schema, data, version, actor: {} };
    const state = definition.evolve(before?.state, fact);
    const after = { state, version, created_at: before?.created_at ?? this.now, updated_at: this.now };
    this.streams.set(stream.type, new Map(others).set(stream.id, after));
    this.facts = [...this.facts, fact];
    this.kept = [...this.kept, { event, actor, at: this.now }];
    for (const [name, folded] of this.lookups) {
      if (folded.definition.keyOf(fact) !== folded.key) continue;
      this.lookups.set(name, { ...folded, value: folded.definition.fold(folded.value, fact) });
    }
  }

  private lookup<Value>(definition: LookupDefinition<Value>, key: string): Value {
    const name = `${definition.name}?${key}`;
    let folded = this.lookups.get(name);
    if (folded === undefined) {
      if (!emptyLookups.has(definition.name)) throw new Error(`nobody said how the look-up ${definition.name} begins`);
      const facts = this.facts.filter((fact) => definition.keyOf(fact) === key);
      const value = facts.reduce(
        (held, fact) => definition.fold(held, fact),
        emptyLookups.get(definition.name) as Value,
      );
      folded = { definition, key, value };
      this.lookups.set(name, folded);
    }
    return folded.value as Value;
  }
}
