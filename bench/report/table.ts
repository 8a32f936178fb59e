// A section as a table for people.
import type { Ratio, Row } from '../measure/rounds.ts';
import type { Result, Section } from './result.ts';

export function headlineOf({ machine, at, commit, options }: Result): string {
  const { cpus, cpu, memoryGiB, node, postgres, commitMs } = machine;
  return [
    `${at}  ${commit}`,
    `${cpus} × ${cpu}, ${memoryGiB} GiB, Node ${node}, PostgreSQL ${postgres}, one durable insert ${commitMs.toFixed(2)} ms`,
    `${options.rounds} interleaved rounds of ${options.seconds} s, medians${options.quick ? '; quick: too coarse to be quoted' : ''}`,
  ].join('\n');
}

export function tableOf(section: Section): string {
  const others = othersOf(section);
  const head = [
    '',
    'per second',
    'p50 ms',
    'p99 ms',
    'CPU server',
    'PostgreSQL',
    ...others.flatMap(({ title }) => [`× ${title}`, 'p99', 'CPU']),
  ];
  const lines = [head, ...section.rows.map((row) => cellsOf(row, others))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  const rows = lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  return [section.title, ...rows, ...section.notes.map((note) => `  ${note}`)].join('\n');
}

interface Other {
  readonly title: string;
  ratioOf(row: Row): Ratio | undefined;
}

/** Where each row is compared with one other, one group of columns says it all. */
function othersOf({ rows, baseline }: Section): Other[] {
  if (baseline !== undefined) return [{ title: baseline, ratioOf: (row) => Object.values(row.ratios)[0] }];
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.ratios)))].toSorted();
  return names.map((name) => ({ title: name, ratioOf: (row) => row.ratios[name] }));
}

function cellsOf(row: Row, others: readonly Other[]): string[] {
  return [
    row.name,
    row.perSecond?.toFixed(0) ?? '',
    row.p50Ms?.toFixed(2) ?? '',
    row.p99Ms?.toFixed(2) ?? '',
    // Seconds per 1,000 requests are milliseconds a request.
    milliseconds(row.serverCpu),
    milliseconds(row.postgresCpu),
    ...others.flatMap(({ ratioOf }) => {
      const ratio = ratioOf(row);
      return [ratio?.perSecond, ratio?.p99, ratio?.cpu].map((value) => value?.toFixed(2) ?? '');
    }),
  ];
}

function milliseconds(value: number | null): string {
  return value === null ? '–' : `${value.toFixed(3)} ms`;
}
