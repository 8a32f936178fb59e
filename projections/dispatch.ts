// Dispatches as people read them.
import { type Static, Type } from 'typebox';
import { Id, viewFrame } from '../kernel/shape.ts';
import { dispatchFields, dispatchStream } from '../events/dispatch.ts';
import { dispatchesOfRoot, dispatchRules } from '../policies/dispatch.ts';
import { liveDispatches } from '../policies/draw.ts';
import type { Database } from '../sql/database.ts';
import { type LookupLoader, rowPerStream } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import { loadParsedAtHead } from './lookup.ts';
import { type Found, findObject, frameText, type ObjectRow } from './object.ts';
import { headPosition, leastId, type Listed, listQuery, type PageRequest, readPage, readPageOf } from './page.ts';
import { snapshotOf } from './snapshot.ts';

const DispatchStatus = Type.Enum(['active', 'revoked', 'expired']);

export const DispatchView = Type.Object(
  { ...viewFrame, ...dispatchFields, status: DispatchStatus },
  { additionalProperties: false },
);

export const dispatchInline = rowPerStream('dispatch', dispatchStream, (dispatch) => ({ ...dispatch }));

interface DispatchRow extends ObjectRow {
  readonly parent_id: string | null;
  /** JSON text. */
  readonly lineage: string;
  readonly role: string;
  readonly agent_id: string;
  readonly story_id: string | null;
  readonly key_id: string;
  readonly expires_at: string;
  readonly status: string;
}

/** Expiry takes effect by the clock and is never recorded. */
const status = `case when d.status = 'active' and d.expires_at <= now() then 'expired' else d.status end`;
const columns = `d.dispatch_id as id, d.version, d.created_at, d.updated_at, d.parent_id,
       array_to_json(d.lineage)::text as lineage, d.role, d.agent_id, d.story_id, d.key_id, d.expires_at, ${status} as status`;

function dispatchText(row: DispatchRow): string {
  const { parent_id, lineage, role, agent_id, story_id, key_id, expires_at, status: shown } = row;
  return (
    `{${frameText(row)},"parent_id":${JSON.stringify(parent_id)},"lineage":${lineage},"role":"${role}"` +
    `,"agent_id":"${agent_id}","story_id":${JSON.stringify(story_id)},"key_id":"${key_id}"` +
    `,"expires_at":"${expires_at}","status":"${shown}"}`
  );
}

export const dispatchSnapshot = snapshotOf('dispatch', dispatchRules.read, {
  columns,
  source: 'from view.dispatches d where d.tenant_id = $1',
  after: 'd.dispatch_id > $3::uuid',
  show: dispatchText,
});

const byId = statement(
  'find_dispatch',
  `select ${headPosition} as position, ${columns}
     from view.dispatches d where d.tenant_id = $1 and d.dispatch_id = $2`,
);

export function findDispatch(database: Database, tenantId: string, id: string): Promise<Found | null> {
  return findObject(database, byId, { tenantId, id, show: dispatchText });
}

export const dispatchFilters = {
  status: Type.Optional(DispatchStatus),
  agent_id: Type.Optional(Id),
  story_id: Type.Optional(Id),
} as const;
interface DispatchFilters {
  readonly status?: Static<typeof DispatchStatus>;
  readonly agent_id?: string;
  readonly story_id?: string;
}

const inOrderOfBirth = listQuery({
  name: 'list_dispatches',
  columns,
  source: `from view.dispatches d
          where d.tenant_id = $1 and ($4::text is null or ${status} = $4)
            and ($5::uuid is null or d.agent_id = $5) and ($6::uuid is null or d.story_id = $6)`,
  after: 'd.dispatch_id > $3::uuid',
  order: ['id'],
});

export async function listDispatches(
  database: Database,
  tenantId: string,
  filters: DispatchFilters,
  page: PageRequest,
): Promise<Listed> {
  const { status: wanted = null, agent_id = null, story_id = null } = filters;
  const values = [page.after?.[0] ?? leastId, wanted, agent_id, story_id];
  return readPage(database, inOrderOfBirth, { tenantId, page, values, show: dispatchText });
}

const childrenInOrder = listQuery({
  name: 'list_dispatch_children',
  parent: `(select p.dispatch_id from view.dispatches p where p.tenant_id = $1 and p.dispatch_id = $4) as parent`,
  columns,
  source: 'from view.dispatches d where d.tenant_id = $1 and d.parent_id = $4::uuid',
  after: 'd.dispatch_id > $3::uuid',
  order: ['id'],
});

/** Null when there is no such parent. */
export async function listChildren(
  database: Database,
  tenantId: string,
  parentId: string,
  page: PageRequest,
): Promise<Listed | null> {
  const values = [page.after?.[0] ?? leastId, parentId];
  return readPageOf(database, childrenInOrder, { tenantId, page, values, show: dispatchText });
}

export const dispatchLookups: readonly LookupLoader[] = [
  {
    definition: dispatchesOfRoot,
    load: loadParsedAtHead(
      'dispatches_of_root',
      `coalesce((
         select json_agg(json_build_object('dispatch_id', d.dispatch_id, 'lineage', d.lineage,
                  'key_id', d.key_id, 'agent_id', d.agent_id) order by d.dispatch_id)
           from view.dispatches d
          where d.tenant_id = $1 and d.root_id = $2::uuid and d.status = 'active'), '[]')`,
    ),
  },
  {
    definition: liveDispatches,
    load: loadParsedAtHead(
      'live_dispatches',
      `coalesce((
         select json_agg(json_build_object('dispatch_id', d.dispatch_id, 'lineage', d.lineage, 'role', d.role,
                  'agent_id', d.agent_id, 'story_id', d.story_id,
                  'expires_at', to_char(d.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
                  order by d.dispatch_id)
           from view.dispatches d
          where d.tenant_id = $1 and $2 = 'all' and d.status = 'active' and d.expires_at > now()), '[]')`,
    ),
  },
];
