// The halt of a tenant as its people read it: whether custody is open, and the evidence when it is not.
import { type Static, Type } from 'typebox';
import { Digest } from '../kernel/digest.ts';
import { HaltEvidence } from '../kernel/evidence.ts';
import type { LoggedEvent } from '../kernel/event.ts';
import { Timestamp } from '../kernel/shape.ts';
import type { TenantHalted } from '../events/tenant.ts';
import type { Database } from '../sql/database.ts';
import { statement } from '../sql/statement.ts';
import type { Found } from './object.ts';
import { headPosition } from './page.ts';

export const HaltView = Type.Object(
  {
    halted: Type.Boolean(),
    halted_at: Type.Union([Timestamp, Type.Null()]),
    evidence_hash: Type.Union([Digest, Type.Null()]),
    evidence: Type.Union([HaltEvidence, Type.Null()]),
  },
  { additionalProperties: false },
);

/** What became of a report. */
export const HaltReportView = Type.Object(
  { halted: Type.Boolean(), evidence_hash: Type.Union([Digest, Type.Null()]) },
  { additionalProperties: false },
);

interface HaltRow extends Record<string, unknown> {
  readonly position: number;
  readonly version: number;
  readonly entry: string | null;
}

/** A tenant is halted by the last event of that kind, as long as its row says that it is. */
const byTenant = statement(
  'find_halt',
  `select ${headPosition} as position, t.version, halt.entry
     from view.tenants t
     left join lateral (
       select e.entry from ledger.events e
        where e.tenant_id = $1 and e.stream_id = $1 and e.stream_type = 'tenant' and e.type = 'tenant.halted'
          and t.halted_by is not null
        order by e.version desc limit 1
     ) halt on true
    where t.tenant_id = $1`,
);

export async function findHalt(database: Database, tenantId: string): Promise<Found | null> {
  const [row] = await database.read<HaltRow>(tenantId, byTenant, [tenantId]);
  if (row === undefined) return null;
  return { body: JSON.stringify(haltOf(row.entry)), version: row.version, position: row.position };
}

function haltOf(entry: string | null): Static<typeof HaltView> {
  if (entry === null) return { halted: false, halted_at: null, evidence_hash: null, evidence: null };
  const { data, recorded_at } = JSON.parse(entry) as LoggedEvent;
  const { evidence, evidence_hash } = data as Static<typeof TenantHalted.shape>;
  return { halted: true, halted_at: recorded_at, evidence_hash, evidence };
}
