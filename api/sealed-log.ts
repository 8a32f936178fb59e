// Waits for a checkpoint that covers a position, and has one signed when that is needed: whoever asks for a proof need not
// wait for a worker to come by.
import { setTimeout as sleep } from 'node:timers/promises';
import { proofRefusals } from '../policies/proof.ts';
import { type CheckpointView, findLatestCheckpoint } from '../projections/proof.ts';
import type { Database } from '../sql/database.ts';
import { haltOn } from '../sql/halting.ts';
import type { Ledger } from '../sql/ledger.ts';
import type { Sealing, SealOutcome } from '../sql/sealing.ts';

const longestMs = 2_500;
const busyPauseMs = 50;

export interface SealedLogSources {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly sealing: Sealing;
}

export class SealedLog {
  private readonly sources: SealedLogSources;
  /** Those who ask for one tenant at a time share the answer. */
  private readonly underway = new Map<string, Promise<SealOutcome>>();

  constructor(sources: SealedLogSources) {
    this.sources = sources;
  }

  /** The latest checkpoint, once it covers the position. */
  async reach(tenantId: string, position: number): Promise<CheckpointView> {
    const deadlineMs = performance.now() + longestMs;
    for (;;) {
      const latest = await findLatestCheckpoint(this.sources.database, tenantId);
      if (latest !== null && latest.size >= position) return latest;
      const pauseMs = await this.tryOnce(tenantId, position);
      if (performance.now() + pauseMs > deadlineMs) throw unavailable();
      if (pauseMs > 0) await sleep(pauseMs);
    }
  }

  /** Milliseconds after which to look again. */
  private async tryOnce(tenantId: string, position: number): Promise<number> {
    const outcome = await this.seal(tenantId);
    if (outcome.kind === 'early') return outcome.waitMs;
    if (outcome.kind === 'busy') return busyPauseMs;
    if (outcome.kind === 'keyless') throw unavailable();
    if (outcome.kind === 'broken') {
      await haltOn(this.sources.ledger, tenantId, outcome.evidence);
      throw unavailable();
    }
    if (outcome.head < Math.max(1, position)) {
      throw proofRefusals.refuse('proof_beyond_log', `The log ends at ${outcome.head}.`);
    }
    return 0;
  }

  private seal(tenantId: string): Promise<SealOutcome> {
    const known = this.underway.get(tenantId);
    if (known !== undefined) return known;
    const sealing = this.sources.sealing.seal(tenantId).finally(() => this.underway.delete(tenantId));
    this.underway.set(tenantId, sealing);
    return sealing;
  }
}

function unavailable(): Error {
  return proofRefusals.refuse('checkpoint_unavailable', 'No checkpoint could be signed for this in time.', {
    headers: { 'retry-after': '1' },
  });
}
