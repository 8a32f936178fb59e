// A run in hand: its claim is renewed until it is let go, and whoever works on it hears at once when it was lost.
import type { Database } from '../sql/database.ts';
import { type ClaimedRun, releaseRun, renewRun } from '../sql/run-lease.ts';
import type { WorkerLog } from './log.ts';

/** Whoever hears nothing of a worker for that long takes its runs. */
export const leaseS = 7;
const renewEveryMs = 1_750;
/** Sooner than the database thinks so, because the answer to a claim was on its way for a while. */
const believedMs = leaseS * 1_000 - 1_000;

export class RunHold {
  private readonly sources: { readonly database: Database; readonly log: WorkerLog };
  private readonly claim: ClaimedRun;
  private readonly lost = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private renewedMs: number;
  private renewing: Promise<void> | null = null;

  /** `claimedMs` is the time before the claim was asked for. */
  constructor(sources: RunHold['sources'], claim: ClaimedRun, claimedMs: number) {
    this.sources = sources;
    this.claim = claim;
    this.renewedMs = claimedMs;
    this.timer = setInterval(() => this.renew(), renewEveryMs);
  }

  /** Aborts when the run is not ours any more. */
  get signal(): AbortSignal {
    return this.lost.signal;
  }

  async letGo(): Promise<void> {
    await this.end();
    // What cannot be let go runs out.
    await releaseRun(this.sources.database, this.claim).catch((error: unknown) => {
      this.sources.log.warn({ run_id: this.claim.runId, err: error }, 'a run could not be let go');
    });
  }

  /** It runs out, so that whatever failed here is tried again only after a while. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    await this.renewing;
  }

  private renew(): void {
    if (performance.now() - this.renewedMs > believedMs) this.lost.abort();
    if (this.lost.signal.aborted) return;
    this.renewing ??= this.ask().finally(() => {
      this.renewing = null;
    });
  }

  private async ask(): Promise<void> {
    const askedMs = performance.now();
    try {
      if (await renewRun(this.sources.database, this.claim, leaseS)) this.renewedMs = askedMs;
      else this.lost.abort();
    } catch (error) {
      this.sources.log.warn({ run_id: this.claim.runId, err: error }, 'a run in hand could not be renewed');
    }
  }
}
