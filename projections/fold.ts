// Folds events into the rows that the commit would have written for them: the same states, the same grouping by stream
// and time. Used by the projections that follow the log, and by the replay of all of them.
import type { LoggedEvent } from '../kernel/event.ts';
import { absent, type Entry, evolveEntry } from '../sql/memory.ts';
import type { Registry } from '../sql/registry.ts';

/** What one commit did to one stream. Commits of the same millisecond are one here: their rows carry the same time. */
interface Change {
  readonly type: string;
  readonly id: string;
  readonly recordedAt: string;
  readonly events: LoggedEvent[];
  entry: Entry;
}

export interface Folded {
  /** By view: arrays of rows as JSON texts. Within one of them no row comes twice, so it is one statement. */
  readonly rounds: ReadonlyMap<string, readonly (readonly string[])[]>;
  /** `t` of a row, less one, is a place in here. */
  readonly times: readonly string[];
}

export class Fold {
  private readonly registry: Pick<Registry, 'streams' | 'views'>;
  /** Only exact at the version that they carry: an event that is not the next one needs its stream from the start. */
  private readonly entries = new Map<string, Entry>();
  private readonly open = new Map<string, Change>();
  /** How many changes of a stream were emitted since the last `take`. */
  private readonly emitted = new Map<string, number>();
  private rounds = new Map<string, string[][]>();
  private places = new Map<string, number>();

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
    const change = this.open.get(key);
    if (change?.recordedAt === event.recorded_at) {
      change.events.push(event);
      change.entry = entry;
      return;
    }
    if (change !== undefined) this.emit(key, change);
    const { type, id } = event.stream;
    this.open.set(key, { type, id, recordedAt: event.recorded_at, events: [event], entry });
  }

  /** The rows of everything that was added since the last time. */
  take(): Folded {
    for (const [key, change] of this.open) this.emit(key, change);
    const folded = { rounds: this.rounds, times: [...this.places.keys()] };
    this.open.clear();
    this.emitted.clear();
    this.rounds = new Map();
    this.places = new Map();
    return folded;
  }

  forget(): void {
    this.entries.clear();
  }

  private evolve(event: LoggedEvent): Entry {
    const definition = this.registry.streams.get(event.stream.type);
    if (definition === undefined) throw new Error(`stream type ${event.stream.type} is not registered`);
    const before = event.version === 1 ? absent : (this.entries.get(keyOf(event.stream)) ?? absent);
    if (before.version !== event.version - 1) throw new Error('an event does not follow the one before it');
    return evolveEntry(definition, before, event, event.recorded_at);
  }

  private emit(key: string, { type, id, events, entry, recordedAt }: Change): void {
    const round = this.emitted.get(key) ?? 0;
    this.emitted.set(key, round + 1);
    const position = events.at(-1)?.position ?? 0;
    const change = { id, version: entry.version, position, state: entry.state, facts: events };
    for (const view of this.registry.views.get(type) ?? []) {
      const rows = this.roundOf(view.name, round);
      for (const row of view.project(change)) rows.push(JSON.stringify({ t: this.placeOf(recordedAt), ...row }));
    }
  }

  private roundOf(view: string, round: number): string[] {
    const rounds = this.rounds.get(view) ?? [];
    this.rounds.set(view, rounds);
    while (rounds.length <= round) rounds.push([]);
    return rounds[round] as string[];
  }

  private placeOf(time: string): number {
    const place = this.places.get(time) ?? this.places.size + 1;
    this.places.set(time, place);
    return place;
  }
}

function keyOf({ type, id }: LoggedEvent['stream']): string {
  return `${type}:${id}`;
}
