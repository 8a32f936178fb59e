// Whether this process should get traffic. Asked often by many, so an answer is shared for up to a second.
import type { ReadyCheck } from '../context.ts';

export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
}

const sharedMs = 1_000;
/** A check that hangs is a check that failed. */
const patienceMs = 2_000;

export class Readiness {
  private readonly signal: AbortSignal;
  private readonly checks: readonly ReadyCheck[];
  private last: { readonly atMs: number; readonly results: Promise<readonly CheckResult[]> } | null = null;

  constructor(checks: readonly ReadyCheck[], stopping: AbortSignal) {
    this.checks = checks;
    this.signal = stopping;
  }

  /** The process has begun to stop: it finishes what it has, and should get nothing new. */
  get stopping(): boolean {
    return this.signal.aborted;
  }

  results(): Promise<readonly CheckResult[]> {
    const nowMs = performance.now();
    if (this.last === null || nowMs - this.last.atMs >= sharedMs) {
      this.last = { atMs: nowMs, results: Promise.all(this.checks.map(runCheck)) };
    }
    return this.last.results;
  }
}

async function runCheck(check: ReadyCheck): Promise<CheckResult> {
  const startedMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('too slow')), patienceMs);
  });
  const ok = await Promise.race([check.run(), late]).then(
    () => true,
    () => false,
  );
  clearTimeout(timer);
  return { name: check.name, ok, ms: Math.round(performance.now() - startedMs) };
}
