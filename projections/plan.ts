// The plan of a project as one document, and the numbers that it has given.
import type { Database } from '../sql/database.ts';
import type { LookupLoader } from '../sql/registry.ts';
import type { Row } from '../sql/scoped-query.ts';
import { statement } from '../sql/statement.ts';
import { noNumbers, numbersOfProject, planLimits } from '../policies/plan.ts';
import { loadParsedAtHead } from './lookup.ts';
import { headPosition } from './page.ts';
import { storiesOf } from './story-order.ts';

const loadNumbers = loadParsedAtHead(
  'numbers_of_project',
  `coalesce((
     select json_agg(json_build_array(given.number, given.id, given.deleted))
       from (
         select e.number::text as number, e.epic_id as id, e.status = 'deleted' as deleted
           from view.epics e where e.tenant_id = $1 and e.project_id = $2::uuid
         union all
         select s.number, s.story_id, s.status = 'deleted'
           from view.stories s where s.tenant_id = $1 and s.project_id = $2::uuid
       ) given), '[]')`,
);

export const planLookups: readonly LookupLoader[] = [
  {
    definition: numbersOfProject,
    async load(database, tenantId, key) {
      const { position, value } = await loadNumbers(database, tenantId, key);
      const given = value as readonly (readonly [string, string, boolean])[];
      const numbers = given.reduce((held, [number, id, deleted]) => held.set(number, { id, deleted }), noNumbers);
      return { position, value: numbers };
    },
  },
];

interface PlanRow extends Row {
  readonly position: number;
  /** Null in the one row of a project without epics. */
  readonly kind: 'epic' | 'story' | null;
  readonly number: string;
  /** Null where the plan grew too large. */
  readonly title: string | null;
  readonly description: string | null;
  readonly priority: number;
  readonly estimate: number | null;
  /** JSON texts. */
  readonly criteria: string;
  readonly needs: string;
}

/**
 * Needs whose other end is not in force are left out: without them the plan can be imported anywhere. Not a join: fresh
 * statistics make the planner search all epics for each need.
 */
const liveStory = `n.status = 'active' and (
  select o.status from view.epics o where o.tenant_id = $1 and o.epic_id = n.epic_id) = 'active'`;

// One statement, hence one snapshot. Texts are left out from where they sum up to more than an import takes, so that
// what this process has to hold is bounded by more than the number of rows.
const exportStatement = statement(
  'export_plan',
  `with epics as materialized (
     select e.tenant_id, e.project_id, e.epic_id, e.number, e.title, e.description
       from view.epics e
      where e.tenant_id = $1 and e.project_id = $2 and e.status = 'active' and e.number between $3 and $4
      order by e.number limit ${planLimits.epics + 1}
   ), items as (
     select 'epic' as kind, e.number::text as number, lpad(e.number::text, 6, '0') as place, e.epic_id, e.epic_id as id,
            e.title, e.description, 0 as priority, null::integer as estimate, '[]'::json as criteria
       from epics e
     union all
     select 'story', s.number, s.number_order, s.epic_id, s.story_id, s.title, s.description, s.priority, s.estimate, s.criteria
       from epics e
      cross join lateral (
        select s.* ${storiesOf('e')} and s.status = 'active' limit ${planLimits.stories + 1}) s
      limit ${planLimits.stories + planLimits.epics + 2}
   ), measured as (
     select i.*, sum(octet_length(i.title) + octet_length(i.description) + octet_length(i.criteria::text))
              over (order by i.place rows unbounded preceding) <= ${planLimits.bytes} as fits
       from items i
   )
   select ${headPosition} as position, m.kind, m.number, m.priority, m.estimate,
          case when m.fits then m.title end as title, case when m.fits then m.description end as description,
          case when m.fits then m.criteria end as criteria,
          case m.kind
            when 'epic' then (
              select json_agg(n.number order by n.number)
                from view.epic_dependencies d join view.epics n on n.tenant_id = $1 and n.epic_id = d.needs_epic_id
               where d.tenant_id = $1 and d.epic_id = m.id and n.status = 'active')
            when 'story' then (
              select json_agg(n.number order by n.number_order)
                from view.story_dependencies d join view.stories n on n.tenant_id = $1 and n.story_id = d.needs_story_id
               where d.tenant_id = $1 and d.epic_id = m.epic_id and d.story_id = m.id and ${liveStory})
          end as needs
     from (select 1 from view.projects p
            where p.tenant_id = $1 and p.project_id = $2 and p.status <> 'deleted') parent
     left join measured m on true
    order by m.place`,
);

export interface ExportRange {
  readonly from_epic?: number;
  readonly to_epic?: number;
}

export interface ExportedPlan {
  /** JSON text; the same plan makes the same bytes. Null when it is more than one import takes. */
  readonly body: string | null;
  readonly position: number;
}

/** Null when there is no such project. */
export async function exportPlan(
  database: Database,
  tenantId: string,
  projectId: string,
  { from_epic = 1, to_epic = 999_999 }: ExportRange,
): Promise<ExportedPlan | null> {
  const rows = await database.read<PlanRow>(tenantId, exportStatement, [tenantId, projectId, from_epic, to_epic]);
  const [first] = rows;
  if (first === undefined) return null;
  const items = rows.filter(({ kind }) => kind !== null);
  const epics = items.filter(({ kind }) => kind === 'epic').length;
  const tooMany = epics > planLimits.epics || items.length - epics > planLimits.stories;
  const body = tooMany || items.some(({ title }) => title === null) ? null : planText(items);
  const fits = body !== null && Buffer.byteLength(body) <= planLimits.bytes;
  return { body: fits ? body : null, position: first.position };
}

/** In the order of their numbers, in which an epic stands before its stories. */
function planText(items: readonly PlanRow[]): string {
  const epics: { readonly opening: string; readonly stories: string[] }[] = [];
  for (const item of items) {
    if (item.kind === 'epic') epics.push({ opening: epicText(item), stories: [] });
    else epics.at(-1)?.stories.push(storyText(item));
  }
  const texts = epics.map(({ opening, stories }) => `${opening},"stories":[${stories.join(',')}]}`);
  return `{"format":"loopledger-plan-1","epics":[${texts.join(',')}]}`;
}

function epicText({ number, title, description, needs }: PlanRow): string {
  return `{"number":${number},"title":${JSON.stringify(title)},"description":${JSON.stringify(description)},"needs":${compact(needs)}`;
}

function storyText({ number, title, description, priority, estimate, criteria, needs }: PlanRow): string {
  return (
    `{"number":"${number}","title":${JSON.stringify(title)},"description":${JSON.stringify(description)}` +
    `,"priority":${priority},"estimate":${estimate},"criteria":${compact(criteria)},"needs":${compact(needs)}}`
  );
}

/** JSON as the database puts it together has spaces in places that its version decides. */
function compact(json: string | null): string {
  return json === null ? '[]' : JSON.stringify(JSON.parse(json));
}
