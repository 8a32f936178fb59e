// What came of a benchmark: as JSON for programs, as Markdown for people.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { meanPassAt, quantile } from './estimate.ts';
import { isSolved, type Sample } from './measure.ts';
import type { BenchmarkOptions } from './options.ts';

interface ProblemResult {
  readonly problem: string;
  readonly category: string;
  readonly samples: number;
  readonly solved: number;
  /** By the first candidate alone. */
  readonly solved_at_once: number;
  readonly candidates: number;
  readonly calls: number;
  readonly cost_micros: number;
  readonly seconds: number;
  readonly reasons: readonly string[];
  readonly runs: readonly string[];
}

export type BenchmarkReport = ReturnType<typeof reportOf>;

export function reportOf(options: BenchmarkOptions, samples: readonly Sample[], at: string) {
  const problems = [...Map.groupBy(samples, ({ problem }) => problem.id).values()].map(resultOf);
  const solved = sum(problems, ({ solved: count }) => count);
  const cost = sum(problems, ({ cost_micros }) => cost_micros);
  const ks = [...new Set([1, options.samples])];
  const counts = problems.map((one) => ({ n: one.samples, c: one.solved }));
  const first = problems.map((one) => ({ n: one.samples, c: one.solved_at_once }));
  const seconds = samples.map(secondsOf);
  return {
    name: options.name,
    at,
    problem_set: options.problems,
    model: options.model,
    max_repairs: options.repairs,
    problems: problems.length,
    runs: samples.length,
    solved,
    pass: Object.fromEntries(ks.map((k) => [`pass@${k}`, meanPassAt(k, counts)])),
    pass_without_repair: Object.fromEntries(ks.map((k) => [`pass@${k}`, meanPassAt(k, first)])),
    candidates_per_run: samples.length === 0 ? null : sum(problems, ({ candidates }) => candidates) / samples.length,
    cost_micros: cost,
    cost_micros_per_solved: solved === 0 ? null : Math.round(cost / solved),
    seconds: { p50: quantile(seconds, 0.5), p95: quantile(seconds, 0.95) },
    tiers: countOf(samples.flatMap(({ run }) => run.candidates.flatMap(({ tier }) => tier ?? []))),
    reasons: countOf(problems.flatMap(({ reasons }) => reasons)),
    results: problems,
  };
}

function resultOf(samples: readonly Sample[]): ProblemResult {
  const { problem } = samples[0] as Sample;
  const runs = samples.map(({ run }) => run);
  return {
    problem: problem.id,
    category: problem.category,
    samples: runs.length,
    solved: runs.filter(isSolved).length,
    solved_at_once: runs.filter((run) => isSolved(run) && run.candidates[0]?.is_solved === true).length,
    candidates: sum(runs, ({ candidates }) => candidates.length),
    calls: sum(runs, ({ calls }) => calls),
    cost_micros: sum(runs, ({ cost_micros }) => cost_micros),
    seconds: sum(samples, secondsOf),
    reasons: runs.map(({ outcome }) => outcome?.reason ?? 'open'),
    runs: runs.map(({ id }) => id),
  };
}

/** From the request to the end, with the time that it waited. */
function secondsOf({ run }: Sample): number {
  return (Date.parse(run.updated_at) - Date.parse(run.created_at)) / 1_000;
}

function sum<One>(ones: readonly One[], valueOf: (one: One) => number): number {
  return ones.reduce((total, one) => total + valueOf(one), 0);
}

function countOf(words: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length]));
}

const percent = (share: number | null | undefined): string =>
  share === null || share === undefined ? '–' : `${(share * 100).toFixed(1)} %`;
const dollars = (micros: number | null): string => (micros === null ? '–' : `$${(micros / 1_000_000).toFixed(4)}`);
const time = (seconds: number | null): string => (seconds === null ? '–' : `${seconds.toFixed(1)} s`);
const list = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([word, count]) => `${word} ${count}`)
    .join(', ') || '–';

export function markdownOf(report: BenchmarkReport): string {
  const { pass, pass_without_repair: without, seconds } = report;
  const byCategory = [...Map.groupBy(report.results, ({ category }) => category)];
  const lines = [
    `# ${report.name}`,
    '',
    `${report.problems} problems, ${report.runs} runs, model ${report.model ?? 'as routed'}, at most ${report.max_repairs} repairs, ${report.at}.`,
    '',
    '| | with repair | without |',
    '| --- | --- | --- |',
    ...Object.keys(pass).map((name) => `| ${name} | ${percent(pass[name])} | ${percent(without[name])} |`),
    '',
    `- solved: ${report.solved} of ${report.runs} runs; candidates a run: ${report.candidates_per_run?.toFixed(2) ?? '–'}`,
    `- cost: ${dollars(report.cost_micros)}, ${dollars(report.cost_micros_per_solved)} for each that was solved`,
    `- time of a run: median ${time(seconds.p50)}, p95 ${time(seconds.p95)}`,
    `- ends: ${list(report.reasons)}`,
    `- sandboxes: ${list(report.tiers)}`,
    '',
    '| category | solved | runs |',
    '| --- | --- | --- |',
    ...byCategory.map(
      ([category, ones]) =>
        `| ${category} | ${sum(ones, ({ solved }) => solved)} | ${sum(ones, ({ samples }) => samples)} |`,
    ),
    '',
    '| problem | solved | at once | candidates | cost | time | ends |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...report.results.map(
      (one) =>
        `| ${one.problem} | ${one.solved}/${one.samples} | ${one.solved_at_once}/${one.samples} | ${one.candidates} | ${dollars(one.cost_micros)} | ${time(one.seconds)} | ${one.reasons.join(', ')} |`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** Both files, named by the benchmark. */
export function saveReport(report: BenchmarkReport, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, report.name.toLowerCase().replaceAll(/[^a-z0-9.]+/g, '-'));
  writeFileSync(`${file}.json`, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(`${file}.md`, markdownOf(report));
  return `${file}.md`;
}
