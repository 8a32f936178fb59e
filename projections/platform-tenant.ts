// All tenants as whoever runs the platform sees them. Which ones there are crosses tenants; everything else is read in the
// context of each, under its row policies.
import { Type } from 'typebox';
import { platformId } from '../kernel/actor.ts';
import { Position } from '../kernel/shape.ts';
import type { Database } from '../sql/database.ts';
import { statement } from '../sql/statement.ts';
import { leastId, type Listed, type PageRequest } from './page.ts';
import { tenantColumns, tenantMembers, type TenantRow, TenantView } from './tenant.ts';

const Count = Type.Integer({ minimum: 0 });
const closed = { additionalProperties: false } as const;

export const PlatformTenantView = Type.Object(
  {
    ...TenantView.properties,
    position: Position,
    counts: Type.Object({ stories: Count, active_dispatches: Count, agents: Count }, closed),
  },
  closed,
);

const others = `from ledger.moved_positions(null) m where m.tenant_id <> '${platformId}'`;

const headsStatement = statement(
  'list_tenant_heads',
  `select m.tenant_id, m.head ${others} and m.tenant_id > $1::uuid order by m.tenant_id limit $2`,
);
const totalStatement = statement('count_tenants', `select count(*) as total ${others}`);
const ownHeadStatement = statement('own_head', 'select p.head from ledger.positions(array[$1::uuid]) p');

const sizeStatement = statement(
  'size_of_tenant',
  `select ${tenantColumns},
          (select count(*) from view.stories s where s.tenant_id = $1 and s.status <> 'deleted') as stories,
          (select count(*) from view.dispatches d
            where d.tenant_id = $1 and d.status = 'active' and d.expires_at > now()) as active_dispatches,
          (select count(*) from view.agents a where a.tenant_id = $1 and a.status <> 'deleted') as agents
     from view.tenants t
    where t.tenant_id = $1`,
);

interface Head extends Record<string, unknown> {
  readonly tenant_id: string;
  readonly head: number;
}

interface SizedRow extends TenantRow {
  readonly stories: number;
  readonly active_dispatches: number;
  readonly agents: number;
}

/** As many as are asked about at a time: the list is not worth every connection of the process. */
const atOnce = 4;

/** `ownTenantId` is whose log the position of the list is of. */
export async function listTenants(database: Database, ownTenantId: string, page: PageRequest): Promise<Listed> {
  const after = String(page.after?.[0] ?? leastId);
  const heads = await database.platform<Head>(headsStatement, [after, page.limit + 1]);
  const shown = heads.slice(0, page.limit);
  const items: string[] = [];
  for (let at = 0; at < shown.length; at += atOnce) {
    const some = await Promise.all(shown.slice(at, at + atOnce).map((head) => readTenant(database, head)));
    items.push(...some.flat());
  }
  const [own] = await database.platform<{ head: number }>(ownHeadStatement, [ownTenantId]);
  const total = page.count ? await database.platform<{ total: number }>(totalStatement, []) : [];
  return {
    items,
    next: heads.length > page.limit ? [shown.at(-1)?.tenant_id as string] : null,
    position: own?.head ?? 0,
    ...(total[0] === undefined ? {} : { total: total[0].total }),
  };
}

/** None for a log that no tenant was founded in. */
async function readTenant(database: Database, { tenant_id, head }: Head): Promise<string[]> {
  const rows = await database.read<SizedRow>(tenant_id, sizeStatement, [tenant_id]);
  return rows.map((row) => {
    const { stories, active_dispatches, agents } = row;
    return `{${tenantMembers(row)},"position":${head},"counts":${JSON.stringify({ stories, active_dispatches, agents })}}`;
  });
}
