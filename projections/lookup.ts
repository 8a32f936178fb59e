// Loads a look-up together with the head's position, in one snapshot.
import type { Database } from '../sql/database.ts';
import type { LookupLoader } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';

interface LookupRow extends Record<string, unknown> {
  readonly position: number;
  readonly value: unknown;
}

/** The expression may use $1, the tenant, and $2, the key as text. */
export function loadAtHead(name: string, expression: string): LookupLoader['load'] {
  const query = statement(
    name,
    `select coalesce((select h.position from ledger.heads h where h.tenant_id = $1), 0) as position, ${expression} as value`,
  );
  return async (database: Database, tenantId: string, key: string) => {
    const [row] = await database.read<LookupRow>(tenantId, query, [tenantId, key]);
    if (row === undefined) throw new Error(`the look-up ${name} answered nothing`);
    return row;
  };
}

/** For a value that is more than a number or a flag: the expression makes JSON. */
export function loadParsedAtHead(name: string, expression: string): LookupLoader['load'] {
  const load = loadAtHead(name, expression);
  return async (database, tenantId, key) => {
    const { position, value } = await load(database, tenantId, key);
    return { position, value: JSON.parse(value as string) as unknown };
  };
}
