// Tenant: whose log this is. There is one stream of it in every log, and its id is the tenant's own.
import { type Static, Type } from 'typebox';
import { Digest } from '../kernel/digest.ts';
import { HaltEvidence, promiseOf } from '../kernel/evidence.ts';
import { Name, Slug } from '../kernel/shape.ts';
import { born, defineStream, eventType, when } from '../kernel/stream.ts';

const closed = { additionalProperties: false } as const;
const none = Type.Object({}, closed);

export const TenantFounded = eventType(
  'tenant.founded',
  Type.Object({ name: Name, slug: Slug }, closed),
  'A tenant was founded. Its slug is unique over the platform and stays for ever.',
);
export const TenantChanged = eventType(
  'tenant.changed',
  Type.Object({ name: Name }, closed),
  'The name of the tenant changed.',
);
export const TenantSuspended = eventType('tenant.suspended', none, 'The tenant was suspended: none of its keys works.');
export const TenantResumed = eventType('tenant.resumed', none, 'A suspended tenant works again.');
export const TenantHalted = eventType(
  'tenant.halted',
  Type.Object({ evidence: HaltEvidence, evidence_hash: Digest }, closed),
  'Custody stopped, because it was shown that the log is not what it was.',
);
export const TenantHaltLifted = eventType(
  'tenant.halt_lifted',
  Type.Object({ evidence_hash: Digest }, closed),
  'A person has seen the evidence and opened custody again.',
);

const Most = Type.Union([Type.Integer({ minimum: 0, maximum: 1_000_000_000 }), Type.Null()], {
  description: 'Null is no limit',
});
const Rate = Type.Union([Type.Integer({ minimum: 1, maximum: 1_000_000_000 }), Type.Null()], {
  description: 'Requests a minute; null is what the server is set up with',
});
const Runs = Type.Union([Type.Integer({ minimum: 0, maximum: 1_000 }), Type.Null()], {
  description: 'Under way at a time; null is what is usual',
});
const quotaFields = {
  max_stories: Most,
  max_dispatches: Most,
  max_runs: Runs,
  requests_per_key: Rate,
  requests_per_tenant: Rate,
} as const;
/** As they are said: what may be left out is null then. */
export const Quotas = Type.Object(
  {
    ...quotaFields,
    max_runs: Type.Optional(Runs),
    requests_per_key: Type.Optional(Rate),
    requests_per_tenant: Type.Optional(Rate),
  },
  closed,
);
export type Quotas = Static<typeof Quotas>;
export const HeldQuotas = Type.Object(quotaFields, closed);
export type HeldQuotas = Static<typeof HeldQuotas>;
export const noQuotas: HeldQuotas = {
  max_stories: null,
  max_dispatches: null,
  max_runs: null,
  requests_per_key: null,
  requests_per_tenant: null,
};

export const TenantQuotasSet = eventType(
  'tenant.quotas_set',
  Quotas,
  'The platform said how much of something the tenant may have at a time.',
);

export interface Tenant extends Static<typeof TenantFounded.shape> {
  readonly status: 'active' | 'suspended';
  readonly halt: { readonly evidence_hash: string; readonly promise: string } | null;
  /** Broken promises that a person has dealt with: they halt nobody a second time. */
  readonly settled: readonly string[];
  readonly quotas: HeldQuotas;
}

export const tenantStream = defineStream<Tenant>('tenant', [
  born(TenantFounded, (data) => ({ ...data, status: 'active', halt: null, settled: [], quotas: noQuotas })),
  when(TenantChanged, (tenant, data) => ({ ...tenant, ...data })),
  when(TenantSuspended, (tenant) => ({ ...tenant, status: 'suspended' })),
  when(TenantResumed, (tenant) => ({ ...tenant, status: 'active' })),
  when(TenantQuotasSet, (tenant, quotas) => ({ ...tenant, quotas: { ...noQuotas, ...quotas } })),
  when(TenantHalted, (tenant, { evidence, evidence_hash }) => ({
    ...tenant,
    halt: { evidence_hash, promise: promiseOf(evidence) },
  })),
  when(TenantHaltLifted, ({ halt, settled, ...tenant }) => ({
    ...tenant,
    halt: null,
    settled: halt === null ? settled : [...settled, halt.promise],
  })),
]);
