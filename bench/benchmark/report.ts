// What came of a benchmark: as JSON for programs, as Markdown for people. Both are made of what the server recorded.
import { dollars, list, percent, time } from '../run/report.ts';
import type { Measured } from './measure.ts';
import type { SeenBenchmark, SeenResult } from './server.ts';

export interface BenchmarkReport extends SeenBenchmark {
  readonly figures: NonNullable<SeenBenchmark['figures']>;
  readonly results: readonly SeenResult[];
}

export function reportOf({ benchmark, results }: Measured): BenchmarkReport {
  const { figures } = benchmark;
  if (figures === null) throw new Error(`The benchmark ${benchmark.name} is not finished.`);
  return { ...benchmark, figures, results };
}

function sum<One>(ones: readonly One[], valueOf: (one: One) => number): number {
  return ones.reduce((total, one) => total + valueOf(one), 0);
}

export function markdownOf(report: BenchmarkReport): string {
  const { figures, results } = report;
  const { runs, solved } = figures;
  const lines = [
    `# ${report.name}`,
    '',
    `${figures.problems} problems, ${runs} runs, model ${report.model ?? 'as routed'}, at most ${report.max_repairs} repairs, ${report.updated_at}.`,
    `Benchmark ${report.id}; problems ${report.problems_sha256}.`,
    '',
    '| | with repair | without |',
    '| --- | --- | --- |',
    ...figures.pass.map((one) => `| pass@${one.k} | ${percent(one.with_repair)} | ${percent(one.without_repair)} |`),
    '',
    `- solved: ${solved} of ${runs} runs; candidates a run: ${(figures.candidates / runs).toFixed(2)}`,
    `- cost: ${dollars(figures.cost_micros)}, ${dollars(figures.cost_micros_per_solved)} for each that was solved`,
    `- time of a run: median ${time(figures.took_p50_ms)}, p95 ${time(figures.took_p95_ms)}`,
    `- ends: ${list(figures.reasons)}`,
    `- sandboxes: ${list(figures.tiers)}`,
    '',
    '| category | solved | runs |',
    '| --- | --- | --- |',
    ...[...Map.groupBy(results, ({ category }) => category)].map(
      ([category, ones]) => `| ${category} | ${solvedOf(ones)} | ${ones.length} |`,
    ),
    '',
    '| problem | solved | at once | candidates | cost | time | ends |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...[...Map.groupBy(results, ({ problem }) => problem)].map(([problem, ones]) => lineOf(problem, ones)),
  ];
  return `${lines.join('\n')}\n`;
}

function solvedOf(results: readonly SeenResult[]): number {
  return results.filter(({ is_solved }) => is_solved).length;
}

function lineOf(problem: string, ones: readonly SeenResult[]): string {
  const cells = [
    problem,
    `${solvedOf(ones)}/${ones.length}`,
    `${ones.filter(({ is_solved_at_once }) => is_solved_at_once).length}/${ones.length}`,
    sum(ones, ({ candidates }) => candidates),
    dollars(sum(ones, ({ cost_micros }) => cost_micros)),
    time(sum(ones, ({ took_ms }) => took_ms)),
    ones.map(({ reason }) => reason).join(', '),
  ];
  return `| ${cells.join(' | ')} |`;
}
