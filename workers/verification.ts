// Verification with what a worker has of the ledger: the tenant's key, and the place of the log.
import { verifier } from '../runs/verify.ts';
import type { StepPerformer } from '../runs/step.ts';
import type { Database } from '../sql/database.ts';
import { readPosition } from '../sql/feed-position.ts';
import type { TenantKeys } from '../sql/tenant-keys.ts';

interface VerificationSources {
  readonly database: Database;
  readonly tenantKeys: TenantKeys;
  /** For development: repositories of this machine. */
  readonly allowLocal: boolean;
}

export function createVerifier({ database, tenantKeys, allowLocal }: VerificationSources): StepPerformer {
  return verifier({
    async sign(tenantId, bytes) {
      const signer = await tenantKeys.signer(tenantId, 'runner');
      return { keyId: signer.keyId, signature: signer.sign(bytes) };
    },
    position: (tenantId) => readPosition(database, tenantId),
    allowLocal,
  });
}
