// What a run of the suite says: a line for each file, the whole story of each failure, and the counts.
import { once } from 'node:events';
import { Parser, type Result } from 'tap-parser';

export interface TestCount {
  passed: number;
  failed: number;
  skipped: number;
}

/** Reads the runner's TAP: the root holds a child for each file, and each of those an assertion for each test. */
export class TestReport {
  readonly parser: Parser;
  readonly ended: Promise<unknown>;
  readonly count: TestCount = { passed: 0, failed: 0, skipped: 0 };
  private readonly print: (line: string) => void;
  private readonly finished = new Set<string>();

  constructor(print: (line: string) => void) {
    this.print = print;
    this.parser = new Parser();
    this.ended = once(this.parser, 'complete');
    this.parser.on('child', (file: Parser) => this.watchFile(file));
  }

  private watchFile(file: Parser): void {
    const own: TestCount = { passed: 0, failed: 0, skipped: 0 };
    file.on('assert', (result: Result) => add(own, result));
    this.watchFailures(file, [file.name]);
    this.parser.once('assert', (result: Result) => this.closeFile(file.name, own, result));
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
  private closeFile(name: string, own: TestCount, result: Result): void {
    this.finished.add(name);
    if (!result.ok && own.failed === 0) {
      own.failed += 1;
      this.tell([], result);
    }
    const tests = own.passed + own.failed + own.skipped;
    if (tests === 0) {
      own.failed += 1;
      this.print(`\nFAILED ${name} › holds no test`);
    }
    this.count.passed += own.passed;
    this.count.failed += own.failed;
    this.count.skipped += own.skipped;
    const seconds = ((result.time ?? 0) / 1000).toFixed(1);
    this.print(`${own.failed === 0 ? 'ok    ' : 'not ok'} ${name} (${tests} tests, ${seconds} s)`);
  }

  /** A runner that died may have left files out: silence is not success. */
  finish(files: readonly string[], code: number | null): void {
    for (const file of files) {
      if (this.finished.has(file)) continue;
      this.count.failed += 1;
      this.print(`\nFAILED ${file} › was not run to its end (the runner ended with ${code ?? 'a signal'})`);
    }
    if (code !== 0 && this.count.failed === 0) {
      this.count.failed += 1;
      this.print(`\nFAILED the runner › ended with ${code ?? 'a signal'}`);
    }
  }
}

function add(count: TestCount, result: Result): void {
  if (result.skip !== false || result.todo !== false) count.skipped += 1;
  else if (result.ok) count.passed += 1;
  else count.failed += 1;
}
