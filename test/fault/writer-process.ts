// A process of writers, as an API process is: its own pool, its own memory. Tells its tally on stdout.
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { registry } from '../../projections/index.ts';
import { type LedgerDatabase, openDatabase, type Queryable } from '../../sql/database.ts';
import { createLedger } from '../../sql/ledger.ts';
import { openHistory } from './history.ts';
import { seededRandom } from './random.ts';
import type { Field } from './workload.ts';
import { type Tally, Writer } from './writer.ts';

export interface WriterProcessOptions {
  readonly name: string;
  readonly url: string;
  readonly folder: string;
  readonly seed: number;
  readonly writers: number;
  readonly fields: readonly Field[];
  readonly many: number;
  readonly pauseMs: number;
  readonly tellMs: number;
  /** A file: it begins when that is there, as the others do. */
  readonly beginAt?: string;
  /** The clock of this process jumps by so much, a second after its start. */
  readonly clockShiftMs?: number;
}

const options = JSON.parse(process.env['FAULT_WRITER'] ?? '{}') as WriterProcessOptions;
const realNow = Date.now.bind(Date);
const started = realNow();
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...parts: [] | [string | number | Date]) {
    if (parts.length === 0) super(wrongNow());
    else super(...parts);
  }
  static override now = wrongNow;
} as DateConstructor;

function wrongNow(): number {
  const now = realNow();
  return now - started < 1_000 ? now : now + (options.clockShiftMs ?? 0);
}

const outcomes = { calls: 0, outrun: 0, turns: 0, contested: 0 };

/** Counts how often other processes were faster. */
function observe<Kind extends Queryable>(session: Kind): Kind {
  return {
    ...session,
    async platform(query, values) {
      const rows = await session.platform(query, values);
      const moved = rows.some((row) => row['outcome'] === 'moved') ? 1 : 0;
      if (query.name.startsWith('commit_')) {
        outcomes.calls += 1;
        outcomes.outrun += moved;
      } else if (query.name.startsWith('hold_heads_')) {
        outcomes.turns += 1;
        outcomes.contested += moved;
      }
      return rows as never;
    },
  };
}

const history = openHistory(options.folder, options.name);
const database = openDatabase({ url: options.url, max: 8, applicationName: options.name });
const watched: LedgerDatabase = {
  ...observe(database),
  hold: (work) => database.hold((session) => work({ ...observe(session), closing: observe(session.closing) })),
};
const ledger = createLedger({ database: watched, registry });
const tally: Tally = { events: 0, refused: 0, unknown: 0, repeated: 0, slowestMs: 0 };
let stopping = false;

function complain(error: unknown): void {
  history.add({
    kind: 'broken',
    tenant: '',
    what: `${options.name}: ${error instanceof Error ? String(error.stack) : String(error)}`,
  });
}

function tell(): void {
  const memoryMb = Math.round(process.memoryUsage().rss / 2 ** 20);
  process.stdout.write(`${JSON.stringify({ ...tally, ...outcomes, backlog: ledger.backlog(), memoryMb })}\n`);
  tally.slowestMs = 0;
}

process.on('unhandledRejection', complain);
process.on('uncaughtException', complain);
process.once('SIGTERM', () => (stopping = true));
// Whoever started us is gone, and nobody else would ever stop us.
process.stdout.on('error', () => process.exit(1));
const telling = setInterval(tell, options.tellMs);
// An event loop that stands still for a while, as in a long garbage collection.
const stalling = setInterval(() => {
  if (options.pauseMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, options.pauseMs);
}, 3_000);

while (options.beginAt !== undefined && !stopping && !existsSync(options.beginAt)) await sleep(5);
const writers = Array.from({ length: options.writers }, (_, at) => {
  const random = seededRandom(options.seed * 1_000 + at);
  const { fields, pauseMs, many } = options;
  return new Writer({ ledger, history, random, fields, pauseMs, many, tally, stopped: () => stopping });
});
await Promise.all(writers.map((writer) => writer.run()));
await ledger.drain();
clearInterval(telling);
clearInterval(stalling);
tell();
await database.close();
history.close();
