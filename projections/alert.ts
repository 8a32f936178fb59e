// Alerts and their rules as people read them.
import { type Static, Type } from 'typebox';
import { Id, Timestamp, viewFrame } from '../kernel/shape.ts';
import { type Alert, alertFields, AlertRules, alertRulesStream, alertStream } from '../events/alert.ts';
import { alertsOfRun, firstAlertRules } from '../policies/alert.ts';
import type { Database } from '../sql/database.ts';
import { type LookupLoader, rowPerStream } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import { loadParsedAtHead } from './lookup.ts';
import { type Found, findObject, frameText, type ObjectRow } from './object.ts';
import { greatestId, headPosition, type Listed, listQuery, type PageRequest, readPage } from './page.ts';

const closed = { additionalProperties: false } as const;
const AlertStatus = Type.Enum(['raised', 'acknowledged']);
const nullableId = Type.Union([Id, Type.Null()]);

export const AlertView = Type.Object(
  {
    ...viewFrame,
    ...alertFields,
    project_id: nullableId,
    status: AlertStatus,
  },
  closed,
);

export const AlertRulesView = Type.Object(
  {
    version: Type.Integer({ minimum: 0, description: '0: nobody has said anything yet, and these hold' }),
    updated_at: Type.Union([Timestamp, Type.Null()]),
    ...AlertRules.properties,
  },
  closed,
);

export const alertInline = rowPerStream('alert', alertStream, (alert) => ({ ...alert }));
export const alertRulesInline = rowPerStream('alert_rules', alertRulesStream, ({ rules }) => ({ rules }));

type AlertRow = ObjectRow & Alert;

const columns = `a.alert_id as id, a.version, a.created_at, a.updated_at, a.run_id, a.rule, a.measure, a.above, a.value,
       a.project_id, a.status`;

function rowText(row: AlertRow): string {
  const { run_id, rule, measure, above, value, project_id, status } = row;
  const shown = { run_id, rule, measure, above, value, project_id, status };
  return `{${frameText(row)},${JSON.stringify(shown).slice(1)}`;
}

const byId = statement(
  'find_alert',
  `select ${headPosition} as position, ${columns} from view.alerts a where a.tenant_id = $1 and a.alert_id = $2`,
);

export function findAlert(database: Database, tenantId: string, id: string): Promise<Found | null> {
  return findObject(database, byId, { tenantId, id, show: rowText });
}

export const alertFilters = {
  status: Type.Optional(AlertStatus),
  run_id: Type.Optional(Id),
  rule: Type.Optional(alertFields.rule),
  project_id: Type.Optional(Id),
} as const;

interface AlertFilters {
  readonly status?: Static<typeof AlertStatus>;
  readonly run_id?: string;
  readonly rule?: string;
  readonly project_id?: string;
}

const latestFirst = listQuery({
  name: 'list_alerts',
  columns,
  source: `from view.alerts a
          where a.tenant_id = $1 and ($4::text is null or a.status = $4) and ($5::uuid is null or a.run_id = $5)
            and ($6::text is null or a.rule = $6) and ($7::uuid is null or a.project_id = $7)`,
  after: 'a.alert_id < $3::uuid',
  order: ['id'],
  backwards: true,
});

export async function listAlerts(
  database: Database,
  tenantId: string,
  { status, run_id, rule, project_id }: AlertFilters,
  page: PageRequest,
): Promise<Listed> {
  const values = [page.after?.[0] ?? greatestId, status ?? null, run_id ?? null, rule ?? null, project_id ?? null];
  return readPage(database, latestFirst, { tenantId, page, values, show: rowText });
}

const current = statement(
  'find_alert_rules',
  `select ${headPosition} as position, coalesce(r.version, 0) as version, r.updated_at, r.rules::text as rules
     from (select 1) as always left join view.alert_rules r on r.tenant_id = $1`,
);

interface RulesRow extends Record<string, unknown> {
  readonly position: number;
  readonly version: number;
  readonly updated_at: string | null;
  /** JSON text. */
  readonly rules: string | null;
}

export interface ReadRules {
  readonly position: number;
  readonly view: Static<typeof AlertRulesView>;
}

export async function readAlertRules(database: Database, tenantId: string): Promise<ReadRules> {
  const [row] = await database.read<RulesRow>(tenantId, current, [tenantId]);
  if (row === undefined) throw new Error('the rules answered nothing');
  const { position, version, updated_at, rules } = row;
  const said = rules === null ? firstAlertRules.rules : (JSON.parse(rules) as AlertRules['rules']);
  return { position, view: { version, updated_at, rules: said } };
}

export const alertLookups: readonly LookupLoader[] = [
  {
    definition: alertsOfRun,
    load: loadParsedAtHead(
      'alerts_of_run',
      `(select coalesce(json_agg(a.rule order by a.alert_id), '[]')
          from view.alerts a where a.tenant_id = $1 and a.run_id = $2::uuid)`,
    ),
  },
];
