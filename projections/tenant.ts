// The tenant as its people read it, and its slug in the row of all slugs.
import { type Static, Type } from 'typebox';
import { Digest } from '../kernel/digest.ts';
import { Name, Slug, viewFrame } from '../kernel/shape.ts';
import { HeldQuotas, tenantStream } from '../events/tenant.ts';
import type { Database } from '../sql/database.ts';
import { rowPerStream } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import { type Found, findObject, frameText, type ObjectRow } from './object.ts';
import { headPosition } from './page.ts';

export const TenantView = Type.Object(
  {
    ...viewFrame,
    name: Name,
    slug: Slug,
    status: Type.Enum(['active', 'suspended']),
    halted_by: Type.Union([Digest, Type.Null()], { description: 'Digest of the evidence that custody is halted by' }),
    quotas: HeldQuotas,
  },
  { additionalProperties: false },
);
export type TenantView = Static<typeof TenantView>;

export const tenantInline = rowPerStream('tenant', tenantStream, ({ name, slug, status, halt, quotas }) => ({
  name,
  slug,
  status,
  halted_by: halt?.evidence_hash ?? null,
  ...quotas,
}));

export const tenantSlugInline = rowPerStream('tenant_slug', tenantStream, ({ slug }) => ({ slug }));

export interface TenantRow extends ObjectRow {
  readonly name: string;
  readonly slug: string;
  readonly status: string;
  readonly halted_by: string | null;
  readonly max_stories: number | null;
  readonly max_dispatches: number | null;
  readonly max_runs: number | null;
  readonly requests_per_key: number | null;
  readonly requests_per_tenant: number | null;
}

/** Without the braces, so that a list can add members of its own. */
export function tenantMembers(row: TenantRow): string {
  const { name, slug, status, halted_by, max_stories, max_dispatches, max_runs } = row;
  const { requests_per_key, requests_per_tenant } = row;
  const quotas = { max_stories, max_dispatches, max_runs, requests_per_key, requests_per_tenant };
  return `${frameText(row)},${JSON.stringify({ name, slug, status, halted_by, quotas }).slice(1, -1)}`;
}

function tenantText(row: TenantRow): string {
  return `{${tenantMembers(row)}}`;
}

export const tenantColumns = `t.tenant_id as id, t.version, t.created_at, t.updated_at, t.name, t.slug, t.status, t.halted_by,
  t.max_stories, t.max_dispatches, t.max_runs, t.requests_per_key, t.requests_per_tenant`;

const byId = statement(
  'find_tenant',
  `select ${headPosition} as position, ${tenantColumns}
     from view.tenants t
    where t.tenant_id = $1 and t.tenant_id = $2`,
);

export function findTenant(database: Database, tenantId: string): Promise<Found | null> {
  return findObject(database, byId, { tenantId, id: tenantId, show: tenantText });
}
