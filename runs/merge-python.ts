// Parts written in Python as one file. Only what stands at the very left and outside of any text is taken for an import.
import type { Part } from './merge.ts';

export function mergePython(parts: readonly Part[]): string {
  const ids = new Set(parts.map(({ id }) => id.replaceAll('-', '_')));
  const futures = new Set<string>();
  const imports = new Set<string>();
  const bodies: string[] = [];
  for (const { code } of parts) {
    const { found, body } = splitImports(code);
    for (const statement of found) {
      const module = /^(?:from|import)\s+\.*([\w.]*)/.exec(statement)?.[1] ?? '';
      if (ids.has(module)) continue;
      if (module === '__future__') futures.add(statement);
      else imports.add(statement);
    }
    bodies.push(body.trim());
  }
  const head = [...futures, ...imports].join('\n');
  return `${[head, ...bodies].filter((block) => block !== '').join('\n\n\n')}\n`;
}

interface Split {
  /** Each on one line, as far as it can be. */
  readonly found: readonly string[];
  readonly body: string;
}

function splitImports(code: string): Split {
  const found: string[] = [];
  const body: string[] = [];
  const lines = code.split('\n');
  const state = new Scanner();
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (!state.isOutside || !/^(?:import|from)\s+[\w.]/.test(line)) {
      state.read(line);
      body.push(line);
      continue;
    }
    let statement = '';
    do {
      const next = lines[index] ?? '';
      state.read(next);
      statement += ` ${next.replace(/#.*$/, '').replace(/\\$/, '').trim()}`;
      if (!state.isOutside) index += 1;
    } while (!state.isOutside && index < lines.length);
    found.push(tidy(statement));
  }
  return { found, body: body.join('\n') };
}

function tidy(statement: string): string {
  return statement
    .trim()
    .replace(/;$/, '')
    .replaceAll(/\s+/g, ' ')
    .replace(/\( ?(.*?),? ?\)$/, '$1');
}

/** Whether a line begins inside of a text, of brackets or of the line before it. */
class Scanner {
  private quote: string | null = null;
  private depth = 0;
  private isContinued = false;

  get isOutside(): boolean {
    return this.quote === null && this.depth === 0 && !this.isContinued;
  }

  read(line: string): void {
    this.isContinued = false;
    for (let at = 0; at < line.length;) at = this.quote === null ? this.readCode(line, at) : this.readText(line, at);
    // A text in single quotes ends with its line, whatever is in it.
    if (this.quote?.length === 1) this.quote = null;
  }

  private readCode(line: string, at: number): number {
    const sign = line[at] ?? '';
    if (sign === '#') return line.length;
    if (sign === '\\' && at === line.length - 1) this.isContinued = true;
    if (sign === '"' || sign === "'") {
      this.quote = line.startsWith(sign.repeat(3), at) ? sign.repeat(3) : sign;
      return at + this.quote.length;
    }
    if ('([{'.includes(sign)) this.depth += 1;
    if (')]}'.includes(sign)) this.depth = Math.max(0, this.depth - 1);
    return at + 1;
  }

  private readText(line: string, at: number): number {
    if (line[at] === '\\') return at + 2;
    if (this.quote === null || !line.startsWith(this.quote, at)) return at + 1;
    const { length } = this.quote;
    this.quote = null;
    return at + length;
  }
}
