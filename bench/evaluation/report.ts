// What came of an evaluation: as JSON for programs, as Markdown for people. Both are made of what the server recorded.
import { type ScorePart, scoreParts } from '../../kernel/evaluation-case.ts';
import type { Comparison } from '../../kernel/evaluation-comparison.ts';
import { dollars, list, percent, time } from '../run/report.ts';
import type { Evaluated } from './evaluate.ts';
import type { SeenEvaluation, SeenEvaluationResult } from './server.ts';

export interface EvaluationReport extends SeenEvaluation {
  readonly figures: NonNullable<SeenEvaluation['figures']>;
  readonly results: readonly SeenEvaluationResult[];
  readonly comparison: Comparison | null;
  /** Why it is not good enough; empty when it is. */
  readonly complaints: readonly string[];
}

export function evaluationReportOf(evaluated: Evaluated, complaints: readonly string[]): EvaluationReport {
  const { evaluation, results, comparison } = evaluated;
  const { figures } = evaluation;
  if (figures === null) throw new Error(`The evaluation ${evaluation.name} is not finished.`);
  const inOrder = results.toSorted((one, other) => placeOf(one).localeCompare(placeOf(other)));
  return { ...evaluation, figures, results: inOrder, comparison, complaints };
}

function placeOf({ case: name, sample }: SeenEvaluationResult): string {
  return `${name} ${String(sample).padStart(3, '0')}`;
}

const share = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

export function evaluationMarkdown(report: EvaluationReport): string {
  const { figures, results, comparison, complaints } = report;
  const part = (name: ScorePart): string => row(name, share(figures[name].mean), figures[name].runs);
  const lines = [
    `# ${report.name}`,
    '',
    `${report.set_name}, revision ${report.revision}: ${figures.cases} cases, ${figures.runs} runs, model ${report.model ?? 'as routed'}, ` +
      `at most ${report.max_repairs} repairs, ${report.updated_at}.`,
    `Evaluation ${report.id}.`,
    '',
    row('score', 'mean', 'runs'),
    row('---', '---', '---'),
    row('**total**', `**${share(figures.total)}**`, figures.scored),
    ...scoreParts.map(part),
    '',
    `- solved: ${figures.solved} of ${figures.runs} runs, ${percent(figures.solved_share)}`,
    `- cost: ${dollars(figures.cost_micros)}, ${dollars(figures.cost_micros_per_solved)} for each that was solved`,
    `- time of a run: median ${time(figures.took_p50_ms)}, p95 ${time(figures.took_p95_ms)}`,
    `- ends: ${list(figures.reasons)}`,
    '',
    row('case', 'total', ...scoreParts, 'paid', 'candidates', 'ends'),
    row(...Array.from({ length: 9 }, () => '---')),
    ...results.map(resultRow),
    ...(comparison === null ? [] : comparisonLines(comparison)),
    ...(complaints.length === 0 ? [] : ['', ...complaints.map((complaint) => `**${complaint}**`)]),
  ];
  return `${lines.join('\n')}\n`;
}

function resultRow({ case: name, sample, score, cost_micros, candidates, reason }: SeenEvaluationResult): string {
  const parts = scoreParts.map((part) => share(score[part]));
  const place = sample === 1 ? name : `${name} (${sample})`;
  return row(place, share(score.total), ...parts, dollars(cost_micros), candidates, reason);
}

function comparisonLines({ before, after, verdicts, cases }: Comparison): string[] {
  return [
    '',
    `Compared: ${share(before)} before, ${share(after)} now; ${list(verdicts)}.`,
    '',
    row('case', 'verdict', 'before', 'now'),
    row('---', '---', '---', '---'),
    ...cases
      .filter(({ verdict }) => verdict !== 'same')
      .map((one) => row(one.case, one.verdict, share(one.before), share(one.after))),
  ];
}
