// Serves the webhooks of all tenants: each has one turn at a time, every tenant a bounded share of the turns, and nobody
// waits for one that is slow. Any number of processes may do it at once: the row of a lane decides whose turn it is.
import type { Dispatcher } from 'undici';
import { judgeWebhook } from '../commands/webhook.ts';
import { systemActor } from '../kernel/actor.ts';
import { Refusal } from '../kernel/refusal.ts';
import { newId } from '../kernel/id.ts';
import { codeOf, type Database, notAllowed } from '../sql/database.ts';
import { findDueLanes, type LaneName } from '../sql/delivery.ts';
import type { Ledger } from '../sql/ledger.ts';
import type { Verdict } from './breaker.ts';
import { runLane } from './lane-run.ts';
import type { WorkerGauge, WorkerLog } from './log.ts';
import { DeliveryCounts } from './delivery-counts.ts';

export interface DelivererSources {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly masterKey: Buffer;
  readonly wayOut: Dispatcher;
  readonly log: WorkerLog;
  readonly attemptMs?: number;
}

/** Told and prompted besides, so this only finds what is due by the clock, or was left by another process. */
const lookEveryMs = 500;
const lanesAtOnce = 128;
const lanesPerTenant = 32;
const mostWaiting = 1_000;
const lookedAt = 500;
const stopPatienceMs = 1_000;
const troublePauseMs = 1_000;

export class Deliverer {
  private readonly sources: DelivererSources;
  private readonly counts = new DeliveryCounts();
  /** In hand, by webhook. */
  private readonly turns = new Map<string, Promise<void>>();
  private readonly perTenant = new Map<string, number>();
  /** Told while a turn was on: looked at again at its end. */
  private readonly again = new Set<string>();
  /** Found no place; they are served when one is free. */
  private readonly waiting = new Map<string, LaneName>();
  private timer: NodeJS.Timeout | null = null;
  private looking: Promise<void> | null = null;
  private stopped = false;

  constructor(sources: DelivererSources) {
    this.sources = sources;
  }

  start(): void {
    this.timer = setInterval(() => void this.look(), lookEveryMs);
    void this.look();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearInterval(this.timer);
    await this.looking;
    const done = Promise.all(this.turns.values());
    // What takes longer is broken off, and sent again by whoever comes next.
    const patience = setTimeout(() => void this.sources.wayOut.destroy(), stopPatienceMs);
    await done;
    clearTimeout(patience);
    await this.sources.wayOut.destroy();
  }

  gauges(): WorkerGauge[] {
    return this.counts.gauges(this.turns.size);
  }

  wake(tenantId: string, webhookIds: readonly string[]): void {
    for (const webhookId of webhookIds) this.serve({ tenantId, webhookId });
  }

  private look(): Promise<void> {
    if (this.stopped) return Promise.resolve();
    this.looking ??= this.find().finally(() => {
      this.looking = null;
    });
    return this.looking;
  }

  private async find(): Promise<void> {
    try {
      const due = await findDueLanes(this.sources.database, lookedAt);
      this.counts.due(due);
      for (const { tenant_id: tenantId, webhook_id: webhookId } of due) this.serve({ tenantId, webhookId });
    } catch (error) {
      if (codeOf(error) !== notAllowed) {
        this.sources.log.warn({ err: error }, 'due webhooks could not be looked up');
        return;
      }
      // The role of the application may not read what is due, so that a leak of its password opens no deliveries.
      this.sources.log.warn(
        {},
        'no webhook is sent by this process: DATABASE_WORKER_URL has to name loopledger_worker',
      );
      this.stopped = true;
    }
  }

  private serve(name: LaneName): void {
    const { tenantId, webhookId } = name;
    if (this.stopped) return;
    if (this.turns.has(webhookId)) {
      this.again.add(webhookId);
      return;
    }
    const ofTenant = this.perTenant.get(tenantId) ?? 0;
    if (this.turns.size >= lanesAtOnce || ofTenant >= lanesPerTenant) {
      // Those that are not even kept are found again by looking.
      if (this.waiting.size < mostWaiting) this.waiting.set(webhookId, name);
      return;
    }
    this.waiting.delete(webhookId);
    this.perTenant.set(tenantId, ofTenant + 1);
    this.turns.set(
      webhookId,
      this.takeTurns(name).finally(() => this.leave(name)),
    );
  }

  private leave({ tenantId, webhookId }: LaneName): void {
    this.turns.delete(webhookId);
    const left = (this.perTenant.get(tenantId) ?? 1) - 1;
    if (left === 0) this.perTenant.delete(tenantId);
    else this.perTenant.set(tenantId, left);
    for (const name of this.waiting.values()) {
      if (this.turns.size >= lanesAtOnce) break;
      this.serve(name);
    }
  }

  /** While others wait for a place, a webhook has one turn; what is left of it comes back by looking. */
  private async takeTurns(name: LaneName): Promise<void> {
    const { log } = this.sources;
    try {
      for (let more = true; more && !this.stopped;) {
        this.again.delete(name.webhookId);
        const turn = await runLane(
          {
            ...this.sources,
            isStopping: () => this.stopped,
            judge: (lane, verdict) => this.judge(lane, verdict),
            seen: (attempt, delivery) => this.counts.seen(name.webhookId, attempt, delivery),
          },
          name,
        );
        const isCrowded = this.turns.size >= lanesAtOnce;
        more = (turn.more || this.again.has(name.webhookId)) && !isCrowded;
      }
    } catch (error) {
      log.warn({ tenant_id: name.tenantId, webhook_id: name.webhookId, err: error }, 'a turn of a webhook failed');
      // Keeps its place for a moment, so that a fault does not become a storm.
      await new Promise<void>((resolve) => void setTimeout(resolve, troublePauseMs));
    }
  }

  private async judge({ tenantId, webhookId: webhook_id }: LaneName, verdict: Verdict): Promise<void> {
    const judging = this.sources.ledger.execute({
      tenantId,
      actor: systemActor,
      definition: judgeWebhook,
      command: { webhook_id, verdict },
      correlationId: webhook_id,
      idempotency: { key: newId(), requestHash: Buffer.alloc(32), supplied: false },
      expectedVersion: null,
      render: () => ({ status: 200, body: 'null' }),
    });
    // Somebody deleted it in the meantime.
    await judging.catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
    });
  }
}
