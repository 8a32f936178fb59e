// Streams, events and how a state is folded from them.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };
export type JsonObject = { readonly [key: string]: Json | undefined };

export interface StreamRef {
  readonly type: string;
  readonly id: string;
}

/** What a decider returns: a fact that has no position yet. */
export interface NewEvent {
  readonly stream: StreamRef;
  readonly type: string;
  readonly schema: number;
  readonly project_id: string | null;
  readonly data: JsonObject;
}

/** The part of an event that a state may depend on; the same before and after the commit. */
export interface Fact {
  readonly stream: StreamRef;
  readonly version: number;
  readonly type: string;
  readonly schema: number;
  readonly data: JsonObject;
  readonly actor: JsonObject;
}

/** An event as the log holds it: the parsed canonical entry. */
export interface LoggedEvent extends Fact {
  readonly position: number;
  readonly id: string;
  readonly project_id: string | null;
  readonly command_id: string;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly recorded_at: string;
}

/** A stream type: its states are folded by `evolve`, old shapes lifted by `upcasts`. */
export interface StreamDefinition<State> {
  readonly type: string;
  evolve(state: State | undefined, fact: Fact): State;
  /** Types of the events that a stream can only begin with: whoever records one of these means a new stream. */
  readonly births?: ReadonlySet<string>;
  /** `{'story.created': {1: toSchema2}}`: lifts data of that schema number to the next one. */
  readonly upcasts?: Readonly<Record<string, Readonly<Record<number, (data: JsonObject) => JsonObject>>>>;
}

export interface Loaded<State> {
  readonly state: State;
  /** Version of the stream: the number of its events. */
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
}

/**
 * Stands for the commit's own time in an object that is shown before it is committed. No text of a request can hold it:
 * control characters are refused at the door. The database and the ledger put the recorded time in its place.
 */
export const pendingTime = '\u0001recorded_at';

export function liftFact<State>(definition: StreamDefinition<State>, fact: Fact): Fact {
  const steps = definition.upcasts?.[fact.type];
  if (steps === undefined) return fact;
  let { schema, data } = fact;
  for (let step = steps[schema]; step !== undefined; step = steps[schema]) {
    data = step(data);
    schema += 1;
  }
  return schema === fact.schema ? fact : { ...fact, schema, data };
}
