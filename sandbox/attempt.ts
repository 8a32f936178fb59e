// One run in one sandbox, the same for every tier: hands the code in, keeps the output, holds the limits, ends it.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { unpackArtifacts } from './archive.ts';
import { KeptOutput } from './kept-output.ts';
import { LauncherOutput, messageOf } from './launcher.ts';
import type { OutputStream, SandboxResult, Tier } from './port.ts';
import type { CheckedRequest } from './request.ts';
import { type Course, type Ending, exitCodeOf, judge, type Stop } from './verdict.ts';

/** A sandbox that is up and waits for its only run. */
export interface Vessel {
  readonly tier: Tier;
  /** Hash of the image that it is made of, where the tier has such. */
  readonly image?: string;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles when all inside has ended; never rejects. */
  readonly ended: Promise<Ending>;
  /** Settles as soon as it can be of no more use, which may be before it is known how it ended; never rejects. */
  readonly lost?: Promise<unknown>;
  /** How long it may take until the code begins. */
  readonly startMs?: number;
  command(request: CheckedRequest): string;
  /** Whether the limit of processes is met right now; asked before it is killed for taking too long. */
  isFull?(): Promise<boolean>;
  /** Processor time used so far, where no limit of the system holds it. */
  cpuMs?(): number | null;
  kill(): Promise<void>;
  /** Leaves nothing behind; whether it ended or not. */
  discard(): Promise<void>;
}

const defaultStartMs = 30_000;
/** For artifacts to come out once the code has ended, and for a killed sandbox to be gone. */
const afterMs = 5_000;

export async function attemptIn(vessel: Vessel, request: CheckedRequest, readyMs: number): Promise<SandboxResult> {
  const attempt = new Attempt(vessel, request);
  try {
    await attempt.follow();
    request.signal?.throwIfAborted();
    return attempt.report(readyMs);
  } finally {
    // Not waited for: whoever made the vessel sees to it that it is gone before it closes.
    void vessel.discard();
  }
}

class Attempt {
  private readonly vessel: Vessel;
  private readonly request: CheckedRequest;
  private readonly stdout = new KeptOutput();
  private readonly stderr = new KeptOutput();
  private readonly launcher: LauncherOutput;
  private readonly nonce = randomBytes(16).toString('hex');
  private readonly sentAt = performance.now();
  private beganAt: number | null = null;
  private cpuBeforeMs: number | null = null;
  private endedAt: number | null = null;
  private stop: Stop = null;
  private full = false;
  private readonly timers = new Set<NodeJS.Timeout>();
  private ending: Ending = { exitCode: null, oom: false, pids: false, trouble: 'the sandbox did not end' };

  constructor(vessel: Vessel, request: CheckedRequest) {
    this.vessel = vessel;
    this.request = request;
    this.launcher = new LauncherOutput(this.nonce, 2 * request.limits.artifactBytes + 65_536, {
      onBegin: () => this.begin(),
      onOutput: (chunk) => this.take('stdout', chunk),
    });
  }

  async follow(): Promise<void> {
    const { vessel, request } = this;
    vessel.stdout.on('data', (chunk: Buffer) => this.launcher.add(chunk));
    vessel.stderr.on('data', (chunk: Buffer) => this.take('stderr', chunk));
    // Code that does not read its input closes it; that is its right.
    vessel.stdin.on('error', () => undefined);
    vessel.stdin.end(messageOf(this.nonce, request, vessel.command(request)));
    this.after(vessel.startMs ?? defaultStartMs, () => this.end('start'));
    const abort = (): void => void vessel.kill();
    request.signal?.addEventListener('abort', abort);
    if (request.signal?.aborted === true) abort();
    try {
      const drained = Promise.all([finished(vessel.stdout), finished(vessel.stderr)]);
      this.ending = await vessel.ended;
      this.endedAt = performance.now();
      await Promise.race([drained, pause(afterMs)]);
      this.launcher.finish();
    } finally {
      request.signal?.removeEventListener('abort', abort);
      for (const timer of this.timers) clearTimeout(timer);
    }
  }

  report(readyMs: number): SandboxResult {
    const { limits } = this.request;
    const told = this.launcher.word();
    const ending = this.full ? { ...this.ending, pids: true } : this.ending;
    const runMs = this.beganAt === null ? 0 : (this.endedAt ?? performance.now()) - this.beganAt;
    const course: Course = {
      hasBegun: this.launcher.hasBegun,
      stop: this.stop,
      word: told?.word ?? null,
      ending,
      runMs,
    };
    const verdict = judge(course, limits);
    const { artifacts, omitted } = unpackArtifacts(told?.archive ?? Buffer.alloc(0), limits);
    return {
      tier: this.vessel.tier,
      image: this.vessel.image ?? null,
      verdict,
      exitCode: exitCodeOf(course),
      stdout: this.stdout.keep(),
      stderr: this.stderr.keep(),
      timings: { readyMs, runMs, totalMs: readyMs + performance.now() - this.sentAt },
      artifacts,
      artifactsOmitted: omitted,
      trouble: verdict === 'sandbox_error' ? this.trouble() : null,
    };
  }

  private trouble(): string {
    const said = this.stderr.keep().head.slice(0, 300).trim();
    return this.ending.trouble ?? `the code was never begun${said === '' ? '' : `: ${said}`}`;
  }

  private begin(): void {
    this.beganAt = performance.now();
    const { wallMs, cpuMs } = this.request.limits;
    this.after(wallMs, () => this.end('wall'));
    if (this.vessel.cpuMs === undefined) return;
    this.cpuBeforeMs = this.vessel.cpuMs();
    this.after(cpuMs, () => this.checkCpu());
  }

  /** Where only we hold the limit: looked at when it may first be used up, and then as it may be. */
  private checkCpu(): void {
    const { cpuMs } = this.request.limits;
    const nowMs = this.vessel.cpuMs?.() ?? null;
    // Where nobody can tell, time is taken for processor time.
    const left = nowMs === null || this.cpuBeforeMs === null ? 0 : cpuMs - (nowMs - this.cpuBeforeMs);
    if (left <= 0) this.end('cpu');
    else this.after(Math.max(20, left), () => this.checkCpu());
  }

  private take(stream: OutputStream, chunk: Buffer): void {
    this[stream].add(chunk);
    this.request.onOutput?.(stream, chunk);
    if (this.stdout.bytes + this.stderr.bytes > this.request.limits.outputBytes) this.end('output');
  }

  private end(stop: Exclude<Stop, null>): void {
    if (this.stop !== null || this.endedAt !== null) return;
    if (stop === 'start' && this.launcher.hasBegun) return;
    this.stop = stop;
    void this.kill();
  }

  private async kill(): Promise<void> {
    if (this.stop === 'wall') this.full = (await this.vessel.isFull?.().catch(() => false)) ?? false;
    await this.vessel.kill();
  }

  private after(ms: number, act: () => void): void {
    this.timers.add(setTimeout(act, ms));
  }
}

async function finished(stream: Readable): Promise<void> {
  if (stream.readableEnded || stream.destroyed) return;
  await Promise.race([once(stream, 'end'), once(stream, 'close'), once(stream, 'error')]).catch(() => undefined);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
