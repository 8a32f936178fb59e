// Keys of the platform: they belong to no tenant, and act in the one that a header names. Every event and every line of
// the log then tells so.
import { type Actor, platformId, type RoleRule } from '../../kernel/actor.ts';
import { isId } from '../../kernel/id.ts';
import { impersonationRefusals } from '../../policies/impersonation.ts';
import { requireRole } from '../../policies/role.ts';
import { tenantRefusals } from '../../policies/tenant.ts';
import { findTenant } from '../../projections/tenant.ts';
import type { Call } from '../call.ts';
import { shellRefusals } from '../refusals.ts';
import type { Credential } from './authentication.ts';

const header = 'loopledger-tenant';

/** True when the credential alone does not say in which tenant the call acts. */
export function needsTenant(call: Call, { actor }: Credential): boolean {
  return actor.role === 'superadmin' || call.raw.headers[header] !== undefined;
}

/** The credential with which the call goes on. */
export async function inNamedTenant(call: Call, found: Credential, role: RoleRule): Promise<Credential> {
  const named = call.header(header);
  if (named !== undefined && !isId(named)) {
    const detail = 'Loopledger-Tenant takes the id of a tenant.';
    throw shellRefusals.refuse('header_invalid', detail, {
      errors: [{ pointer: '/Loopledger-Tenant', code: 'header_invalid', detail }],
    });
  }
  if (found.actor.role !== 'superadmin' || found.tenantId !== platformId) {
    if (found.tenantId === named) return found;
    throw impersonationRefusals.refuse(
      'tenant_header_foreign',
      'The header names another tenant than that of the key.',
    );
  }
  requireRole(role, found.actor);
  if (named === undefined) {
    if (isOfPlatform(role) || call.route.tenantless === true) return found;
    throw impersonationRefusals.refuse('tenant_header_missing', 'The request does not say in which tenant it acts.');
  }
  if ((await findTenant(call.api.database, named)) === null) {
    throw tenantRefusals.refuse('tenant_not_found', 'There is no such tenant.');
  }
  return { ...found, tenantId: named, actor: { ...found.actor, impersonating: true } satisfies Actor };
}

/** Acts on tenants and not in one. */
function isOfPlatform(role: RoleRule): boolean {
  return 'exactly' in role && role.exactly.every((one) => one === 'superadmin');
}
