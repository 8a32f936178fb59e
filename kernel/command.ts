// Commands: requests to change, decided purely against the loaded world.
import type { Actor } from './actor.ts';
import type { Capability, CapabilityClaims } from './capability.ts';
import type { Fact, Loaded, NewEvent, StreamDefinition, StreamRef } from './event.ts';

/**
 * A looked-up fact that no single stream holds (is this number taken in this epic?). It is read from an inline view once
 * and then folded with every event of the tenant, so it is exact at the position at which the command is decided.
 */
export interface LookupDefinition<Value> {
  readonly name: string;
  /** The key under which an event changes the value, or null when the event does not concern it. */
  keyOf(fact: Fact): string | null;
  fold(value: Value, fact: Fact): Value;
}

/** All that a decider may see. Asking for a state that is not in memory suspends the decision until it is loaded. */
export interface World {
  readonly actor: Actor;
  /** RFC 3339 in UTC with milliseconds, by the deciding process's clock. */
  readonly now: string;
  readonly tenantId: string;
  newId(): string;
  find<State>(definition: StreamDefinition<State>, id: string): Loaded<State> | undefined;
  /** Asks for many at once, so that a decision about thousands of states is suspended once and not thousands of times. */
  findAll<State>(definition: StreamDefinition<State>, ids: readonly string[]): readonly (Loaded<State> | undefined)[];
  lookup<Value>(definition: LookupDefinition<Value>, key: string): Value;
  /** Signed with the tenant's key for capabilities that is in force; the same claims give the same token. */
  capability(claims: CapabilityClaims): Capability;
  /** Of the n-th draw, in lower-case hexadecimal; secret until an event reveals it. */
  drawSeed(n: number): string;
}

/** Facts, and what the answer tells of the decision that no state holds. */
export interface ReportedDecision {
  readonly events: readonly NewEvent[];
  readonly report: unknown;
}

export interface CommandDefinition<Command> {
  /** Imperative: `CreateStory`. */
  readonly name: string;
  /** The stream whose version If-Match speaks of and whose object the reply shows. */
  subject(command: Command): StreamRef;
  /** Throws a Refusal when the actor may not do this to the loaded world. Asked before `decide`. */
  authorize(command: Command, world: World): void;
  /** Throws a Refusal or returns the facts; an empty list is a command that changes nothing. */
  decide(command: Command, world: World): readonly NewEvent[] | ReportedDecision;
}

export function reportedOf(decision: readonly NewEvent[] | ReportedDecision): ReportedDecision {
  return 'events' in decision ? decision : { events: decision, report: null };
}
