// Evaluations as people read them, and the result of each of their runs.
import { type Static, Type } from 'typebox';
import { EvaluationFigures, evaluationFiguresOf, EvaluationResult } from '../kernel/evaluation-result.ts';
import { Share } from '../kernel/evaluation-score.ts';
import { Id, Timestamp, viewFrame } from '../kernel/shape.ts';
import {
  type Evaluation,
  evaluationFields,
  EvaluationResultRecorded,
  evaluationStatuses,
  evaluationStream,
} from '../events/evaluation.ts';
import { evaluationNameTaken } from '../policies/evaluation.ts';
import type { Database } from '../sql/database.ts';
import { type InlineView, type LookupLoader, rowPerStream } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import { loadAtHead } from './lookup.ts';
import { type Found, findObject, frameText, type ObjectRow, showResult } from './object.ts';
import { greatestId, headPosition, type Listed, listQuery, type PageRequest, readPage, readPageOf } from './page.ts';

const closed = { additionalProperties: false } as const;
const EvaluationStatus = Type.Enum([...evaluationStatuses]);
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

export const EvaluationView = Type.Object(
  {
    ...viewFrame,
    ...evaluationFields,
    status: EvaluationStatus,
    asked: Type.Integer({ minimum: 0, description: 'Runs that were asked for' }),
    recorded: Count,
    total: { ...Share, description: 'The mean of the scores so far; null where there is none' },
    cost_micros: Count,
    figures: Type.Union([EvaluationFigures, Type.Null()], { description: 'Null until it is finished' }),
  },
  closed,
);
export const EvaluationResultView = Type.Object({ ...EvaluationResult.properties, recorded_at: Timestamp }, closed);

export function evaluationText(evaluation: Evaluation): Omit<Static<typeof EvaluationView>, keyof typeof viewFrame> {
  const { asked, results, status, figures, ...told } = evaluation;
  return {
    ...told,
    status,
    asked: Object.keys(asked).length,
    recorded: results.length,
    total: evaluationFiguresOf(results).total,
    cost_micros: results.reduce((total, { cost_micros }) => total + cost_micros, 0),
    figures,
  };
}

export const evaluationInline = rowPerStream('evaluation', evaluationStream, (evaluation) => ({
  name: evaluation.name,
  evaluation_set_id: evaluation.evaluation_set_id,
  project_id: evaluation.project_id,
  status: evaluation.status,
  shown: evaluationText(evaluation),
}));

export const evaluationResultInline: InlineView<Evaluation> = {
  name: 'evaluation_result',
  stream: evaluationStream,
  project: ({ id, facts }) =>
    facts
      .filter(({ type }) => type === EvaluationResultRecorded.type)
      .map(({ version, data }) => {
        const { run_id, case: case_name, sample } = data as EvaluationResult;
        // Of one evaluation, each result is a row of its own.
        return { id, kind: String(version), version, run_id, case_name, sample, shown: data };
      }),
};

interface EvaluationRow extends ObjectRow {
  /** JSON text. */
  readonly shown: string;
}

const columns = 'e.evaluation_id as id, e.version, e.created_at, e.updated_at, e.shown::text as shown';

function show(row: EvaluationRow): string {
  return `{${frameText(row)},${row.shown.slice(1)}`;
}

const byId = statement(
  'find_evaluation',
  `select ${headPosition} as position, ${columns}
     from view.evaluations e where e.tenant_id = $1 and e.evaluation_id = $2`,
);

export function findEvaluation(database: Database, tenantId: string, id: string): Promise<Found | null> {
  return findObject(database, byId, { tenantId, id, show });
}

export const evaluationFilters = {
  name: Type.Optional(evaluationFields.name),
  evaluation_set_id: Type.Optional(Id),
  project_id: Type.Optional(Id),
  status: Type.Optional(EvaluationStatus),
} as const;

export interface EvaluationFilters {
  readonly name?: string;
  readonly evaluation_set_id?: string;
  readonly project_id?: string;
  readonly status?: Evaluation['status'];
}

const latestFirst = listQuery({
  name: 'list_evaluations',
  columns,
  source: `from view.evaluations e
          where e.tenant_id = $1 and ($4::text is null or e.name = $4) and ($5::uuid is null or e.evaluation_set_id = $5)
            and ($6::uuid is null or e.project_id = $6) and ($7::text is null or e.status = $7)`,
  after: 'e.evaluation_id < $3::uuid',
  order: ['id'],
  backwards: true,
});

export function listEvaluations(
  database: Database,
  tenantId: string,
  { name, evaluation_set_id, project_id, status }: EvaluationFilters,
  page: PageRequest,
): Promise<Listed> {
  const filters = [name ?? null, evaluation_set_id ?? null, project_id ?? null, status ?? null];
  const values = [page.after?.[0] ?? greatestId, ...filters];
  return readPage(database, latestFirst, { tenantId, page, values, show });
}

const asRecorded = listQuery({
  name: 'list_evaluation_results',
  parent: '(select e.evaluation_id from view.evaluations e where e.tenant_id = $1 and e.evaluation_id = $3) as parent',
  columns: 'r.version, r.recorded_at, r.shown::text as shown',
  source: 'from view.evaluation_results r where r.tenant_id = $1 and r.evaluation_id = $3',
  after: 'r.version > $4::integer',
  order: ['version'],
});

/** Null when there is no such evaluation. */
export function listEvaluationResults(
  database: Database,
  tenantId: string,
  id: string,
  page: PageRequest,
): Promise<Listed | null> {
  return readPageOf(database, asRecorded, {
    tenantId,
    page,
    values: [id, page.after?.[0] ?? 0],
    show: showResult,
  });
}

export const evaluationLookups: readonly LookupLoader[] = [
  {
    definition: evaluationNameTaken,
    load: loadAtHead(
      'evaluation_name_taken',
      `exists (select from view.evaluations e where e.tenant_id = $1 and e.name = $2 and e.status = 'open')`,
    ),
  },
];
