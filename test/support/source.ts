// The project's own source as the architecture rules see it: files with their text, imports and string literals.
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import path from 'node:path';

export interface SourceFile {
  /** Relative to the project, with forward slashes. */
  readonly name: string;
  readonly text: string;
}

export interface Violation {
  readonly rule: string;
  readonly file: string;
  readonly detail: string;
}

export const root = path.resolve(import.meta.dirname, '../..');

export async function readSources(): Promise<SourceFile[]> {
  const names = await Array.fromAsync(
    glob('**/*.{ts,tsx,sql}', {
      cwd: root,
      exclude: (name) => /^(?:node_modules|dist|coverage|\..+)$/.test(name),
    }),
  );
  return names.sort().map((name) => ({ name, text: readFileSync(path.join(root, name), 'utf8') }));
}

export function folderOf(name: string): string {
  return name.includes('/') ? name.slice(0, name.indexOf('/')) : '';
}

/** Modules as they are written: `node:fs`, `pg`, `../kernel/id.ts`. */
export function importsOf(text: string): string[] {
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*'([^']+)'|(?<!')\bimport\s*\(?\s*'([^']+)'/g,
  );
  return [...found].map((match) => (match[1] ?? match[2]) as string);
}

/** The file of the project that a relative import leads to; null for packages. */
export function resolveImport(from: string, specifier: string): string | null {
  return specifier.startsWith('.') ? path.posix.join(path.posix.dirname(from), specifier) : null;
}

/** The code without comments, so that a rule speaks of what runs. Literals are kept. */
export function withoutComments(file: SourceFile): string {
  if (file.name.endsWith('.sql')) return file.text.replaceAll(/--[^\n]*/g, '');
  return file.text.replaceAll(
    /('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)|\/\*[\s\S]*?\*\/|(?<![:\\/])\/\/[^\n]*/g,
    (_match, literal: string | undefined) => literal ?? '',
  );
}

export function literalsOf(file: SourceFile): string[] {
  const found = withoutComments(file).matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g);
  return [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}
