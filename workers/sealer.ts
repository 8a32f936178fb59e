// Signs checkpoints of the logs that moved, one log at a time. A log that grows is signed about once a second; when many
// do, the pauses grow with the work, so that signing never takes more than a small part of the machine.
import { setTimeout as sleep } from 'node:timers/promises';
import type { HaltEvidence } from '../kernel/evidence.ts';
import { tileWidth } from '../kernel/tile.ts';
import type { Database } from '../sql/database.ts';
import { haltOn } from '../sql/halting.ts';
import type { Ledger } from '../sql/ledger.ts';
import { auditTile } from '../sql/log-audit.ts';
import type { Sealing, SealOutcome } from '../sql/sealing.ts';
import type { WorkerGauge, WorkerLog } from './log.ts';
import type { LogFollower } from './log-watch.ts';

/** A burst is signed whole, and a quiet log soon after its last entry. */
const gatherMs = 300;
const everyMs = 1_000;
const busyPauseMs = 250;
/** Rest for every millisecond of work. */
const restPerWork = 4;
const longestRestMs = 1_000;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

interface Behind {
  head: number;
  failures: number;
}

export interface SealerSources {
  readonly database: Database;
  readonly sealing: Sealing;
  readonly ledger: Ledger;
  readonly log: WorkerLog;
}

export class Sealer implements LogFollower {
  private readonly sources: SealerSources;
  /** How far each log is known to be signed. */
  private readonly signed = new Map<string, number>();
  private readonly behind = new Map<string, Behind>();
  /** The tile that is looked at again next, by tenant. */
  private readonly audited = new Map<string, number>();
  private readonly stopping = new AbortController();
  private queue: string[] = [];
  private working: Promise<void> | null = null;
  private signatures = 0;
  private failures = 0;
  private breaks = 0;

  constructor(sources: SealerSources) {
    this.sources = sources;
  }

  gauges(): WorkerGauge[] {
    const unsigned = [...this.behind].map(([tenantId, { head }]) => head - (this.signed.get(tenantId) ?? 0));
    return [
      {
        name: 'loopledger_unsigned_positions',
        help: 'Events that no checkpoint covers yet, in all tenants.',
        value: unsigned.reduce((sum, positions) => sum + positions, 0),
      },
      { name: 'loopledger_checkpoints_signed', help: 'Checkpoints signed by this process.', value: this.signatures },
      { name: 'loopledger_sealing_failures', help: 'Attempts to sign that failed.', value: this.failures },
      { name: 'loopledger_broken_logs', help: 'Times a log was found not to be what it was.', value: this.breaks },
    ];
  }

  moved(heads: ReadonlyMap<string, number>): void {
    for (const [tenantId, head] of heads) this.note(tenantId, head);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.queue = [];
    await this.working;
  }

  private note(tenantId: string, head: number): void {
    if (this.stopping.signal.aborted || head <= (this.signed.get(tenantId) ?? 0)) return;
    const known = this.behind.get(tenantId);
    if (known !== undefined) {
      known.head = Math.max(known.head, head);
      return;
    }
    this.behind.set(tenantId, { head, failures: 0 });
    void this.later(tenantId, gatherMs);
  }

  private async later(tenantId: string, ms: number): Promise<void> {
    await this.pause(ms);
    if (this.stopping.signal.aborted) return;
    this.queue.push(tenantId);
    this.working ??= this.work().finally(() => {
      this.working = null;
    });
  }

  private async work(): Promise<void> {
    for (let tenantId = this.queue.shift(); tenantId !== undefined; tenantId = this.queue.shift()) {
      const startedMs = performance.now();
      const againMs = await this.step(tenantId);
      if (againMs === null) this.behind.delete(tenantId);
      else void this.later(tenantId, againMs);
      await this.pause(Math.min((performance.now() - startedMs) * restPerWork, longestRestMs));
    }
  }

  /** Milliseconds after which to come again; null when the log is signed to its end. */
  private async step(tenantId: string): Promise<number | null> {
    const behind = this.behind.get(tenantId) as Behind;
    try {
      const againMs = await this.take(tenantId, behind, await this.sources.sealing.seal(tenantId));
      behind.failures = 0;
      return againMs;
    } catch (error) {
      this.failures += 1;
      behind.failures += 1;
      this.sources.log.warn({ tenant_id: tenantId, err: error }, 'a log could not be signed');
      return Math.min(firstPauseMs * 2 ** behind.failures, longestPauseMs);
    }
  }

  private async take(tenantId: string, behind: Behind, outcome: SealOutcome): Promise<number | null> {
    if (outcome.kind === 'early') return outcome.waitMs;
    if (outcome.kind === 'busy') return busyPauseMs;
    if (outcome.kind === 'keyless') return null;
    if (outcome.kind === 'broken') {
      await this.halt(tenantId, outcome.evidence);
      return longestPauseMs;
    }
    this.signed.set(tenantId, outcome.position);
    if (outcome.kind === 'sealed') {
      this.signatures += 1;
      await this.audit(tenantId, outcome.position);
    }
    return Math.max(behind.head, outcome.head) > outcome.position ? everyMs : null;
  }

  /** One old tile for every checkpoint: in the end the whole log is looked at again, as fast as it grows. */
  private async audit(tenantId: string, position: number): Promise<void> {
    const tiles = Math.floor(position / tileWidth);
    if (tiles === 0) return;
    const tile = (this.audited.get(tenantId) ?? Math.floor(Math.random() * tiles)) % tiles;
    this.audited.set(tenantId, tile + 1);
    const evidence = await auditTile(this.sources.database, tenantId, tile);
    if (evidence !== null) await this.halt(tenantId, evidence);
  }

  private async halt(tenantId: string, evidence: HaltEvidence): Promise<void> {
    this.breaks += 1;
    this.sources.log.warn({ tenant_id: tenantId, evidence }, 'a log is not what it was');
    await haltOn(this.sources.ledger, tenantId, evidence);
  }

  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
  }
}
