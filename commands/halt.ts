// Commands that stop and open custody. Evidence is verified before it gets here: whoever finds a broken promise looks
// into the log, which no decider can.
import { type Static, Type } from 'typebox';
import type { CommandDefinition } from '../kernel/command.ts';
import { Digest } from '../kernel/digest.ts';
import { CheckpointNote, evidenceHash, type HaltEvidence } from '../kernel/evidence.ts';
import { record } from '../kernel/stream.ts';
import { TenantHalted, TenantHaltLifted } from '../events/tenant.ts';
import { haltRefusals, haltRules, isNews, requireLifter } from '../policies/halt.ts';
import { requireRole } from '../policies/role.ts';
import { tenantOf } from '../policies/tenant.ts';

export const ReportEvidenceBody = Type.Object(
  { checkpoint: CheckpointNote, other: Type.Optional(CheckpointNote) },
  { additionalProperties: false },
);

export const LiftHaltBody = Type.Object({ evidence_hash: Digest }, { additionalProperties: false });

const tenantRef = (id: string) => ({ type: 'tenant', id });

export interface HaltTenant {
  readonly tenant_id: string;
  readonly evidence: HaltEvidence;
}

export const haltTenant: CommandDefinition<HaltTenant> = {
  name: 'HaltTenant',
  subject: ({ tenant_id }) => tenantRef(tenant_id),
  authorize: (_command, world) => requireRole(haltRules.report, world.actor),
  decide({ tenant_id, evidence }, world) {
    if (!isNews(tenantOf(world), evidence)) return [];
    const evidence_hash = evidenceHash(evidence);
    return [record(TenantHalted, tenantRef(tenant_id), { evidence, evidence_hash }, null)];
  },
};

export interface LiftHalt extends Static<typeof LiftHaltBody> {
  readonly tenant_id: string;
}

export const liftHalt: CommandDefinition<LiftHalt> = {
  name: 'LiftHalt',
  subject: ({ tenant_id }) => tenantRef(tenant_id),
  authorize: (_command, world) => requireLifter(world.actor),
  decide({ tenant_id, evidence_hash }, world) {
    const { halt } = tenantOf(world);
    if (halt === null) throw haltRefusals.refuse('tenant_not_halted', 'Custody is open.');
    if (halt.evidence_hash !== evidence_hash) {
      throw haltRefusals.refuse('halt_evidence_mismatch', `The tenant is halted by ${halt.evidence_hash}.`);
    }
    return [record(TenantHaltLifted, tenantRef(tenant_id), { evidence_hash }, null)];
  },
};
