// Evaluation: one go at an evaluation set. Each case is answered by runs, and each run is scored by what it was seen to do.
import { type Static, Type } from 'typebox';
import { CaseName } from '../kernel/evaluation-case.ts';
import { EvaluationFigures, EvaluationResult, Sample } from '../kernel/evaluation-result.ts';
import { Id, Name } from '../kernel/shape.ts';
import { born, defineStream, eventType, when } from '../kernel/stream.ts';

const closed = { additionalProperties: false } as const;

const EvaluationName = Type.String({ ...Name, maxLength: 100 });

/** What its runs are asked for with, beside what their cases say. */
export const evaluationSettings = {
  model: Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Type.Null()], {
    description: '`<endpoint>/<model>` for every call, or null where the settings of the tenant choose',
  }),
  tiers: Type.Array(Type.Enum(['docker', 'bubblewrap', 'wasm']), { minItems: 1, maxItems: 3 }),
  max_repairs: Type.Integer({ minimum: 0, maximum: 10 }),
  cap_micros: Type.Union([Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), Type.Null()], {
    description: 'The most that each run may cost, in millionths of a US dollar',
  }),
  classify: Type.Enum(['heuristic', 'model']),
  tools: Type.Array(Type.Enum(['run_code']), { maxItems: 1 }),
} as const;

export const evaluationFields = {
  name: EvaluationName,
  evaluation_set_id: Id,
  set_name: EvaluationName,
  revision: Type.Integer({ minimum: 1, description: 'Of the evaluation set' }),
  project_id: Type.Union([Id, Type.Null()]),
  cases: Type.Integer({ minimum: 1, description: 'How many' }),
  samples: Type.Integer({ minimum: 1, maximum: 100, description: 'Runs of each case' }),
  ...evaluationSettings,
} as const;

export const EvaluationStarted = eventType(
  'evaluation.started',
  Type.Object(evaluationFields, closed),
  'It was said by which revision of an evaluation set agents are evaluated, and with which settings.',
);
export const EvaluationRunRequested = eventType(
  'evaluation.run_requested',
  Type.Object({ case: CaseName, sample: Sample, run_id: Id }, closed),
  'The run of a case was asked for, in the same commit. No other one counts for it.',
);
export const EvaluationResultRecorded = eventType(
  'evaluation.result_recorded',
  EvaluationResult,
  'A run of an evaluation ended; this is what it did, and how it is scored.',
);
/** Carries the name, so that it is known from the facts alone which names are free again. */
export const EvaluationFinished = eventType(
  'evaluation.finished',
  Type.Object({ name: EvaluationName, figures: EvaluationFigures }, closed),
  'Every run of every case was recorded; these are the figures.',
);
export const EvaluationAbandoned = eventType(
  'evaluation.abandoned',
  Type.Object({ name: EvaluationName }, closed),
  'Nobody goes on with it; what was recorded stays.',
);

export const evaluationStatuses = ['open', 'finished', 'abandoned'] as const;

type Asked = Static<typeof EvaluationRunRequested.shape>;

export interface Evaluation extends Static<typeof EvaluationStarted.shape> {
  readonly status: (typeof evaluationStatuses)[number];
  /** By `placeKey`. */
  readonly asked: Readonly<Record<string, Asked>>;
  readonly results: readonly EvaluationResult[];
  /** Null until it is finished. */
  readonly figures: EvaluationFigures | null;
}

export function placeKey(name: string, sample: number): string {
  return `${name} ${sample}`;
}

export const evaluationStream = defineStream<Evaluation>('evaluation', [
  born(EvaluationStarted, (data) => ({ ...data, status: 'open', asked: {}, results: [], figures: null })),
  when(EvaluationRunRequested, (evaluation, asked) => ({
    ...evaluation,
    asked: { ...evaluation.asked, [placeKey(asked.case, asked.sample)]: asked },
  })),
  when(EvaluationResultRecorded, (evaluation, result) => ({ ...evaluation, results: [...evaluation.results, result] })),
  when(EvaluationFinished, (evaluation, { figures }) => ({ ...evaluation, status: 'finished', figures })),
  when(EvaluationAbandoned, (evaluation) => ({ ...evaluation, status: 'abandoned' })),
]);
