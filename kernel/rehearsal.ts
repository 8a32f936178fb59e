// Rehearsal: ordinary commands decided one after the other inside one decision, each seeing what the ones before it did.
// So a command over many objects has the rules of the commands on one, and no second set of them.
import { type CommandDefinition, type LookupDefinition, reportedOf, type World } from './command.ts';
import { type Fact, liftFact, type Loaded, type NewEvent, type StreamDefinition } from './event.ts';

/** What a look-up holds before the rehearsal, where that is known already; undefined asks the world. */
type Assume = (lookup: string, key: string) => unknown;

interface Counted {
  readonly facts: Fact[];
  folded: number;
  value: unknown;
}

export class Rehearsal {
  readonly events: NewEvent[] = [];
  readonly world: World;
  private readonly base: World;
  private readonly definitions: ReadonlyMap<string, StreamDefinition<unknown>>;
  private readonly assume: Assume;
  private readonly facts: Fact[] = [];
  private readonly streams = new Map<string, Loaded<unknown>>();
  private readonly lookups = new Map<LookupDefinition<unknown>, Map<string, Counted>>();

  /** `definitions` are of all streams that the commands write. */
  constructor(base: World, definitions: readonly StreamDefinition<unknown>[], assume: Assume) {
    this.base = base;
    this.assume = assume;
    this.definitions = new Map(definitions.map((definition) => [definition.type, definition]));
    this.world = {
      ...base,
      find: <State>(definition: StreamDefinition<State>, id: string) =>
        (this.streams.get(`${definition.type}:${id}`) as Loaded<State> | undefined) ?? base.find(definition, id),
      findAll: (definition, ids) => ids.map((id) => this.world.find(definition, id)),
      lookup: <Value>(definition: LookupDefinition<Value>, key: string) => this.lookup(definition, key) as Value,
    };
  }

  /** Throws the refusal of the command, and then nothing of it has happened. */
  run<Command>(definition: CommandDefinition<Command>, command: Command): readonly NewEvent[] {
    definition.authorize(command, this.world);
    const { events } = reportedOf(definition.decide(command, this.world));
    for (const event of events) this.stage(event);
    return events;
  }

  stage(event: NewEvent): void {
    const { stream, type, schema, data } = event;
    const definition = this.definitions.get(stream.type);
    if (definition === undefined) throw new Error(`a rehearsal without streams of the type ${stream.type}`);
    const before = definition.births?.has(type) === true ? undefined : this.world.find(definition, stream.id);
    const version = (before?.version ?? 0) + 1;
    const fact: Fact = { stream, version, type, schema, data, actor: { ...this.base.actor } };
    const state = definition.evolve(before?.state, liftFact(definition, fact));
    const created_at = before?.created_at ?? this.base.now;
    this.streams.set(`${stream.type}:${stream.id}`, { state, version, created_at, updated_at: this.base.now });
    this.events.push(event);
    this.facts.push(fact);
    for (const [lookup, keys] of this.lookups) count(lookup, keys, fact);
  }

  private lookup(definition: LookupDefinition<unknown>, key: string): unknown {
    let keys = this.lookups.get(definition);
    if (keys === undefined) {
      keys = new Map();
      for (const fact of this.facts) count(definition, keys, fact);
      this.lookups.set(definition, keys);
    }
    const counted = keys.get(key) ?? { facts: [], folded: -1, value: undefined };
    keys.set(key, counted);
    if (counted.folded < 0) {
      counted.value = this.assume(definition.name, key) ?? this.base.lookup(definition, key);
      counted.folded = 0;
    }
    for (; counted.folded < counted.facts.length; counted.folded += 1) {
      counted.value = definition.fold(counted.value, counted.facts[counted.folded] as Fact);
    }
    return counted.value;
  }
}

/** Keeps a fact for the look-up that it concerns; it is folded when somebody asks. */
function count(definition: LookupDefinition<unknown>, keys: Map<string, Counted>, fact: Fact): void {
  const key = definition.keyOf(fact);
  if (key === null) return;
  const counted = keys.get(key);
  if (counted === undefined) keys.set(key, { facts: [fact], folded: -1, value: undefined });
  else counted.facts.push(fact);
}
