// What a file may be called, how long it may be, and what must not stand in it.
import path from 'node:path';
import { Refusal } from '../../kernel/refusal.ts';
import { checkNumbers } from '../../sql/migration-file.ts';
import { folderOf, literalsOf, type SourceFile, type Violation, withoutComments } from './source.ts';

const vagueWords = /(?:^|[-.])(?:managers?|services?|helpers?|utils?|utilities|commons?|misc|shared)(?=[-.])/;
const kebabName = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|d))?\.(?:tsx?|sql)$/;

export function findBadNames(files: readonly SourceFile[]): Violation[] {
  return files.flatMap((file) => {
    const base = path.posix.basename(file.name);
    if (!kebabName.test(base)) return [{ rule: 'name', file: file.name, detail: 'a file is named in kebab-case' }];
    if (vagueWords.test(base))
      return [{ rule: 'name', file: file.name, detail: 'the name says nothing of what it holds' }];
    return [];
  });
}

const generated = new Set(['sql/schema.sql', 'web/app/api/operations.ts']);

export function findLongFiles(files: readonly SourceFile[]): Violation[] {
  return files.flatMap((file) => {
    const lines = file.text.trimEnd().split('\n').length;
    const most = file.name.endsWith('.test.ts') ? 500 : 400;
    if (lines <= most || generated.has(file.name)) return [];
    return [{ rule: 'length', file: file.name, detail: `${lines} lines, at most ${most}` }];
  });
}

const silencers =
  /\b(?:es|ox|ts)lint-disable|@ts-(?:ignore|expect-error|nocheck)|\b(?:oxfmt|prettier|c8|v8|istanbul)[ -]ignore/;
/** They have to name what they look for. */
const rulebooks = new Set(['test/support/text-rules.ts', 'test/architecture.test.ts']);

export function findSilencers(files: readonly SourceFile[]): Violation[] {
  return files.flatMap((file) => {
    const found = rulebooks.has(file.name) ? null : silencers.exec(file.text);
    return found === null ? [] : [{ rule: 'silencer', file: file.name, detail: found[0] }];
  });
}

/** A file says in its first lines what it owns, and is brief about it. */
export function findLongOpenings(files: readonly SourceFile[]): Violation[] {
  return files.flatMap((file) => {
    const opening = /^(?:(?:\/\/|--)[^\n]*\n)*/.exec(file.text.replace(/^#![^\n]*\n/, ''))?.[0] ?? '';
    const lines = opening.split('\n').length - 1;
    const silent = lines === 0 && isCode(file);
    if (silent) return [{ rule: 'opening', file: file.name, detail: 'does not say what it owns' }];
    return lines > 3 ? [{ rule: 'opening', file: file.name, detail: `${lines} lines, at most 3` }] : [];
  });
}

const sqlText =
  /\bselect\s[\s\S]*\sfrom\s|\binsert\s+into\s|\bupdate\s+\w+(?:\.\w+)?\s+set\s|\bdelete\s+from\s|\b(?:create|alter|drop)\s+(?:table|function|role|schema|policy)\s|\bset_config\(/i;

/** SQL lives where it is read with the tables in mind. */
export function findStraySql(files: readonly SourceFile[]): Violation[] {
  return files
    .filter((file) => ['api', 'workers', 'kernel', 'events', 'commands', 'policies'].includes(folderOf(file.name)))
    .filter((file) => file.name.endsWith('.ts'))
    .flatMap((file) => {
      const found = literalsOf(file).find((literal) => sqlText.test(literal));
      return found === undefined ? [] : [{ rule: 'sql', file: file.name, detail: found.slice(0, 80) }];
    });
}

const loudKeywords = /\b(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|FROM|WHERE|RETURNING|BEGIN|GRANT|REVOKE)\b/;

export function findLoudSql(files: readonly SourceFile[]): Violation[] {
  return files
    .filter((file) => file.name.endsWith('.sql') && !generated.has(file.name))
    .flatMap((file) => {
      const found = loudKeywords.exec(withoutComments(file).replaceAll(/'[^']*'/g, ''));
      return found === null ? [] : [{ rule: 'sql case', file: file.name, detail: found[0] }];
    });
}

export function findTakenNumbers(files: readonly SourceFile[]): Violation[] {
  const names = files
    .filter((file) => file.name.startsWith('sql/migrations/'))
    .map((file) => path.posix.basename(file.name));
  try {
    checkNumbers(names);
    return [];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return [{ rule: 'migration', file: 'sql/migrations', detail: error.message }];
  }
}

/** A code means one thing wherever a caller meets it. */
export function findTakenCodes(files: readonly SourceFile[]): Violation[] {
  const owners = new Map<string, string>();
  return files.filter(isCode).flatMap((file) =>
    codesOf(file).flatMap((code) => {
      const owner = owners.get(code);
      owners.set(code, file.name);
      return owner === undefined
        ? []
        : [{ rule: 'code', file: file.name, detail: `${code} belongs to ${owner} already` }];
    }),
  );
}

function isCode(file: SourceFile): boolean {
  return /\.tsx?$/.test(file.name) && !['test', 'bench'].includes(folderOf(file.name));
}

/** The keys of each `defineRefusals({…})`: those that stand at the first level of its braces. */
export function codesOf(file: SourceFile): string[] {
  const text = withoutComments(file).replaceAll(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, "''");
  return [...text.matchAll(/defineRefusals\(\s*\{/g)].flatMap((match) => {
    const codes: string[] = [];
    let depth = 1;
    for (let at = match.index + match[0].length; depth > 0 && at < text.length; at += 1) {
      if (text[at] === '}') depth -= 1;
      if (text[at] !== '{') continue;
      const key = depth === 1 ? /([a-z0-9_]+):\s*$/.exec(text.slice(0, at))?.[1] : undefined;
      if (key !== undefined) codes.push(key);
      depth += 1;
    }
    return codes;
  });
}
