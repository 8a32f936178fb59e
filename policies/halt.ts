// A halted tenant: what stops, on what evidence, and who may go on. Whatever changes custody asks `requireRunning`.
import type { Actor, RoleRule } from '../kernel/actor.ts';
import type { World } from '../kernel/command.ts';
import { type HaltEvidence, promiseOf } from '../kernel/evidence.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import type { Tenant } from '../events/tenant.ts';
import { requireRole } from './role.ts';
import { requireStepUp } from './step-up.ts';
import { tenantOf } from './tenant.ts';

export const haltRules = {
  read: { atLeast: 'agent' },
  report: { atLeast: 'agent' },
  lift: { exactly: ['user'] },
} as const satisfies Record<string, RoleRule>;

export const haltRefusals = defineRefusals({
  tenant_halted: {
    kind: 'unavailable',
    title: 'Custody is halted: the log was shown to be not what it was',
    remedy: 'Read GET /api/v1/halt and tell a person; nobody else can lift the halt. Reads and proofs go on.',
  },
  tenant_not_halted: {
    kind: 'conflict',
    title: 'The tenant is not halted',
    remedy: 'There is nothing to lift.',
  },
  halt_evidence_mismatch: {
    kind: 'conflict',
    title: 'The tenant is halted by other evidence than this',
    remedy: 'Read GET /api/v1/halt, look at the evidence, and name its hash.',
  },
});

/** Fails closed: a tenant that is not known does not run either. */
export function requireRunning(world: World): void {
  const { halt } = tenantOf(world);
  if (halt === null) return;
  const { evidence_hash } = halt;
  throw haltRefusals.refuse('tenant_halted', `Custody is halted by the evidence ${evidence_hash}.`, {
    members: { evidence_hash },
  });
}

/** What halted already, or was dealt with by a person, does not halt again. */
export function isNews({ halt, settled }: Tenant, evidence: HaltEvidence): boolean {
  return halt === null && !settled.includes(promiseOf(evidence));
}

export function requireLifter(actor: Actor): void {
  requireRole(haltRules.lift, actor);
  requireStepUp(actor, 'liftHalt');
}
