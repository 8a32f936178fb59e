// A tenant that is halted, as if its log had been found to be broken.
import { haltTenant } from '../../commands/halt.ts';
import { systemActor } from '../../kernel/actor.ts';
import { digestOf } from '../../kernel/digest.ts';
import type { HaltEvidence } from '../../kernel/evidence.ts';
import type { Ledger } from '../../sql/ledger.ts';
import { request } from './ledger.ts';

export async function halt(ledger: Ledger, tenantId: string): Promise<void> {
  const promised = digestOf('promised');
  const evidence: HaltEvidence = { kind: 'chain_broken', checkpoints: [], position: 3, promised, found: null };
  await ledger.execute(request(tenantId, haltTenant, { tenant_id: tenantId, evidence }, { actor: systemActor }));
}
