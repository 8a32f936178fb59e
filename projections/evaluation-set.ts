// Evaluation sets as people read them; their prompts and tests are named by their digests.
import { type Static, Type } from 'typebox';
import { EvaluationCase } from '../kernel/evaluation-case.ts';
import { Id, viewFrame } from '../kernel/shape.ts';
import {
  casesOf,
  type EvaluationSet,
  evaluationSetFields,
  evaluationSetStream,
  maxCases,
} from '../events/evaluation-set.ts';
import { evaluationSetNameTaken } from '../policies/evaluation-set.ts';
import type { Database } from '../sql/database.ts';
import { type LookupLoader, rowPerStream } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import { loadAtHead } from './lookup.ts';
import { type Found, findObject, frameText, type ObjectRow } from './object.ts';
import { greatestId, headPosition, type Listed, listQuery, type PageRequest, readPage } from './page.ts';

const closed = { additionalProperties: false } as const;
const Status = Type.Enum(['active', 'archived']);

const shownFields = {
  ...evaluationSetFields,
  status: Status,
  revision: Type.Integer({ minimum: 1, description: 'The last one' }),
  case_count: Type.Integer({ minimum: 1 }),
} as const;

/** As lists show it. */
export const EvaluationSetSummary = Type.Object({ ...viewFrame, ...shownFields }, closed);
export const Cases = Type.Array(EvaluationCase, { maxItems: maxCases, description: 'Of the last revision, by name' });
export const EvaluationSetView = Type.Object({ ...viewFrame, ...shownFields, cases: Cases }, closed);

function shownOf(set: EvaluationSet): Omit<Static<typeof EvaluationSetSummary>, keyof typeof viewFrame> {
  const { revisions, ...told } = set;
  return { ...told, revision: revisions.length, case_count: Object.keys(revisions.at(-1) ?? {}).length };
}

export function evaluationSetText(set: EvaluationSet): Omit<Static<typeof EvaluationSetView>, keyof typeof viewFrame> {
  return { ...shownOf(set), cases: casesOf(set, set.revisions.length) };
}

export const evaluationSetInline = rowPerStream('evaluation_set', evaluationSetStream, (set) => ({
  name: set.name,
  project_id: set.project_id,
  status: set.status,
  shown: shownOf(set),
  cases: casesOf(set, set.revisions.length),
}));

interface SetRow extends ObjectRow {
  /** JSON text. */
  readonly shown: string;
  readonly cases: string;
}

const columns = 's.evaluation_set_id as id, s.version, s.created_at, s.updated_at, s.shown::text as shown';

const byId = statement(
  'find_evaluation_set',
  `select ${headPosition} as position, ${columns}, s.cases::text as cases
     from view.evaluation_sets s where s.tenant_id = $1 and s.evaluation_set_id = $2`,
);

export function findEvaluationSet(database: Database, tenantId: string, id: string): Promise<Found | null> {
  const show = (row: SetRow): string => `{${frameText(row)},${row.shown.slice(1, -1)},"cases":${row.cases}}`;
  return findObject(database, byId, { tenantId, id, show });
}

export const evaluationSetFilters = {
  name: Type.Optional(evaluationSetFields.name),
  status: Type.Optional(Status),
  project_id: Type.Optional(Id),
} as const;

export interface EvaluationSetFilters {
  readonly name?: string;
  readonly status?: EvaluationSet['status'];
  readonly project_id?: string;
}

const latestFirst = listQuery({
  name: 'list_evaluation_sets',
  columns,
  source: `from view.evaluation_sets s
          where s.tenant_id = $1 and ($4::text is null or s.name = $4) and ($5::text is null or s.status = $5)
            and ($6::uuid is null or s.project_id = $6)`,
  after: 's.evaluation_set_id < $3::uuid',
  order: ['id'],
  backwards: true,
});

export function listEvaluationSets(
  database: Database,
  tenantId: string,
  { name, status, project_id }: EvaluationSetFilters,
  page: PageRequest,
): Promise<Listed> {
  const values = [page.after?.[0] ?? greatestId, name ?? null, status ?? null, project_id ?? null];
  const show = (row: SetRow): string => `{${frameText(row)},${row.shown.slice(1)}`;
  return readPage(database, latestFirst, { tenantId, page, values, show });
}

export const evaluationSetLookups: readonly LookupLoader[] = [
  {
    definition: evaluationSetNameTaken,
    load: loadAtHead(
      'evaluation_set_name_taken',
      'exists (select from view.evaluation_sets s where s.tenant_id = $1 and s.name = $2)',
    ),
  },
];
