// `npm run benchmark -- humaneval|mbpp|custom`: problems as ordinary runs of a tenant, and what came of them.
import { measure } from './benchmark/measure.ts';
import { readBenchmarkOptions } from './benchmark/options.ts';
import { readProblems } from './benchmark/problem.ts';
import { markdownOf, reportOf, saveReport } from './benchmark/report.ts';
import { RunServer } from './benchmark/server.ts';

const barLength = 30;

function showProgress(done: number, total: number, solved: number): void {
  if (!process.stderr.isTTY && done % 10 !== 0 && done !== total) return;
  const filled = Math.round((done / total) * barLength);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barLength - filled)}`;
  const line = `${bar} ${done} of ${total}, ${solved} solved`;
  process.stderr.write(process.stderr.isTTY ? `\r${line}${done === total ? '\n' : ''}` : `${line}\n`);
}

async function main(): Promise<void> {
  const options = readBenchmarkOptions(process.argv.slice(2), process.env);
  const problems = readProblems(options.problems, options.data).slice(0, options.limit);
  const server = new RunServer(options.server, options.key);
  const report = reportOf(await measure(server, problems, options, showProgress));
  console.log(markdownOf(report));
  console.log(saveReport(report, options.out));
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
