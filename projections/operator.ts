// Operators as their tenant reads them.
import { Type } from 'typebox';
import { Id } from '../kernel/shape.ts';
import { operatorFields, operatorStream } from '../events/operator.ts';
import type { Database } from '../sql/database.ts';
import { rowPerStream } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import { headPosition } from './page.ts';

export const operatorInline = rowPerStream('operator', operatorStream, (operator) => ({ ...operator }));

export const OperatorView = Type.Object({ id: Id, ...operatorFields }, { additionalProperties: false });

export interface OperatorRow {
  readonly operator_id: string;
  readonly name: string;
  readonly email: string;
  readonly tenant_name: string;
  readonly tenant_slug: string;
  readonly position: number;
}

const findStatement = statement(
  'find_operator',
  `select ${headPosition} as position, o.operator_id, o.name, o.email, t.name as tenant_name, t.slug as tenant_slug
     from view.operators o join view.tenants t on t.tenant_id = o.tenant_id
    where o.tenant_id = $1 and ($2::uuid is null or o.operator_id = $2) order by o.operator_id limit 1`,
);

/** The first one when none is named. */
export async function findOperator(
  database: Database,
  tenantId: string,
  id: string | null,
): Promise<OperatorRow | null> {
  const rows = await database.read<OperatorRow & Record<string, unknown>>(tenantId, findStatement, [tenantId, id]);
  return rows[0] ?? null;
}
