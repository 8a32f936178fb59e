// The command line of `npm run benchmark`.
import { parseArgs } from 'node:util';
import { checkName, readNumber, readRunOptions, type RunOptions, runUsage, runWords } from '../run/option.ts';

export const problemSets = ['humaneval', 'mbpp', 'custom'] as const;
export type ProblemSet = (typeof problemSets)[number];

export interface BenchmarkOptions extends RunOptions {
  readonly problems: ProblemSet;
  /** An open benchmark of the same name is gone on with: what was asked for is not asked for again. */
  readonly name: string;
  readonly limit: number;
  /** Where HumanEval and MBPP lie; null for those that the specs use. */
  readonly data: string | null;
  readonly out: string;
}

export const benchmarkUsage = `npm run benchmark -- ${problemSets.join('|')} [options]
${runUsage}
  --limit <n>       the first n problems
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
    options: { ...runWords, limit: text, data: text },
  });
  const problems = problemSets.find((one) => one === positionals[0]);
  if (problems === undefined || positionals.length !== 1) {
    throw new Error(`Say which problems: ${problemSets.join(', ')}.`);
  }
  const options = readRunOptions(values, env);
  const usual = [problems, options.model ?? 'routed', options.repairs === 0 ? 'no-repair' : 'repair'].join(' ');
  return {
    ...options,
    problems,
    name: checkName(values.name ?? usual),
    limit: readNumber('limit', values.limit, 10_000),
    data: values.data ?? env['LOOPLEDGER_BENCHMARK_DATA'] ?? null,
    out: values.out ?? '.data/benchmarks',
  };
}
