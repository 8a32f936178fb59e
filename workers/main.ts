// Starts and stops the workers of one process.
import { asyncProjections } from '../projections/index.ts';
import type { LedgerDatabase } from '../sql/database.ts';
import type { Ledger } from '../sql/ledger.ts';
import { createSealing } from '../sql/sealing.ts';
import type { TenantKeys } from '../sql/tenant-keys.ts';
import type { WakeUps } from '../sql/wake-up.ts';
import { Deliverer } from './deliverer.ts';
import { fanOutFollowing, followingOf } from './following.ts';
import { Forgetting } from './forgetting.ts';
import { LeaseWatch } from './lease.ts';
import type { WorkerGauge, WorkerLog } from './log.ts';
import { LogWatch } from './log-watch.ts';
import { Sealer } from './sealer.ts';
import { Subscriber } from './subscriber.ts';
import { Runner, type RunnerSources } from './runner.ts';
import { openWayOut } from '../kernel/way-out.ts';

export interface WorkerSources {
  readonly database: LedgerDatabase;
  readonly ledger: Ledger;
  readonly tenantKeys: TenantKeys;
  /** Origins of logs begin with it. */
  readonly host: string;
  readonly log: WorkerLog;
  readonly masterKey: Buffer;
  readonly webhooks: WebhookOptions;
  /** For so many days, calls of models and what they cost are counted. */
  readonly callsKeptDays?: number;
  /** Without it, no run is gone on with by this process. */
  readonly runs?: RunParts;
  /** Without them, commits are found by looking once a second. */
  readonly wakeUps?: WakeUps;
}

/** What goes into a runner beside what all workers share. */
export type RunParts = Omit<RunnerSources, 'database' | 'ledger' | 'log'>;

export interface WebhookOptions {
  /** For development: into networks of ours as well. */
  readonly allowPrivate: boolean;
  /** Of one attempt, at the longest. */
  readonly attemptMs?: number;
  /** For so many days after their end, deliveries and attempts are kept. */
  readonly keptDays: number;
}

export interface RunningWorkers {
  gauges(): readonly WorkerGauge[];
  /** Finishes the steps in hand. */
  close(): Promise<void>;
}

export function startWorkers(sources: WorkerSources): RunningWorkers {
  const { database, ledger, log, wakeUps, webhooks, runs } = sources;
  const subscribers = asyncProjections.map(
    (projection) => new Subscriber(database, followingOf(database, projection), log),
  );
  const wayOut = openWayOut(webhooks);
  const deliverer = new Deliverer({ ...sources, ...webhooks, wayOut });
  const wake = (tenantId: string, webhookIds: readonly string[]): void => deliverer.wake(tenantId, webhookIds);
  subscribers.push(new Subscriber(database, fanOutFollowing(database, wake), log));
  const sealer = new Sealer({ database, sealing: createSealing(sources), ledger, log });
  const runners = runs === undefined ? [] : [new Runner({ database, ledger, log, ...runs })];
  const watch = new LogWatch(database, [...subscribers, sealer, ...runners], log);
  const forgetting = new Forgetting(database, log, webhooks.keptDays, sources.callsKeptDays);
  const leases = new LeaseWatch({ database, ledger, log });
  const leave = wakeUps?.follow(watch);
  watch.start();
  forgetting.start();
  leases.start();
  deliverer.start();
  for (const runner of runners) runner.start();
  const others = [sealer, forgetting, leases, deliverer, ...runners];
  return {
    gauges: () => [...subscribers, ...others].flatMap((worker) => worker.gauges()),
    async close() {
      leave?.();
      await watch.stop();
      await Promise.all([...subscribers, ...others].map((worker) => worker.stop()));
    },
  };
}
