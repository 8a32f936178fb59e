// The command line of `npm run bench`.
import { parseArgs } from 'node:util';

export const sectionNames = [
  'writes',
  'crowd',
  'processes',
  'custody',
  'reads',
  'latency',
  'replay',
  'feed',
  'webhooks',
  'growth',
  'runs',
  'sandboxes',
] as const;
export type SectionName = (typeof sectionNames)[number];

export interface BenchOptions {
  readonly sections: readonly SectionName[];
  readonly rounds: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly connections: number;
  /** A look at everything in about a minute; its figures are too coarse to be quoted. */
  readonly quick: boolean;
  /** Name of a run to be kept under bench/results/; others go to bench/results/local/. */
  readonly save: string | null;
}

export const usage = `npm run bench -- [${sectionNames.join('|')} …] [options]
  --rounds <n>       interleaved rounds (default 5, quick 1)
  --seconds <s>      measured time of each contender in a round (default 3, quick 0.25)
  --connections <n>  connections of the load generator (default 64)
  --quick            everything small, in about a minute
  --save <name>      keep the result as bench/results/<name>.json`;

export function readOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      connections: { type: 'string' },
      quick: { type: 'boolean', default: false },
      save: { type: 'string' },
    },
  });
  const { quick, save } = values;
  if (save !== undefined && !/^[a-z0-9.-]{1,60}$/.test(save)) throw new Error(`${save} is not a name for a result`);
  return {
    sections: positionals.length === 0 ? sectionNames : positionals.map(sectionOf),
    rounds: readNumber('rounds', values.rounds, quick ? 1 : 5),
    seconds: readNumber('seconds', values.seconds, quick ? 0.25 : 3),
    warmupSeconds: quick ? 0.1 : 0.7,
    connections: readNumber('connections', values.connections, 64),
    quick,
    save: save ?? null,
  };
}

function sectionOf(text: string): SectionName {
  const found = sectionNames.find((name) => name === text);
  if (found === undefined) throw new Error(`There is no section ${text}.`);
  return found;
}

function readNumber(name: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (!(value > 0) || value > 10_000 || (name !== 'seconds' && !Number.isInteger(value))) {
    throw new Error(`--${name} ${text} makes no sense.`);
  }
  return value;
}
