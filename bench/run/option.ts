// Words of a command line that programs share which have runs made at a server.
import type { Static } from 'typebox';
import { RunTier } from '../../events/run-fact.ts';

export type Tier = Static<typeof RunTier>;

/** How a server is reached, and what every run is asked for with. */
export interface RunOptions {
  readonly server: string;
  readonly key: string;
  /** `<endpoint>/<model>`; null where the tenant's settings choose. */
  readonly model: string | null;
  readonly repairs: number;
  readonly samples: number;
  readonly atOnce: number;
  readonly tiers: readonly Tier[] | null;
  readonly capMicros: number | null;
}

const text = { type: 'string' } as const;

export const runWords = {
  server: text,
  key: text,
  model: text,
  'no-repair': { type: 'boolean', default: false },
  samples: text,
  'at-once': text,
  tiers: text,
  cap: text,
  name: text,
  out: text,
} as const;

export const runUsage = `  --server <url>    a running server (LOOPLEDGER_URL, or http://127.0.0.1:4000)
  --key <key>       an API key of the role orchestrator (LOOPLEDGER_KEY)
  --model <e/m>     endpoint and model for every call; without it the tenant's settings choose
  --no-repair       one candidate a run
  --samples <k>     runs of each
  --at-once <n>     open runs at a time (default 4)
  --tiers <t,t>     allowed sandboxes
  --cap <dollars>   at most this much for each run`;

type Given = Readonly<Partial<Record<'server' | 'key' | 'model' | 'samples' | 'at-once' | 'tiers' | 'cap', string>>> & {
  readonly 'no-repair': boolean;
};

export function readRunOptions(values: Given, env: Readonly<Record<string, string | undefined>>): RunOptions {
  const key = values.key ?? env['LOOPLEDGER_KEY'];
  if (key === undefined || key === '') throw new Error('There is no key: give --key or LOOPLEDGER_KEY.');
  return {
    server: (values.server ?? env['LOOPLEDGER_URL'] ?? 'http://127.0.0.1:4000').replace(/\/+$/, ''),
    key,
    model: values.model ?? null,
    repairs: values['no-repair'] ? 0 : 3,
    samples: readNumber('samples', values.samples, 1),
    atOnce: readNumber('at-once', values['at-once'], 4),
    tiers: values.tiers === undefined ? null : values.tiers.split(',').map(readTier),
    capMicros: values.cap === undefined ? null : microsOf(values.cap),
  };
}

/** Of what is gone on with by its name. */
export function checkName(name: string): string {
  if (name.length > 100) throw new Error('The name is longer than 100 characters.');
  return name;
}

export function readNumber(name: string, given: string | undefined, usual: number): number {
  if (given === undefined) return usual;
  const number = Number(given);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} is a whole number above 0.`);
  return number;
}

function readTier(word: string): Tier {
  const tiers = RunTier.enum;
  const tier = tiers.find((one) => one === word);
  if (tier === undefined) throw new Error(`--tiers takes ${tiers.join(', ')}, separated by commas.`);
  return tier;
}

function microsOf(dollars: string): number {
  const micros = Math.round(Number(dollars) * 1_000_000);
  if (!(micros > 0)) throw new Error('--cap is an amount of dollars above 0.');
  return micros;
}
