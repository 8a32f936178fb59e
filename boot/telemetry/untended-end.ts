// Runs that end while nobody works on them: no worker tells of their end, so whoever commits it has them read once and told.
import { RunCancelled } from '../../events/run-fact.ts';
import { findRun } from '../../projections/run.ts';
import type { Database } from '../../sql/database.ts';
import type { Committed } from '../../sql/ledger.ts';
import type { WorkerLog } from '../../workers/log.ts';
import type { EndedRun, RunPlace } from './run-span.ts';

export interface UntendedEndSources {
  readonly database: Database;
  readonly log: WorkerLog;
  readonly tell: (place: RunPlace, run: EndedRun) => void;
}

/** Beyond that, ends are not told of: whoever cancels so many at once is not held up by who watches. */
const mostWaiting = 1_000;

export class UntendedEnds {
  private readonly sources: UntendedEndSources;
  private readonly waiting: RunPlace[] = [];
  private telling: Promise<void> | null = null;

  constructor(sources: UntendedEndSources) {
    this.sources = sources;
  }

  committed({ tenantId, events }: Pick<Committed, 'tenantId' | 'events'>): void {
    for (const { type, stream, data } of events) {
      const isUntended = type === RunCancelled.type && data['fence'] === null;
      if (isUntended && this.waiting.length < mostWaiting) this.waiting.push({ tenantId, runId: stream.id });
    }
    if (this.waiting.length === 0) return;
    this.telling ??= this.tellAll().finally(() => {
      this.telling = null;
    });
  }

  /** What has been committed is told. */
  async close(): Promise<void> {
    await this.telling;
  }

  private async tellAll(): Promise<void> {
    for (let place = this.waiting.shift(); place !== undefined; place = this.waiting.shift()) await this.tell(place);
  }

  private async tell(place: RunPlace): Promise<void> {
    const { database, log, tell } = this.sources;
    try {
      const found = await findRun(database, place.tenantId, place.runId);
      if (found !== null) tell(place, JSON.parse(found.body) as EndedRun);
    } catch (error) {
      log.warn({ run_id: place.runId, err: error }, 'the end of a run could not be told');
    }
  }
}
