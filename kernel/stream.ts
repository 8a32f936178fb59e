// How a noun declares its events and folds its state from them.
import type { Static, TSchema } from 'typebox';
import type { Fact, JsonObject, NewEvent, StreamDefinition, StreamRef } from './event.ts';

/** A kind of fact: its name, the number of its present shape, the shape itself, and a sentence for the catalogue. */
export interface EventType<Shape extends TSchema = TSchema> {
  readonly type: string;
  readonly schema: number;
  readonly shape: Shape;
  readonly summary: string;
}

export function eventType<Shape extends TSchema>(
  type: string,
  shape: Shape,
  summary: string,
  schema = 1,
): EventType<Shape> {
  return { type, schema, shape, summary };
}

/** A fact of that kind, ready to be appended. */
export function record<Shape extends TSchema>(
  kind: EventType<Shape>,
  stream: StreamRef,
  data: Static<Shape>,
  projectId: string | null,
): NewEvent {
  return { stream, type: kind.type, schema: kind.schema, project_id: projectId, data };
}

export interface Step<State> {
  readonly kind: EventType;
  readonly first?: boolean;
  apply(state: State | undefined, data: JsonObject, fact: Fact): State;
}

/** The event that a stream begins with. */
export function born<State, Shape extends TSchema>(
  kind: EventType<Shape>,
  begin: (data: Static<Shape>, fact: Fact) => State,
): Step<State> {
  return { kind, first: true, apply: (_state, data, fact) => begin(data as Static<Shape>, fact) };
}

export function when<State, Shape extends TSchema>(
  kind: EventType<Shape>,
  change: (state: State, data: Static<Shape>, fact: Fact) => State,
): Step<State> {
  return {
    kind,
    apply(state, data, fact) {
      if (state === undefined) throw new Error(`${kind.type} cannot be the first event of a stream`);
      return change(state, data as Static<Shape>, fact);
    },
  };
}

export interface StreamKind<State> extends StreamDefinition<State> {
  readonly events: readonly EventType[];
}

export function defineStream<State>(
  type: string,
  steps: readonly Step<State>[],
  upcasts: NonNullable<StreamDefinition<State>['upcasts']> = {},
): StreamKind<State> {
  const byType = new Map(steps.map((step) => [step.kind.type, step]));
  return {
    type,
    upcasts,
    births: new Set(steps.filter(({ first }) => first === true).map(({ kind }) => kind.type)),
    events: steps.map((step) => step.kind),
    evolve(state, fact) {
      const step = byType.get(fact.type);
      if (step === undefined) throw new Error(`the stream ${type} does not know ${fact.type}`);
      return step.apply(state, fact.data, fact);
    },
  };
}
