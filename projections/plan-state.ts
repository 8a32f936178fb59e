// Plan states as people read them: the latest of each key, and every version from the log.
import { Type } from 'typebox';
import { Id, Timestamp, Version } from '../kernel/shape.ts';
import { PlanStateContent, PlanStateKey, planStateStream } from '../events/plan-state.ts';
import type { Database } from '../sql/database.ts';
import { rowPerStream } from '../sql/registry.ts';
import type { Row } from '../sql/scoped-query.ts';
import { statement } from '../sql/statement.ts';
import { projectParent } from './epic.ts';
import type { Found } from './object.ts';
import { headPosition, type Listed, listQuery, type PageRequest, readPageOf } from './page.ts';

const closed = { additionalProperties: false } as const;

const frame = { project_id: Id, key: PlanStateKey, version: Version } as const;
const times = { created_at: Timestamp, updated_at: Timestamp } as const;

export const PlanStateView = Type.Object({ ...frame, ...times, state: PlanStateContent }, closed);
/** Without the states, which would make a page of them megabytes. */
export const PlanStateItem = Type.Object(
  { ...frame, ...times, bytes: Type.Integer({ minimum: 2, maximum: Number.MAX_SAFE_INTEGER }) },
  closed,
);
export const PlanStateVersion = Type.Object(
  {
    ...frame,
    saved_at: Timestamp,
    key_id: Type.Union([Id, Type.Null()]),
    state: Type.Union([PlanStateContent, Type.Null()]),
  },
  closed,
);
export const PlanStateVersionItem = Type.Object(
  {
    version: Version,
    saved_at: Timestamp,
    key_id: Type.Union([Id, Type.Null()]),
    deleted: Type.Boolean({ description: 'True of the version that deleted the state' }),
  },
  closed,
);

export const planStateInline = rowPerStream('plan_state', planStateStream, (state) => ({ ...state }));

interface StateRow extends Row {
  readonly position: number;
  readonly project_id: string;
  readonly key: string;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
  /** JSON text. */
  readonly state: string;
  readonly bytes: number;
}

function frameText({ project_id, key, version }: Pick<StateRow, 'project_id' | 'key' | 'version'>): string {
  return `"project_id":"${project_id}","key":"${key}","version":${version}`;
}

function timesText({ created_at, updated_at }: StateRow): string {
  return `"created_at":"${created_at}","updated_at":"${updated_at}"`;
}

const byKey = statement(
  'find_plan_state',
  `select ${headPosition} as position, s.project_id, s.key, s.version, s.created_at, s.updated_at, s.state
     from view.plan_states s
    where s.tenant_id = $1 and s.project_id = $2 and s.key = $3 and s.status = 'active'`,
);

export interface PlanStatePlace {
  readonly project_id: string;
  readonly key: string;
}

export async function findPlanState(
  database: Database,
  tenantId: string,
  { project_id, key }: PlanStatePlace,
): Promise<Found | null> {
  const [row] = await database.read<StateRow>(tenantId, byKey, [tenantId, project_id, key]);
  if (row === undefined) return null;
  const body = `{${frameText(row)},${timesText(row)},"state":${row.state}}`;
  return { body, version: row.version, position: row.position };
}

const ofProject = listQuery({
  name: 'list_plan_states',
  parent: projectParent,
  columns: `s.project_id, s.key, s.version, s.created_at, s.updated_at, octet_length(s.state::text) as bytes`,
  source: "from view.plan_states s where s.tenant_id = $1 and s.project_id = $3 and s.status = 'active'",
  after: 's.key > $4 collate "C"',
  order: ['key'],
});

export function listPlanStates(
  database: Database,
  tenantId: string,
  projectId: string,
  page: PageRequest,
): Promise<Listed | null> {
  const show = (row: StateRow): string => `{${frameText(row)},${timesText(row)},"bytes":${row.bytes}}`;
  return readPageOf<StateRow>(database, ofProject, {
    tenantId,
    page,
    values: [projectId, page.after?.[0] ?? ''],
    show,
  });
}

interface VersionRow extends Row {
  readonly position: number;
  readonly version: number;
  readonly saved_at: string;
  /** JSON texts; null where there is none. */
  readonly key_id: string | null;
  readonly state: string | null;
}

const versionColumns = `e.version, e.recorded_at as saved_at, e.entry::json #> '{actor,key_id}' as key_id,
  e.entry::json #> '{data,state}' as state`;

const versionsOf = listQuery({
  name: 'list_plan_state_versions',
  parent: `(
    select s.plan_state_id from view.plan_states s where s.tenant_id = $1 and s.project_id = $3 and s.key = $5) as parent`,
  columns: `${versionColumns}, e.type = 'plan_state.deleted' as deleted`,
  source: `from ledger.events e
          where e.tenant_id = $1 and e.stream_type = 'plan_state' and e.stream_id = parent.plan_state_id`,
  after: 'e.version > $4::integer',
  order: ['version'],
});

export function listPlanStateVersions(
  database: Database,
  tenantId: string,
  { project_id, key }: PlanStatePlace,
  page: PageRequest,
): Promise<Listed | null> {
  const values = [project_id, page.after?.[0] ?? 0, key];
  const show = (row: VersionRow): string =>
    `{"version":${row.version},"saved_at":"${row.saved_at}","key_id":${row.key_id ?? 'null'},"deleted":${row.state === null}}`;
  return readPageOf<VersionRow>(database, versionsOf, { tenantId, page, values, show });
}

const byVersion = statement(
  'find_plan_state_version',
  `select ${headPosition} as position, ${versionColumns}
     from view.plan_states s
     join ledger.events e on e.tenant_id = $1 and e.stream_type = 'plan_state' and e.stream_id = s.plan_state_id
    where s.tenant_id = $1 and s.project_id = $2 and s.key = $3 and e.version = $4`,
);

export async function findPlanStateVersion(
  database: Database,
  tenantId: string,
  { project_id, key }: PlanStatePlace,
  version: number,
): Promise<Found | null> {
  const [row] = await database.read<VersionRow>(tenantId, byVersion, [tenantId, project_id, key, version]);
  if (row === undefined) return null;
  const body =
    `{${frameText({ project_id, key, version })},"saved_at":"${row.saved_at}","key_id":${row.key_id ?? 'null'}` +
    `,"state":${row.state ?? 'null'}}`;
  return { body, version, position: row.position };
}
