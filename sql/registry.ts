// What the ledger has to know of the domain: stream types, inline views, look-ups, and what a violated constraint means.
import type { LookupDefinition } from '../kernel/command.ts';
import type { Fact, Json, StreamDefinition } from '../kernel/event.ts';
import type { Refusal } from '../kernel/refusal.ts';
import type { Queryable } from './database.ts';

/** What a batch did to one stream. */
export interface StreamChange<State> {
  readonly id: string;
  readonly version: number;
  /** Of the stream's last event. */
  readonly position: number;
  readonly state: State;
  readonly facts: readonly Fact[];
}

/** A row to be written; `gone: true` with its id takes it away. */
export type ViewRow = { readonly [column: string]: Json | undefined };

/** A read model that is written by the same commit, through the database function `view.project_<name>`. */
export interface InlineView<State> {
  readonly name: string;
  readonly stream: StreamDefinition<State>;
  /** Its rows are made of the state alone, so of many changes of a stream only the first and the last count. */
  readonly ofState?: boolean;
  project(change: StreamChange<State>): readonly ViewRow[];
}

export interface LookupLoader {
  readonly definition: LookupDefinition<unknown>;
  /** The value, and the position of the head in the same snapshot. */
  load(
    database: Queryable,
    tenantId: string,
    key: string,
  ): Promise<{ readonly position: number; readonly value: unknown }>;
}

export interface Registry {
  readonly streams: ReadonlyMap<string, StreamDefinition<unknown>>;
  readonly views: ReadonlyMap<string, readonly InlineView<unknown>[]>;
  readonly lookups: ReadonlyMap<string, LookupLoader>;
  /** By constraint name: the last line of a rule that a decider missed. */
  readonly constraints: ReadonlyMap<string, () => Refusal>;
}

export interface RegistryParts {
  readonly streams: readonly StreamDefinition<unknown>[];
  readonly views: readonly InlineView<unknown>[];
  readonly lookups: readonly LookupLoader[];
  readonly constraints: Readonly<Record<string, () => Refusal>>;
}

export function makeRegistry(parts: RegistryParts): Registry {
  const views = new Map<string, InlineView<unknown>[]>();
  for (const view of parts.views) {
    const known = views.get(view.stream.type);
    if (known === undefined) views.set(view.stream.type, [view]);
    else known.push(view);
  }
  return {
    streams: new Map(parts.streams.map((stream) => [stream.type, stream])),
    views,
    lookups: new Map(parts.lookups.map((lookup) => [lookup.definition.name, lookup])),
    constraints: new Map(Object.entries(parts.constraints)),
  };
}

/** The usual view: one row per stream, made of its state. */
export function rowPerStream<State>(
  name: string,
  stream: StreamDefinition<State>,
  row: (state: State) => ViewRow,
): InlineView<State> {
  return {
    name,
    stream,
    ofState: true,
    project: ({ id, version, position, state }) => [{ ...row(state), id, version, position }],
  };
}
