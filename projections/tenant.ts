// The tenant as its people read it, and its slug in the row of all slugs.
import { type Static, Type } from 'typebox';
import { Name, Slug, viewFrame } from '../kernel/shape.ts';
import { tenantStream } from '../events/tenant.ts';
import type { Database } from '../sql/database.ts';
import { rowPerStream } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import { type Found, findObject, frameText, type ObjectRow } from './object.ts';
import { headPosition } from './page.ts';

export const TenantView = Type.Object(
  { ...viewFrame, name: Name, slug: Slug, status: Type.Enum(['active', 'suspended']) },
  { additionalProperties: false },
);
export type TenantView = Static<typeof TenantView>;

export const tenantInline = rowPerStream('tenant', tenantStream, (tenant) => ({ ...tenant }));

export const tenantSlugInline = rowPerStream('tenant_slug', tenantStream, ({ slug }) => ({ slug }));

interface TenantRow extends ObjectRow {
  readonly name: string;
  readonly slug: string;
  readonly status: string;
}

function tenantText(row: TenantRow): string {
  return `{${frameText(row)},"name":${JSON.stringify(row.name)},"slug":"${row.slug}","status":"${row.status}"}`;
}

const byId = statement(
  'find_tenant',
  `select ${headPosition} as position,
          t.tenant_id as id, t.version, t.created_at, t.updated_at, t.name, t.slug, t.status
     from view.tenants t
    where t.tenant_id = $1 and t.tenant_id = $2`,
);

export function findTenant(database: Database, tenantId: string): Promise<Found | null> {
  return findObject(database, byId, { tenantId, id: tenantId, show: tenantText });
}
