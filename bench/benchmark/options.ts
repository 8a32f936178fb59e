// The command line of `npm run benchmark`.
import { parseArgs } from 'node:util';
import type { Static } from 'typebox';
import { RunTier } from '../../events/run-fact.ts';

export const problemSets = ['humaneval', 'mbpp', 'custom'] as const;
export type ProblemSet = (typeof problemSets)[number];

type Tier = Static<typeof RunTier>;

export interface BenchmarkOptions {
  readonly problems: ProblemSet;
  /** An open benchmark of the same name is gone on with: what was asked for is not asked for again. */
  readonly name: string;
  readonly server: string;
  readonly key: string;
  /** `<endpoint>/<model>`; null where the tenant's settings choose. */
  readonly model: string | null;
  readonly repairs: number;
  readonly limit: number;
  readonly samples: number;
  readonly atOnce: number;
  readonly tiers: readonly Tier[] | null;
  readonly capMicros: number | null;
  /** Where HumanEval and MBPP lie; null for those that the specs use. */
  readonly data: string | null;
  readonly out: string;
}

const usage = `npm run benchmark -- ${problemSets.join('|')} [options]
  --server <url>    a running server (LOOPLEDGER_URL, or http://127.0.0.1:4000)
  --key <key>       an API key of the role orchestrator (LOOPLEDGER_KEY)
  --model <e/m>     endpoint and model for every call; without it the tenant's settings choose
  --no-repair       one candidate a run
  --limit <n>       the first n problems
  --samples <k>     runs of each problem; pass@k is reported without bias
  --at-once <n>     open runs at a time (default 4)
  --tiers <t,t>     allowed sandboxes
  --cap <dollars>   at most this much for each run
  --name <name>     go on with the open benchmark of this name, or start one
  --data <folder>   humaneval.jsonl.gz and mbpp-sanitized.json.gz (LOOPLEDGER_BENCHMARK_DATA)
  --out <folder>    where the reports go (default .data/benchmarks)`;

export function readBenchmarkOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): BenchmarkOptions {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      server: text,
      key: text,
      model: text,
      'no-repair': { type: 'boolean', default: false },
      limit: text,
      samples: text,
      'at-once': text,
      tiers: text,
      cap: text,
      name: text,
      data: text,
      out: text,
    },
  });
  const problems = problemSets.find((one) => one === positionals[0]);
  if (problems === undefined || positionals.length !== 1) throw new Error(usage);
  const key = values.key ?? env['LOOPLEDGER_KEY'];
  if (key === undefined || key === '') throw new Error('There is no key: give --key or LOOPLEDGER_KEY.');
  const repairs = values['no-repair'] ? 0 : 3;
  const model = values.model ?? null;
  const name = values.name ?? [problems, model ?? 'routed', repairs === 0 ? 'no-repair' : 'repair'].join(' ');
  if (name.length > 100) throw new Error('The name is longer than 100 characters.');
  return {
    problems,
    name,
    server: (values.server ?? env['LOOPLEDGER_URL'] ?? 'http://127.0.0.1:4000').replace(/\/+$/, ''),
    key,
    model,
    repairs,
    limit: readNumber('limit', values.limit, 10_000),
    samples: readNumber('samples', values.samples, 1),
    atOnce: readNumber('at-once', values['at-once'], 4),
    tiers: values.tiers === undefined ? null : values.tiers.split(',').map(readTier),
    capMicros: values.cap === undefined ? null : microsOf(values.cap),
    data: values.data ?? env['LOOPLEDGER_BENCHMARK_DATA'] ?? null,
    out: values.out ?? '.data/benchmarks',
  };
}

function readNumber(name: string, given: string | undefined, usual: number): number {
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
