// Founds a tenant with the ledger of this process. No key may do it; over HTTP a person signs up, see api/signup.ts.
import type { FirstOperator } from '../commands/tenant.ts';
import { newId } from '../kernel/id.ts';
import { type FoundedTenant, foundTenantIn } from '../sql/founding.ts';
import type { Ledger } from '../sql/ledger.ts';
import type { TenantKeys } from '../sql/tenant-keys.ts';

export interface NewTenant {
  readonly tenantId?: string;
  readonly name: string;
  readonly slug: string;
  readonly operator?: FirstOperator;
}

export function foundTenantOn(ledger: Ledger, tenantKeys: TenantKeys, tenant: NewTenant): Promise<FoundedTenant> {
  const { tenantId = newId(), ...rest } = tenant;
  return foundTenantIn(ledger, tenantKeys, { ...rest, tenantId, correlationId: tenantId });
}
