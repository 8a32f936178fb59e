// Signing logs in tests: keys of their own, and no waiting for the second that lies between two checkpoints.
import { createProject } from '../../commands/project.ts';
import { newId } from '../../kernel/id.ts';
import { newSeed, openSigner } from '../../kernel/signing.ts';
import type { LedgerDatabase } from '../../sql/database.ts';
import type { Ledger } from '../../sql/ledger.ts';
import { createSealing } from '../../sql/sealing.ts';
import type { TenantKeys, TenantSigner } from '../../sql/tenant-keys.ts';
import { administer, type TestDatabase } from './database.ts';
import { request } from './ledger.ts';

export const testHost = 'ledger.example';

/** One key a tenant, the same for all who seal with it. */
export class TestSigners implements Pick<TenantKeys, 'signer'> {
  private readonly signers = new Map<string, TenantSigner>();

  signer(tenantId: string): Promise<TenantSigner> {
    return Promise.resolve(this.of(tenantId));
  }

  of(tenantId: string): TenantSigner {
    const signer = this.signers.get(tenantId) ?? openSigner(newId(), newSeed());
    this.signers.set(tenantId, signer);
    return signer;
  }
}

export function testSealing(database: LedgerDatabase, signers: TestSigners) {
  return createSealing({ database, host: testHost, tenantKeys: signers });
}

/** Past every rule of the tables, as somebody with the password of the database could. */
export async function tamper(urls: TestDatabase, ...statements: readonly string[]): Promise<void> {
  await administer(urls.adminUrl, async (client) => {
    await client.query('set session_replication_role = replica');
    for (const statement of statements) await client.query(statement);
  });
}

export function letTimePass(urls: TestDatabase): Promise<void> {
  return tamper(urls, `update ledger.checkpoints set signed_at = signed_at - interval '1 hour'`);
}

/** That many events in the tenant's log. */
export async function growLog(ledger: Ledger, tenantId: string, events: number): Promise<void> {
  const projects = Array.from({ length: events }, () => newId());
  await Promise.all(
    projects.map((id) =>
      ledger.execute(request(tenantId, createProject, { project_id: id, name: `Größe ${id}`, slug: `p-${id}` })),
    ),
  );
}
