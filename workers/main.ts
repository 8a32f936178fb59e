// Starts and stops the workers of one process.
import { asyncProjections } from '../projections/index.ts';
import type { Database } from '../sql/database.ts';
import type { TenantKeys } from '../sql/tenant-keys.ts';
import type { WakeUps } from '../sql/wake-up.ts';
import { Forgetting } from './forgetting.ts';
import type { WorkerGauge, WorkerLog } from './log.ts';
import { LogWatch } from './log-watch.ts';
import { Subscriber } from './subscriber.ts';

export interface WorkerSources {
  readonly database: Database;
  readonly tenantKeys: TenantKeys;
  readonly log: WorkerLog;
  /** Without them, commits are found by looking once a second. */
  readonly wakeUps?: WakeUps;
}

export interface RunningWorkers {
  gauges(): readonly WorkerGauge[];
  /** Finishes the steps in hand. */
  close(): Promise<void>;
}

export function startWorkers({ database, log, wakeUps }: WorkerSources): RunningWorkers {
  const subscribers = asyncProjections.map((projection) => new Subscriber(database, projection, log));
  const watch = new LogWatch(database, subscribers, log);
  const forgetting = new Forgetting(database, log);
  const leave = wakeUps?.follow(watch);
  watch.start();
  forgetting.start();
  return {
    gauges: () => [...subscribers.flatMap((subscriber) => subscriber.gauges()), ...forgetting.gauges()],
    async close() {
      leave?.();
      await watch.stop();
      await Promise.all([...subscribers.map((subscriber) => subscriber.stop()), forgetting.stop()]);
    },
  };
}
