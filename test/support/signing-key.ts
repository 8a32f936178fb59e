// What a rotation needs beside the person who asks for it: a new key, and the word of the old one.
import type { RotateSigningKey } from '../../commands/signing-key.ts';
import type { SigningPurpose } from '../../kernel/signing.ts';
import { successionText } from '../../policies/signing-key.ts';
import type { TenantKeys } from '../../sql/tenant-keys.ts';

export async function succession(
  tenantKeys: TenantKeys,
  tenantId: string,
  purpose: SigningPurpose,
): Promise<RotateSigningKey> {
  const old = await tenantKeys.signer(tenantId, purpose);
  const key = await tenantKeys.add(tenantId, purpose);
  const claim = { ...key, tenant_id: tenantId, replaces: old.keyId };
  return { ...key, signature: old.sign(Buffer.from(successionText(claim))).toString('base64url') };
}
