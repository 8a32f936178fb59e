// Tenant: whose log this is. There is one stream of it in every log, and its id is the tenant's own.
import { type Static, Type } from 'typebox';
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

export interface Tenant extends Static<typeof TenantFounded.shape> {
  readonly status: 'active' | 'suspended';
}

export const tenantStream = defineStream<Tenant>('tenant', [
  born(TenantFounded, (data) => ({ ...data, status: 'active' })),
  when(TenantChanged, (tenant, data) => ({ ...tenant, ...data })),
  when(TenantSuspended, (tenant) => ({ ...tenant, status: 'suspended' })),
  when(TenantResumed, (tenant) => ({ ...tenant, status: 'active' })),
]);
