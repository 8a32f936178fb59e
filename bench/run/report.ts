// How figures of runs stand in a report, and where it goes.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const percent = (share: number | null): string => (share === null ? '–' : `${(share * 100).toFixed(1)} %`);
export const dollars = (micros: number | null): string =>
  micros === null ? '–' : `$${(micros / 1_000_000).toFixed(4)}`;
export const time = (ms: number | null): string => (ms === null ? '–' : `${(ms / 1_000).toFixed(1)} s`);
export const list = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([word, count]) => `${word} ${count}`)
    .join(', ') || '–';

/** As JSON for programs and as Markdown for people; the path of the latter. */
export function saveReport(report: { readonly name: string }, markdown: string, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, report.name.toLowerCase().replaceAll(/[^a-z0-9.]+/g, '-'));
  writeFileSync(`${file}.json`, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(`${file}.md`, markdown);
  return `${file}.md`;
}
