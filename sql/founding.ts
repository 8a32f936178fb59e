// Founding: the keys of the tenant are stored first, and then one commit speaks of everything.
import { type FirstOperator, foundTenant } from '../commands/tenant.ts';
import { systemActor } from '../kernel/actor.ts';
import { newId } from '../kernel/id.ts';
import { newKey } from '../kernel/secret.ts';
import type { Ledger } from './ledger.ts';
import type { TenantKeys } from './tenant-keys.ts';

export interface Founding {
  readonly tenantId: string;
  readonly name: string;
  /** Refused with `tenant_slug_taken` when another tenant of the platform has it. */
  readonly slug: string;
  /** Nobody when the platform founds it. */
  readonly operator?: FirstOperator;
  readonly correlationId: string;
}

export interface FoundedTenant {
  readonly tenantId: string;
  readonly name: string;
  readonly slug: string;
  readonly keyId: string;
  /** Of the first user's key; shown by whoever asked for the tenant, and stored nowhere. */
  readonly secret: string;
}

export async function foundTenantIn(
  ledger: Ledger,
  tenantKeys: TenantKeys,
  { tenantId, name, slug, operator, correlationId }: Founding,
): Promise<FoundedTenant> {
  const keyId = newId();
  const { secret, hash, prefix } = newKey('live');
  const key = { key_id: keyId, name: 'First key', prefix, secret_hash: hash.toString('hex') };
  const keys = await tenantKeys.prepare(tenantId);
  const person = operator === undefined ? {} : { operator };
  await ledger.execute({
    tenantId,
    actor: systemActor,
    definition: foundTenant,
    command: { tenant_id: tenantId, name, slug, key, ...keys, ...person },
    correlationId,
    idempotency: { key: newId(), requestHash: Buffer.alloc(32), supplied: false },
    expectedVersion: null,
    render: () => ({ status: 201, body: 'null' }),
  });
  return { tenantId, keyId, secret, name, slug };
}
