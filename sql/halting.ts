// Halts a tenant in the name of the server, on evidence that the server found by itself.
import { haltTenant } from '../commands/halt.ts';
import { systemActor } from '../kernel/actor.ts';
import type { HaltEvidence } from '../kernel/evidence.ts';
import { newId } from '../kernel/id.ts';
import type { Ledger } from './ledger.ts';

/** Once: evidence that halted already, or that a person dealt with, adds nothing. */
export async function haltOn(ledger: Ledger, tenantId: string, evidence: HaltEvidence): Promise<void> {
  await ledger.execute({
    tenantId,
    actor: systemActor,
    definition: haltTenant,
    command: { tenant_id: tenantId, evidence },
    correlationId: tenantId,
    idempotency: { key: newId(), requestHash: Buffer.alloc(32), supplied: false },
    expectedVersion: null,
    render: () => ({ status: 200, body: 'null' }),
  });
}
