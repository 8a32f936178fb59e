// Parts written in JavaScript as one module: what they import is bound once, and only the last one has a default export.
import type { Part } from './merge.ts';

interface Bound {
  readonly defaults: Set<string>;
  readonly spaces: Set<string>;
  readonly names: Set<string>;
}

const importStatement = /^import\s+(?:([^'";]*?)\s*from\s*)?(['"])([^'"\n]+)\2[^\n]*$/gm;
const requireStatement = /^(?:const|let|var)\s+[^=\n]+=\s*require\(\s*(['"])([^'"\n]+)\1\s*\);?[ \t]*$/gm;

export function mergeJavascript(parts: readonly Part[]): string {
  const ids = new Set(parts.map(({ id }) => id));
  const bound = new Map<string, Bound>();
  const required = new Set<string>();
  const bodies = parts.map(({ code }, index) => {
    const body = code
      .replaceAll(importStatement, (_statement, clause: string | undefined, _quote: string, from: string) => {
        if (!isSibling(from, ids)) bind(bound, from, clause ?? '');
        return '';
      })
      .replaceAll(requireStatement, (statement: string, _quote: string, from: string) => {
        if (!isSibling(from, ids)) required.add(statement.trim().replace(/;?$/, ';'));
        return '';
      });
    return (index === parts.length - 1 ? body : withoutDefault(body)).trim();
  });
  const head = [...[...bound].flatMap(([from, one]) => statementsOf(from, one)), ...required].join('\n');
  return `${[head, ...bodies].filter((block) => block !== '').join('\n\n')}\n`;
}

/** A part that is meant by the name of its file is in the same file now. */
function isSibling(from: string, ids: ReadonlySet<string>): boolean {
  const name = /^\.{1,2}\/(?:.*\/)?([\w-]+?)(?:\.[cm]?js)?$/.exec(from)?.[1];
  return name !== undefined && ids.has(name);
}

function bind(bound: Map<string, Bound>, from: string, clause: string): void {
  const one = bound.get(from) ?? { defaults: new Set(), spaces: new Set(), names: new Set() };
  bound.set(from, one);
  const names = /\{([\s\S]*)\}/.exec(clause)?.[1] ?? '';
  for (const name of names.split(',')) if (name.trim() !== '') one.names.add(name.trim().replaceAll(/\s+/g, ' '));
  for (const rest of clause.replace(/\{[\s\S]*\}/, '').split(',')) {
    const word = rest.trim();
    const space = /^\*\s*as\s+(\S+)$/.exec(word)?.[1];
    if (space !== undefined) one.spaces.add(space);
    else if (word !== '') one.defaults.add(word);
  }
}

function statementsOf(from: string, { defaults, spaces, names }: Bound): string[] {
  const source = `'${from}';`;
  const statements = [
    ...[...defaults].map((name) => `import ${name} from ${source}`),
    ...[...spaces].map((name) => `import * as ${name} from ${source}`),
    ...(names.size === 0 ? [] : [`import { ${[...names].join(', ')} } from ${source}`]),
  ];
  return statements.length === 0 ? [`import ${source}`] : statements;
}

function withoutDefault(code: string): string {
  return code
    .replaceAll(/^export\s+default\s+(?=(?:async\s+)?function\s*\*?\s*\w|class\s+(?!extends\b)\w)/gm, '')
    .replaceAll(/^export\s+default\s+[\w$]+;?[ \t]*$/gm, '')
    .replaceAll(/^module\.exports\s*=\s*(?:[\w$]+|\{[\s\w$,]*\});?[ \t]*$/gm, '');
}
