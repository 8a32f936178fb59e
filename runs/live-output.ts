// What a program writes while it runs, line by line, for whoever watches. The lines of the harness are not the program's.
import { StringDecoder } from 'node:string_decoder';
import type { JsonObject } from '../kernel/event.ts';
import type { OutputStream } from '../sandbox/port.ts';
import { secretLinesOf, withoutLines } from './tests-text.ts';

/** Lines that come close together are told together. */
const pauseMs = 50;
/** Of one stream at a time; more than that nobody reads as it goes by, and the result has it all. */
const mostChars = 8_192;

interface Heard {
  readonly decoder: StringDecoder;
  text: string;
  omitted: number;
}

export class LiveOutput {
  private readonly tell: (delta: JsonObject) => void;
  private readonly word: string;
  private readonly secret: ReadonlySet<string>;
  private readonly streams: Record<OutputStream, Heard> = { stdout: newHeard(), stderr: newHeard() };
  private timer: NodeJS.Timeout | null = null;

  /** `word` begins the lines that are not told; nor are those of the tests. */
  constructor(tell: (delta: JsonObject) => void, word: string, tests: string | null = null) {
    this.tell = tell;
    this.word = word;
    this.secret = secretLinesOf(tests ?? '');
  }

  add(stream: OutputStream, chunk: Buffer): void {
    const heard = this.streams[stream];
    heard.text += heard.decoder.write(chunk);
    if (heard.text.length > 2 * mostChars) this.shorten(heard);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.tellLines();
    }, pauseMs);
  }

  end(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    for (const heard of Object.values(this.streams)) heard.text += heard.decoder.end();
    this.tellLines(true);
  }

  /** The last line may still grow, so it is kept back until the end. */
  private tellLines(all = false): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const heard = this.streams[stream];
      const end = all ? heard.text.length : heard.text.lastIndexOf('\n') + 1;
      const text = withoutLines(this.secret, this.ownText(heard.text.slice(0, end)));
      heard.text = heard.text.slice(end);
      if (text === '') continue;
      const omitted = heard.omitted + Math.max(0, text.length - mostChars);
      heard.omitted = 0;
      this.tell({ kind: 'output', stream, text: text.slice(0, mostChars), omitted });
    }
  }

  /** What comes after a line of the harness is not the program's either. */
  private ownText(text: string): string {
    const at = text.startsWith(`${this.word} `) ? 0 : text.indexOf(`\n${this.word} `);
    return at === -1 ? text : text.slice(0, at);
  }

  /** Keeps the first lines and what may be the beginning of the last. */
  private shorten(heard: Heard): void {
    const last = heard.text.lastIndexOf('\n') + 1;
    const from = last > mostChars ? last : heard.text.length - mostChars / 2;
    heard.omitted += from - mostChars;
    heard.text = `${heard.text.slice(0, mostChars)}${heard.text.slice(from)}`;
  }
}

function newHeard(): Heard {
  return { decoder: new StringDecoder('utf8'), text: '', omitted: 0 };
}
