// Has a run looked at when it becomes slower than a rule allows, while a step of it is still under way.
import type { Run } from '../events/run.ts';
import { readAlertRules } from '../projections/alert.ts';
import type { Database } from '../sql/database.ts';
import type { WorkerLog } from './log.ts';

export interface AlertClockSources {
  readonly database: Database;
  readonly log: WorkerLog;
  readonly tenantId: string;
  /** Has the rules judged by the log, as it then is. */
  readonly tell: () => Promise<void>;
}

/** Most runs have ended before anybody has to ask for the rules. */
const firstLookMs = 1_000;
const longestMs = 2 ** 31 - 1;

export class AlertClock {
  private readonly sources: AlertClockSources;
  private readonly timers = new Set<NodeJS.Timeout>();
  private stopped = false;

  constructor(sources: AlertClockSources) {
    this.sources = sources;
  }

  start({ deadline_at, limits, project_id }: Run): void {
    if (deadline_at === null) return;
    const begunMs = Date.parse(deadline_at) - limits.deadline_s * 1_000;
    this.after(firstLookMs, () => this.look(begunMs, project_id));
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) clearTimeout(timer);
  }

  private async look(begunMs: number, projectId: string | null): Promise<void> {
    const { database, tenantId, tell } = this.sources;
    const { view } = await readAlertRules(database, tenantId);
    for (const { measure, above, project_id } of view.rules) {
      const isIts = project_id === null || project_id === projectId;
      if (measure !== 'seconds' || !isIts || this.stopped) continue;
      const dueMs = begunMs + above * 1_000 + 1 - Date.now();
      if (dueMs <= longestMs) this.after(Math.max(dueMs, 0), tell);
    }
  }

  private after(ms: number, act: () => Promise<void>): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act().catch((error: unknown) => {
        if (!this.stopped) this.sources.log.warn({ err: error }, 'the time of a run could not be looked at');
      });
    }, ms);
    this.timers.add(timer);
  }
}
