// What is committed and made from the code: docs/openapi.json, docs/errors.md, docs/roles.md and the types of the client.
// Run by `npm run documents`. A change that breaks callers is only written with `--breaking`.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { roleAllows, roles } from '../../kernel/actor.ts';
import { allRoutes } from '../index.ts';
import { breakingChanges } from './breaking.ts';
import { clientTypesText } from './client-types.ts';
import { allCodes, codeRow } from './discovery.ts';
import { openApiDocument } from './openapi.ts';
import { Readiness } from './readiness.ts';
import { inlineShapes } from './named-shape.ts';
import { type Route, templateOf } from '../route.ts';

const root = path.resolve(import.meta.dirname, '../..');
export const openApiPath = path.join(root, 'docs/openapi.json');
export const errorsPath = path.join(root, 'docs/errors.md');
export const rolesPath = path.join(root, 'docs/roles.md');
export const clientTypesPath = path.join(root, 'clients/typescript/types.ts');

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

/** Columns in the order of the table. */
const columns = roles.toReversed();

export function rolesText(): string {
  const rows = documentedRoutes().map(({ method, url, role }) => {
    const marks = columns.map((one) => (role === 'public' || roleAllows(role, one) ? 'yes' : '–'));
    return `| ${method} | \`${templateOf(url)}\` | ${[role === 'public' ? 'yes' : '–', ...marks].join(' | ')} |`;
  });
  return [
    '# Roles and routes',
    '',
    'Who may call what. A key has one role for life, and what is not marked here is refused with `role_forbidden` before the',
    'body is read. A call may still be refused for what it is about: docs/errors.md has every code.',
    '',
    `| method | path | ${['anybody', ...columns].join(' | ')} |`,
    `| --- | --- | ${['anybody', ...columns].map(() => '---').join(' | ')} |`,
    ...rows,
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
  const broken = breakingChanges(inlineShapes(before), inlineShapes(JSON.parse(text) as Record<string, unknown>));
  for (const change of broken) process.stdout.write(`breaking: ${change}\n`);
  if (broken.length > 0 && !breaking) {
    process.stdout.write('Nothing was written. If callers may be broken, say so with --breaking.\n');
    process.exitCode = 1;
    return;
  }
  await writeFile(openApiPath, text);
  await writeFile(errorsPath, errorsText());
  await writeFile(rolesPath, rolesText());
  await writeFile(clientTypesPath, clientTypesText(JSON.parse(text) as Record<string, unknown>));
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { breaking: { type: 'boolean', default: false } } });
  await writeDocuments(values.breaking);
}
