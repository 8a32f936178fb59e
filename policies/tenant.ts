// Who may act on the tenant, and what it must be for it.
import type { RoleRule } from '../kernel/actor.ts';
import type { World } from '../kernel/command.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import { type Tenant, tenantStream } from '../events/tenant.ts';

export const tenantRules = {
  read: { atLeast: 'agent' },
  change: { atLeast: 'user' },
  /** Acts of the platform: no key has this role. */
  found: { exactly: ['superadmin'] },
  list: { exactly: ['superadmin'] },
  suspend: { exactly: ['superadmin'] },
  setQuotas: { exactly: ['superadmin'] },
} as const satisfies Record<string, RoleRule>;

export const tenantRefusals = defineRefusals({
  tenant_not_found: {
    kind: 'missing',
    title: 'No such tenant',
    remedy: 'Found the tenant first.',
  },
  tenant_founded: {
    kind: 'conflict',
    title: 'The tenant was founded already',
    remedy: 'Use the tenant that exists, or found another one under an id of its own.',
  },
  tenant_slug_taken: {
    kind: 'conflict',
    title: 'Another tenant of the platform has this slug',
    remedy: 'Choose another slug.',
  },
  tenant_suspended: {
    kind: 'conflict',
    title: 'The tenant is suspended',
    remedy: 'Ask the operator of the platform why.',
  },
});

export function tenantOf(world: World): Tenant {
  const tenant = world.find(tenantStream, world.tenantId);
  if (tenant === undefined) throw tenantRefusals.refuse('tenant_not_found', 'The tenant was never founded.');
  return tenant.state;
}

/** A tenant that may get new keys. */
export function openTenant(world: World): Tenant {
  const tenant = tenantOf(world);
  if (tenant.status === 'suspended') throw tenantRefusals.refuse('tenant_suspended', `${tenant.name} is suspended.`);
  return tenant;
}
