// `npm run benchmark -- humaneval|mbpp|custom`: problems as ordinary runs of a tenant, and what came of them.
import { commandOf } from '../boot/command-line.ts';
import { measure } from './benchmark/measure.ts';
import { type BenchmarkOptions, benchmarkUsage, readBenchmarkOptions } from './benchmark/options.ts';
import { readProblems } from './benchmark/problem.ts';
import { markdownOf, reportOf } from './benchmark/report.ts';
import { RunServer } from './benchmark/server.ts';
import { saveReport } from './run/report.ts';
import { showProgress } from './run/round.ts';

async function main(options: BenchmarkOptions): Promise<void> {
  const problems = readProblems(options.problems, options.data).slice(0, options.limit);
  const server = new RunServer(options.server, options.key);
  const report = reportOf(await measure(server, problems, options, showProgress));
  const markdown = markdownOf(report);
  console.log(markdown);
  console.log(saveReport(report, markdown, options.out));
}

const options = commandOf(process.argv.slice(2), benchmarkUsage, (words) => readBenchmarkOptions(words, process.env));
if (options !== null) {
  try {
    await main(options);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
