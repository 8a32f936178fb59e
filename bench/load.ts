// The load generator: a process of its own, the same for every contender. Closed loop over keep-alive connections.
import { Connection, type ConnectionEvents } from './measure/connection.ts';
import { makeDraw, makeSortedDraw } from './measure/draw.ts';
import { Histogram } from './measure/histogram.ts';
import { counterMark, type HttpJob, type JobResult, tokenMark } from './measure/job.ts';

interface Template {
  readonly bytes: Buffer;
  readonly counterOffsets: readonly number[];
}

/** Begins where no earlier run of this generator can have been, because the keys of its requests must be new. */
let counter = (Date.now() % 1_000_000_000) * 1_000;

function parseTemplate(text: string): Template {
  const bytes = Buffer.from(text);
  const counterOffsets: number[] = [];
  for (let at = bytes.indexOf(counterMark); at !== -1; at = bytes.indexOf(counterMark, at + 1)) counterOffsets.push(at);
  return { bytes, counterOffsets };
}

function fill(template: Template, buffer: Buffer): number {
  template.bytes.copy(buffer);
  if (template.counterOffsets.length > 0) {
    counter += 1;
    const text = String(counter).padStart(counterMark.length, '0');
    for (const offset of template.counterOffsets) buffer.write(text, offset, 'latin1');
  }
  return template.bytes.length;
}

interface Talk extends Pick<ConnectionEvents, 'next' | 'heard'> {
  /** Whether it may end here. */
  readonly isWhole: () => boolean;
}

const token = /"token":"([^"]+)"/;

/** Around the circuit again and again, with what the answer before granted. */
function goAround(requests: readonly string[]): Talk {
  let step = 0;
  let granted = '';
  return {
    next(buffer) {
      const request = requests[step++ % requests.length] as string;
      return buffer.write(request.replace(tokenMark, granted));
    },
    isWhole: () => step % requests.length === 0,
    heard(body) {
      granted = token.exec(body)?.[1] ?? '';
    },
  };
}

class Run {
  private readonly job: HttpJob;
  private readonly templates: readonly Template[];
  private readonly draws: readonly (() => number)[];
  private readonly latencies = new Histogram();
  private startedMs = Number.POSITIVE_INFINITY;
  private endedMs = 0;
  private sent = 0;
  private failures = 0;
  private firstFailure: string | null = null;

  constructor(job: HttpJob) {
    this.job = job;
    this.templates = job.requests.map(parseTemplate);
    const { requests, spread, ports, isSorted = false } = job;
    const draw = makeDraw(requests.length, spread);
    const sorted = (first: number) => makeSortedDraw({ count: requests.length, first, step: ports.length }, spread);
    this.draws = ports.map((_, port) => (isSorted ? sorted(port) : draw));
  }

  async perform(): Promise<JobResult> {
    const { connections, warmupMs, measureMs, ports, expectedStatus } = this.job;
    const begin = setTimeout(() => (this.startedMs = performance.now()), warmupMs);
    const end = setTimeout(() => this.end(), warmupMs + measureMs);
    const each = Array.from({ length: connections }, (_, at) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const talk = this.talkOf(at);
      const connection = new Connection(ports[at % ports.length] as number, expectedStatus, {
        ...talk,
        next: (buffer) => (this.failures > 0 || (this.endedMs > 0 && talk.isWhole()) ? 0 : talk.next(buffer)),
        answered: (_status, latencyMs, failure) => this.count(latencyMs, failure),
        ended: resolve,
      });
      connection.start();
      return promise;
    });
    await Promise.all(each);
    clearTimeout(begin);
    clearTimeout(end);
    return {
      done: this.latencies.total,
      sent: this.sent,
      seconds: this.endedMs > this.startedMs ? (this.endedMs - this.startedMs) / 1000 : 0,
      latencies: this.latencies.toCounts(),
      failures: this.failures,
      firstFailure: this.firstFailure,
    };
  }

  private talkOf(connection: number): Talk {
    const { circuits } = this.job;
    if (circuits !== undefined) return goAround(circuits[connection] ?? []);
    const draw = this.draws[connection % this.draws.length] as () => number;
    return { next: (buffer) => fill(this.templates[draw()] as Template, buffer), isWhole: () => true };
  }

  private count(latencyMs: number, failure: string | null): void {
    if (failure !== null) {
      this.failures += 1;
      this.firstFailure ??= failure;
      // A contender that answers wrongly has no figure: there is no sense in going on.
      this.end();
      return;
    }
    this.sent += 1;
    if (this.endedMs > 0 || performance.now() < this.startedMs) return;
    this.latencies.record(latencyMs);
    if (this.latencies.total >= this.job.measureRequests) this.end();
  }

  private end(): void {
    if (this.endedMs === 0) this.endedMs = performance.now();
  }
}

process.on('message', (job: HttpJob) => {
  new Run(job).perform().then(
    (result) => process.send?.(result),
    (error: unknown) => {
      throw error;
    },
  );
});
process.once('disconnect', () => process.exit(0));
process.send?.({ ready: true });
