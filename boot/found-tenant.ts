// Founds a tenant with the ledger of this process: no key may do it, so there is no route for it.
import { foundTenant } from '../commands/tenant.ts';
import { systemActor } from '../kernel/actor.ts';
import { newId } from '../kernel/id.ts';
import { newKey } from '../kernel/secret.ts';
import type { Ledger } from '../sql/ledger.ts';
import type { TenantKeys } from '../sql/tenant-keys.ts';

export interface NewTenant {
  readonly name: string;
  /** Refused with `tenant_slug_taken` when another tenant of the platform has it. */
  readonly slug: string;
}

export interface FoundedTenant extends NewTenant {
  readonly tenantId: string;
  readonly keyId: string;
  /** Of the first user's key; shown by whoever asked for the tenant, and stored nowhere. */
  readonly secret: string;
}

export async function foundTenantOn(
  ledger: Ledger,
  tenantKeys: TenantKeys,
  { name, slug }: NewTenant,
): Promise<FoundedTenant> {
  const tenantId = newId();
  const keyId = newId();
  const { secret, hash, prefix } = newKey('live');
  const key = { key_id: keyId, name: 'First key', prefix, secret_hash: hash.toString('hex') };
  const keys = await tenantKeys.prepare(tenantId);
  await ledger.execute({
    tenantId,
    actor: systemActor,
    definition: foundTenant,
    command: { tenant_id: tenantId, name, slug, key, ...keys },
    correlationId: tenantId,
    idempotency: { key: newId(), requestHash: Buffer.alloc(32), supplied: false },
    expectedVersion: null,
    render: () => ({ status: 201, body: 'null' }),
  });
  return { tenantId, keyId, secret, name, slug };
}
