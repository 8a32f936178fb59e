// What a run of the suite says: a line for each file, the whole story of each failure, and the counts.
import { Parser, type Result } from 'tap-parser';

export interface TestCount {
  passed: number;
  failed: number;
  skipped: number;
}

/** How the process of a file ended. */
export interface FileEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly seconds: number;
}

/** Reads the TAP of each file: its root holds an assertion for each test. */
export class TestReport {
  readonly count: TestCount = { passed: 0, failed: 0, skipped: 0 };
  private readonly print: (line: string) => void;
  private readonly open = new Map<Parser, TestCount>();
  private readonly finished = new Set<string>();

  constructor(print: (line: string) => void) {
    this.print = print;
  }

  openFile(name: string): Parser {
    const own: TestCount = { passed: 0, failed: 0, skipped: 0 };
    const parser = new Parser({ name });
    this.open.set(parser, own);
    parser.on('assert', (result: Result) => add(own, result));
    this.watchFailures(parser, [name]);
    return parser;
  }

  private watchFailures(parser: Parser, names: readonly string[]): void {
    let nested: string | null = null;
    parser.on('child', (child: Parser) => {
      nested = child.name;
      this.watchFailures(child, [...names, child.name]);
    });
    parser.on('assert', (result: Result) => {
      // A test whose inner assertion failed has been told already.
      if (!result.ok && !result.todo && !result.skip && result.name !== nested) this.tell(names, result);
    });
  }

  private tell(names: readonly string[], result: Result): void {
    this.print(`\nFAILED ${[...names, result.name].join(' › ')}`);
    const diagnosis = (result.diag ?? {}) as Record<string, unknown>;
    const told = ['diff', 'stack', 'found', 'wanted', 'expired', 'signal', 'exitCode', 'tapError'];
    const known = told.filter((key) => diagnosis[key] !== undefined && diagnosis[key] !== null);
    // An error that the runner caught outside of a test comes with fields of its own.
    for (const key of known.length > 0 ? known : Object.keys(diagnosis)) {
      const value = diagnosis[key];
      const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
      this.print(`  ${key}: ${text.trimEnd().replaceAll('\n', '\n    ')}`);
    }
  }

  /** A file that crashed, ran out of time or held no test fails, whatever its tests said before. */
  closeFile(parser: Parser, end: FileEnd): void {
    const { name } = parser;
    const own = this.open.get(parser) as TestCount;
    this.finished.add(name);
    const isWhole = parser.results?.ok === true && end.code === 0;
    if (!isWhole && own.failed === 0) {
      own.failed += 1;
      this.print(`\nFAILED ${name} › ended with ${end.code ?? end.signal}`);
      for (const failure of parser.failures) this.print(`  ${JSON.stringify(failure)}`);
    }
    const tests = own.passed + own.failed + own.skipped;
    if (tests === 0) {
      own.failed += 1;
      this.print(`\nFAILED ${name} › holds no test`);
    }
    this.count.passed += own.passed;
    this.count.failed += own.failed;
    this.count.skipped += own.skipped;
    this.print(`${own.failed === 0 ? 'ok    ' : 'not ok'} ${name} (${tests} tests, ${end.seconds.toFixed(1)} s)`);
  }

  /** A run that was stopped leaves files out: silence is not success. */
  finish(files: readonly string[]): void {
    for (const file of files) {
      if (this.finished.has(file)) continue;
      this.count.failed += 1;
      this.print(`\nFAILED ${file} › was not run to its end`);
    }
  }
}

function add(count: TestCount, result: Result): void {
  if (result.skip !== false || result.todo !== false) count.skipped += 1;
  else if (result.ok) count.passed += 1;
  else count.failed += 1;
}
