// Folds events into the rows that the commit would have written for them: the same states, the same grouping by stream
// and time. Used by the projections that follow the log, and by the replay of all of them.
import { type Fact, liftFact, type LoggedEvent, type StreamDefinition } from '../kernel/event.ts';
import { absent, type Entry, evolveEntry } from '../sql/memory.ts';
import type { Registry, ViewRow } from '../sql/registry.ts';

/** What one commit did to one stream. Commits of the same millisecond are one here: their rows carry the same time. */
interface Change {
  readonly type: string;
  readonly id: string;
  readonly recordedAt: string;
  /** The stream begins with it. */
  readonly first: boolean;
  readonly facts: Fact[];
  entry: Entry;
  position: number;
}

/**
 * Rows of one view that can be written by one statement, because none of them comes twice. Rows of different streams may
 * overtake each other, so a table that is written so has no unique constraint but its key.
 */
export interface Round {
  /** JSON texts; `t` of a row counts the times from 1. */
  readonly rows: string[];
  readonly times: string[];
}

export class Fold {
  private readonly registry: Pick<Registry, 'streams' | 'views'>;
  /** Only exact at the version that they carry: an event that is not the next one needs its stream from the start. */
  private readonly entries = new Map<string, Entry>();
  private readonly open = new Map<string, Change>();
  /** By view and id of a row: how many times it was emitted since the last `take`. */
  private readonly emitted = new Map<string, number>();
  private rounds = new Map<string, Round[]>();

  constructor(registry: Pick<Registry, 'streams' | 'views'>) {
    this.registry = registry;
  }

  /** Streams in memory. */
  get size(): number {
    return this.entries.size;
  }

  /** True when the event can be added: the stream begins with it, or its state before the event is in memory. */
  isReadyFor({ stream, version }: LoggedEvent): boolean {
    return version === 1 || this.entries.get(keyOf(stream))?.version === version - 1;
  }

  /** Takes a stream up to the state after these events, without rows for them. */
  load(events: readonly LoggedEvent[]): void {
    for (const event of events) this.entries.set(keyOf(event.stream), this.evolve(event));
  }

  add(event: LoggedEvent): void {
    const key = keyOf(event.stream);
    const entry = this.evolve(event);
    this.entries.set(key, entry);
    const fact = liftFact(this.streamOf(event), event);
    const change = this.open.get(key);
    if (change?.recordedAt === event.recorded_at) {
      change.facts.push(fact);
      change.entry = entry;
      change.position = event.position;
      return;
    }
    if (change !== undefined) this.emit(change, false);
    const { type, id } = event.stream;
    const { position, recorded_at: recordedAt } = event;
    this.open.set(key, { type, id, recordedAt, first: event.version === 1, position, facts: [fact], entry });
  }

  /** By view, the rows of everything that was added since the last time, in the order in which they are to be written. */
  take(): ReadonlyMap<string, readonly Round[]> {
    for (const change of this.open.values()) this.emit(change, true);
    const { rounds } = this;
    this.open.clear();
    this.emitted.clear();
    this.rounds = new Map();
    return rounds;
  }

  forget(): void {
    this.entries.clear();
  }

  forgetAllBut(stream: LoggedEvent['stream']): void {
    const key = keyOf(stream);
    const kept = this.entries.get(key);
    this.entries.clear();
    if (kept !== undefined) this.entries.set(key, kept);
  }

  private streamOf({ stream }: LoggedEvent): StreamDefinition<unknown> {
    const definition = this.registry.streams.get(stream.type);
    if (definition === undefined) throw new Error(`stream type ${stream.type} is not registered`);
    return definition;
  }

  private evolve(event: LoggedEvent): Entry {
    const before = event.version === 1 ? absent : (this.entries.get(keyOf(event.stream)) ?? absent);
    if (before.version !== event.version - 1) throw new Error('an event does not follow the one before it');
    return evolveEntry(this.streamOf(event), before, event, event.recorded_at);
  }

  private emit(change: Change, last: boolean): void {
    const { type, id, facts, entry, position, first, recordedAt } = change;
    for (const view of this.registry.views.get(type) ?? []) {
      if (view.ofState === true && !first && !last) continue;
      for (const row of view.project({ id, version: entry.version, position, state: entry.state, facts })) {
        const round = this.roundFor(view.name, row);
        if (round.times.at(-1) !== recordedAt) round.times.push(recordedAt);
        round.rows.push(JSON.stringify({ t: round.times.length, ...row }));
      }
    }
  }

  private roundFor(view: string, row: ViewRow): Round {
    const key = JSON.stringify([view, row['kind'], row['id']]);
    const at = this.emitted.get(key) ?? 0;
    this.emitted.set(key, at + 1);
    return this.roundOf(view, at);
  }

  private roundOf(view: string, at: number): Round {
    const rounds = this.rounds.get(view) ?? [];
    this.rounds.set(view, rounds);
    while (rounds.length <= at) rounds.push({ rows: [], times: [] });
    return rounds[at] as Round;
  }
}

function keyOf({ type, id }: LoggedEvent['stream']): string {
  return `${type}:${id}`;
}
