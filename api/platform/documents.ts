// The committed documents that are made from the code: docs/openapi.json and docs/errors.md. Run by `npm run documents`.
// A change that breaks callers is only written with `--breaking`.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { allRoutes } from '../index.ts';
import { breakingChanges } from './breaking.ts';
import { allCodes, codeRow } from './discovery.ts';
import { openApiDocument } from './openapi.ts';
import { Readiness } from './readiness.ts';
import type { Route } from '../route.ts';

const root = path.resolve(import.meta.dirname, '../..');
export const openApiPath = path.join(root, 'docs/openapi.json');
export const errorsPath = path.join(root, 'docs/errors.md');

/** The routes of every server; nothing about one server is in their documents. */
export function documentedRoutes(): Route[] {
  return allRoutes({ version: '', publicUrl: '' }, new Readiness([], AbortSignal.abort()));
}

export async function openApiText(): Promise<string> {
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { version: string };
  return `${JSON.stringify(openApiDocument(documentedRoutes(), version), null, 2)}\n`;
}

export function errorsText(): string {
  const rows = allCodes().map(codeRow);
  return [
    '# Error codes',
    '',
    'Every answer from 400 upwards is a problem document (RFC 9457) with one of these codes. Programs match the code; the',
    'texts may change. `GET /errors/{code}` answers the same.',
    '',
    '| code | status | meaning | what to do |',
    '| --- | --- | --- | --- |',
    ...rows.map(({ code, status, title, remedy }) => `| \`${code}\` | ${status} | ${cell(title)} | ${cell(remedy)} |`),
    '',
  ].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

async function readOr(file: string, missing: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => missing);
}

async function writeDocuments(breaking: boolean): Promise<void> {
  const text = await openApiText();
  const before = JSON.parse(await readOr(openApiPath, '{}')) as Record<string, unknown>;
  const broken = breakingChanges(before, JSON.parse(text) as Record<string, unknown>);
  for (const change of broken) process.stdout.write(`breaking: ${change}\n`);
  if (broken.length > 0 && !breaking) {
    process.stdout.write('Nothing was written. If callers may be broken, say so with --breaking.\n');
    process.exitCode = 1;
    return;
  }
  await writeFile(openApiPath, text);
  await writeFile(errorsPath, errorsText());
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { breaking: { type: 'boolean', default: false } } });
  await writeDocuments(values.breaking);
}
